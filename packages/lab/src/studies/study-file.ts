import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { parseContestant } from '../contestants.js';
import { problemNamed } from '../problems/index.js';
import type { Budget } from '../study.js';
import { UsageError } from '../usage-error.js';
import { complaint } from './complaint.js';

const positive = z.number().positive();

const areDifferent = (values: readonly (number | string)[]): boolean => new Set(values).size === values.length;

const budgetSchema = z
  .strictObject({
    seconds: positive.optional().describe('seconds of stepping'),
    steps: positive.int().optional().describe('iterations'),
    gradientEquivalents: positive.optional().describe('gradients of the whole data'),
  })
  .refine((budget) => Object.keys(budget).length > 0, 'give seconds, steps or gradientEquivalents');

const optimizerSchema = z.union([
  z.string(),
  z.strictObject({
    optimizer: z.string(),
    tune: z
      .union([
        z.literal(false),
        z.record(z.string(), z.array(positive).min(2).refine(areDifferent, 'the same value is given twice')),
      ])
      .optional()
      .describe('false: the settings as given; or one setting and the values to try'),
  }),
]);

const tuningSchema = z.strictObject({
  trials: z.number().int().min(2).max(15).default(5).describe('values tried for each optimizer'),
  factor: z.number().gt(1).default(Math.sqrt(10)).describe('between one value and the next'),
  share: z.number().positive().max(1).default(0.25).describe('of the budget for each trial'),
  seed: z.number().int().default(1000).describe('of the trials; not one of the seeds that are compared'),
  parallel: z.number().int().positive().default(1).describe('trials at once: they are compared with each other only'),
  threads: z.number().int().positive().optional().describe('of a trial; those of a run when absent'),
});

const aimSchema = z.strictObject({
  optimizer: z.string().describe('whose result is the aim: one of the problem’s optimizers'),
  measure: z.string().optional().describe('key of a measure; what is minimised when absent'),
  share: z.number().positive().max(1).default(1).describe('of its budget after which the result counts'),
});

const studySchema = z.strictObject({
  title: z.string().min(1),
  // The same run twice would count as two, and narrow every interval.
  seeds: z.array(z.number().int().nonnegative()).min(1).refine(areDifferent, 'the same seed is given twice'),
  threads: z.number().int().positive().default(2),
  parallel: z.number().int().positive().default(1).describe('runs at once; only for budgets without seconds'),
  points: z
    .number()
    .int()
    .min(5)
    .optional()
    .describe('of the curve of a run; 40 when absent. Each costs an evaluation'),
  warmup: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('steps before the clock starts, on a copy: programs compile'),
  tuning: tuningSchema.or(z.literal(false)).default(tuningSchema.parse({})),
  problems: z
    .array(
      z.strictObject({
        problem: z.string(),
        budget: budgetSchema,
        tuning: tuningSchema.partial().optional(),
        aim: aimSchema.optional(),
        optimizers: z.array(optimizerSchema).min(1),
      }),
    )
    .min(1),
});

export type Tuning = z.output<typeof tuningSchema>;

/** What counts as reached: what an optimizer has in every seed after a share of its budget. */
export interface DeclaredAim {
  /** The spec of an entrant. */
  readonly optimizer: string;
  /** Key of a measure. */
  readonly measure: string;
  readonly share: number;
}

/** One optimizer on one problem. */
export interface Entrant {
  /** The optimizer with its fixed settings. */
  readonly spec: string;
  /** The setting that is searched for and the values tried; absent when it runs as given. */
  readonly tuned?: { readonly setting: string; readonly values: readonly number[] };
}

export interface StudyProblem {
  readonly problem: string;
  readonly budget: Budget;
  readonly tuning: Tuning | false;
  /** Absent: the problem's target, or what the first entrant ends at. */
  readonly aim?: DeclaredAim;
  readonly entrants: readonly Entrant[];
}

/** What a study file declares, with everything filled in. */
export interface DeclaredStudy {
  readonly title: string;
  readonly seeds: readonly number[];
  readonly threads: number;
  readonly parallel: number;
  /** Of the curve of a run that is compared. */
  readonly points?: number;
  /** Steps of every run before its clock starts, on parameters that are thrown away. */
  readonly warmup: number;
  readonly problems: readonly StudyProblem[];
}

/** The setting that a method stands and falls with, where it has one and does not find it by itself. */
function mainSetting(settings: Readonly<Record<string, number>>): string | undefined {
  return ['learningRate', 'damping', 'radius'].find((name) => Object.hasOwn(settings, name));
}

/** Three digits are enough for a grid, and make readable names. */
const rounded = (value: number): number => Number(value.toPrecision(3));

/** What is wrong with a value that has the right form, and where that value is. */
class Misplaced extends UsageError {
  constructor(
    readonly path: readonly PropertyKey[],
    message: string,
  ) {
    super(message);
  }
}

/** What `read` makes of the value at a path; its complaints are about that place. */
function at<T>(path: readonly PropertyKey[], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UsageError && !(error instanceof Misplaced) ? new Misplaced(path, error.message) : error;
  }
}

function entrant(given: z.output<typeof optimizerSchema>, tuning: Tuning | false): Entrant {
  const { optimizer: spec, tune } = typeof given === 'string' ? { optimizer: given, tune: undefined } : given;
  const { settings, known } = parseContestant(spec);
  if (tune === false || tuning === false) return { spec };
  if (tune !== undefined) {
    const [[setting, values] = ['', []], more] = Object.entries(tune);
    if (more !== undefined || !known.includes(setting)) {
      throw new UsageError(
        `tune of "${spec}": name one of its settings (${known.join(', ')}), got ${Object.keys(tune).join(', ') || 'none'}`,
      );
    }
    return { spec, tuned: { setting, values } };
  }
  const setting = mainSetting(settings);
  if (setting === undefined || spec.includes(`${setting}=`)) return { spec };
  const middle = (tuning.trials - 1) / 2;
  const values = Array.from({ length: tuning.trials }, (_, k) =>
    rounded(settings[setting]! * tuning.factor ** (k - middle)),
  );
  return { spec, tuned: { setting, values } };
}

function declaredAim(problem: string, entrants: readonly Entrant[], given: z.output<typeof aimSchema>): DeclaredAim {
  const { measures } = problemNamed(problem);
  const { optimizer, measure = measures[0]!.key, share } = given;
  if (entrants.every(({ spec }) => spec !== optimizer)) {
    const known = entrants.map(({ spec }) => spec).join(', ');
    throw new UsageError(`${problem}: aim.optimizer must be one of its optimizers (${known}), got "${optimizer}"`);
  }
  if (measures.every(({ key }) => key !== measure)) {
    const known = measures.map(({ key }) => key).join(', ');
    throw new UsageError(`${problem}: aim.measure must be one of its measures (${known}), got "${measure}"`);
  }
  return { optimizer, measure, share };
}

type GivenProblem = z.output<typeof studySchema>['problems'][number];

/** One problem of a study; `place` is where it stands in the file. */
function declaredProblem(
  study: z.output<typeof studySchema>,
  { problem, budget, tuning: own, aim, optimizers }: GivenProblem,
  place: readonly PropertyKey[],
): StudyProblem {
  at([...place, 'problem'], () => problemNamed(problem));
  // Runs are kept by problem, optimizer and seed.
  if (study.problems.filter((other) => other.problem === problem).length > 1) {
    const message = `the problem "${problem}" is named twice; another budget for it needs a study of its own`;
    throw new Misplaced([...place, 'problem'], message);
  }
  const tuning = study.tuning === false ? false : { ...study.tuning, ...(own as Partial<Tuning> | undefined) };
  const entrants = optimizers.map((given, i) => at([...place, 'optimizers', i], () => entrant(given, tuning)));
  const names = entrants.map(({ spec, tuned }) => `${spec} ${tuned ? 'tuned' : ''}`);
  const repeated = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (repeated >= 0) {
    const message = `${problem}: the optimizer "${names[repeated]!.trim()}" is named twice`;
    throw new Misplaced([...place, 'optimizers', repeated], message);
  }
  const { seed } = tuning || {};
  if (seed !== undefined && study.seeds.includes(seed) && entrants.some(({ tuned }) => tuned)) {
    const message = `${problem}: tuning.seed is ${seed}, one of the seeds that are compared; choose another`;
    throw new Misplaced(own?.seed === undefined ? ['seeds'] : [...place, 'tuning', 'seed'], message);
  }
  const found = aim && at([...place, 'aim'], () => declaredAim(problem, entrants, aim));
  return { problem, budget: budget as Budget, tuning, ...(found && { aim: found }), entrants };
}

function declared(study: z.output<typeof studySchema>): DeclaredStudy {
  const { title, seeds, threads, parallel, points, warmup } = study;
  const problems = study.problems.map((given, i) => declaredProblem(study, given, ['problems', i]));
  const timed = problems.find(({ budget }) => budget.seconds !== undefined);
  if (parallel > 1 && timed) {
    const message = `${timed.problem}: a budget in seconds needs the machine for itself; leave out parallel, or seconds`;
    throw new Misplaced(['parallel'], message);
  }
  return { title, seeds, threads, parallel, ...(points !== undefined && { points }), warmup, problems };
}

/** What is wrong, and where: of what may be one of several things, in the one that it comes nearest to. */
function complaints(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): Misplaced[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const ways = issue.code === 'invalid_union' ? issue.errors : [];
    const depth = (way: (typeof ways)[number]): number => Math.max(...way.map((inner) => inner.path.length));
    // A way that fails at its very root is another kind of value.
    const nearest = [...ways].sort((a, b) => depth(b) - depth(a)).find((way) => depth(way) > 0);
    if (nearest) return complaints(nearest, path);
    // What is not known is named with it, so that the line is its own.
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => new Misplaced([...path, key], issue.message || 'is not known'));
    }
    return [new Misplaced(path, issue.message)];
  });
}

/** The line of what is at a path, or of the nearest thing around it that is there. */
function lineOf(document: ReturnType<typeof parseDocument>, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    // The key of a pair comes before its value, which may begin on a later line.
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === last) : undefined;
    const node = isMap(parent) ? pair?.key : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** A study repeats a list or two by anchors; a file whose anchors multiply is refused before it fills the memory. */
const mostAliases = 100;

function plainValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (failure) {
    throw new UsageError(`${file}: ${(failure as Error).message}; write out what its aliases (*name) stand for`);
  }
}

/**
 * Reads a study file (YAML; JSON is YAML too), fills in defaults and checks that its problems, optimizers and settings exist.
 * @throws UsageError that names the line, the place in the structure and what is wrong there.
 */
export function readStudyFile(text: string, file: string): DeclaredStudy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax) throw new UsageError(`${file}: ${syntax.message.trimEnd()}`);
  const located = ({ path, message }: Misplaced, named: boolean): string =>
    `${file}, line ${lineOf(document, lines, path)}: ${named && path.length > 0 ? `${path.map(String).join('.')}: ` : ''}${message}`;
  const { success, data, error } = studySchema.safeParse(plainValue(document, file), { error: complaint });
  if (!success) {
    throw new UsageError(
      complaints(error.issues)
        .map((one) => located(one, true))
        .join('\n'),
    );
  }
  try {
    return declared(data);
  } catch (failure) {
    if (failure instanceof Misplaced) throw new UsageError(located(failure, false));
    throw failure;
  }
}
