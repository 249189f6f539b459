import { exampleName, families, problemNamed } from '../problems/index.js';
import type { Family, Problem } from '../problems/problem.js';
import type { Terminal } from '../report/progress.js';

export interface ProblemsOptions {
  /** The problem to describe; all are listed when absent. */
  readonly name?: string;
  readonly json: boolean;
  readonly stdout: Terminal;
}

/** All that a problem says of itself, as plain data. */
function described({ load: _, ...said }: Problem): Omit<Problem, 'load'> {
  return said;
}

const settingsText = (settings: Family['settings']): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join(':');

function listRow({ name, argument, summary, settings }: Family): string[] {
  return [
    argument ? `${name}:<${argument.placeholder}>` : name,
    `${summary}${settingsText(settings) && ` [${settingsText(settings)}]`}`,
  ];
}

/** The list of families as left-aligned text. */
function listText(): string {
  const rows = families.map(listRow);
  const width = Math.max(...rows.map(([name]) => name!.length));
  return rows.map(([name, text]) => `${name!.padEnd(width)}  ${text}`).join('\n');
}

function detailText(problem: Problem): string {
  const { target, measures } = problem;
  const aim = target && `${measures.find((m) => m.key === target.measure)!.title} ${target.value} (${target.source})`;
  const lines = [
    ['kind', `${problem.kind}, ${problem.dtype}, run by ${problem.executor}`],
    ['difficulty', problem.difficulty],
    ...measures.map(({ title, meaning, better }) => [title, `${meaning}; ${better} is better`]),
    ...(aim ? [['target', aim]] : []),
    ['budget', `${problem.budget} s for each optimizer`],
    ['optimizers', problem.optimizers.join(', ')],
  ] as const;
  const width = Math.max(...lines.map(([key]) => key!.length));
  const body = lines.map(([key, text]) => `${key!.padEnd(width)}  ${text}`).join('\n');
  return `${problem.title}\n${problem.description}\n\n${body}`;
}

/** The JSON of a list: each family with what a problem of it says; those that need files of the user say only what they are. */
function listJson(): unknown {
  return families.map((family) => {
    const { name, summary, argument, settings } = family;
    const example = exampleName(family);
    return {
      name,
      summary,
      ...(argument && { argument }),
      settings,
      example,
      problem: described(problemNamed(example)),
    };
  });
}

/**
 * Lists the problems, or describes one: text or JSON.
 * @throws UsageError for an unknown problem.
 */
export function problems({ name, json, stdout }: ProblemsOptions): number {
  if (name === undefined) stdout.write(`${json ? JSON.stringify(listJson(), null, 2) : listText()}\n`);
  else {
    const problem = problemNamed(name);
    stdout.write(`${json ? JSON.stringify(described(problem), null, 2) : detailText(problem)}\n`);
  }
  return 0;
}
