import { parseDocument } from 'yaml';
import { z } from 'zod';
import { parseContestant } from '../contestants.js';
import { problemNamed } from '../problems/index.js';
import type { Budget } from '../study.js';
import { UsageError } from '../usage-error.js';

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

/** The setting that a method stands and falls with, where it has one. */
function mainSetting(settings: Readonly<Record<string, number>>): string | undefined {
  return ['learningRate', 'damping', 'radius'].find((name) => Object.hasOwn(settings, name));
}

/** Three digits are enough for a grid, and make readable names. */
const rounded = (value: number): number => Number(value.toPrecision(3));

function entrant(given: z.output<typeof optimizerSchema>, tuning: Tuning | false): Entrant {
  const { optimizer: spec, tune } = typeof given === 'string' ? { optimizer: given, tune: undefined } : given;
  const { settings } = parseContestant(spec);
  if (tune === false || tuning === false) return { spec };
  if (tune !== undefined) {
    const [[setting, values] = ['', []], more] = Object.entries(tune);
    if (more !== undefined || !Object.hasOwn(settings, setting)) {
      const known = Object.keys(settings).join(', ');
      throw new UsageError(
        `tune of "${spec}": name one of its settings (${known}), got ${Object.keys(tune).join(', ')}`,
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

function declared(study: z.output<typeof studySchema>): DeclaredStudy {
  const { title, seeds, threads, parallel, points, warmup } = study;
  const problems = study.problems.map(({ problem, budget, tuning: own, aim, optimizers }): StudyProblem => {
    problemNamed(problem);
    // Runs are kept by problem, optimizer and seed.
    if (study.problems.filter((other) => other.problem === problem).length > 1) {
      throw new UsageError(`the problem "${problem}" is named twice; another budget for it needs a study of its own`);
    }
    const tuning = study.tuning === false ? false : { ...study.tuning, ...(own as Partial<Tuning> | undefined) };
    const entrants = optimizers.map((given) => entrant(given, tuning));
    const names = entrants.map(({ spec, tuned }) => `${spec} ${tuned ? 'tuned' : ''}`);
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    if (repeated !== undefined) throw new UsageError(`${problem}: the optimizer "${repeated.trim()}" is named twice`);
    const { seed } = tuning || {};
    if (seed !== undefined && seeds.includes(seed) && entrants.some(({ tuned }) => tuned)) {
      throw new UsageError(`${problem}: tuning.seed is ${seed}, one of the seeds that are compared; choose another`);
    }
    const found = aim && declaredAim(problem, entrants, aim);
    return { problem, budget: budget as Budget, tuning, ...(found && { aim: found }), entrants };
  });
  const timed = problems.find(({ budget }) => budget.seconds !== undefined);
  if (parallel > 1 && timed) {
    throw new UsageError(
      `${timed.problem}: a budget in seconds needs the machine for itself; leave out parallel, or seconds`,
    );
  }
  return { title, seeds, threads, parallel, ...(points !== undefined && { points }), warmup, problems };
}

const place = (path: readonly PropertyKey[]): string => path.map(String).join('.') || 'the file';

/** What is wrong, by place: of what may be one of several things, in the one that it comes nearest to. */
function complaints(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): string[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const ways = issue.code === 'invalid_union' ? issue.errors : [];
    const depth = (way: (typeof ways)[number]): number => Math.max(...way.map((inner) => inner.path.length));
    // A way that fails at its very root is another kind of value.
    const nearest = [...ways].sort((a, b) => depth(b) - depth(a)).find((way) => depth(way) > 0);
    return nearest ? complaints(nearest, path) : [`${place(path)}: ${issue.message}`];
  });
}

/**
 * Reads a study file (YAML; JSON is YAML too), fills in defaults and checks that its problems, optimizers and settings exist.
 * @throws UsageError that names the place and what is wrong there.
 */
export function readStudyFile(text: string, file: string): DeclaredStudy {
  const document = parseDocument(text, { maxAliasCount: 0 } as never);
  const [syntax] = document.errors;
  if (syntax) throw new UsageError(`${file}: ${syntax.message}`);
  const { success, data, error } = studySchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!success) {
    throw new UsageError(`${file}: ${complaints(error.issues).join('; ')}`);
  }
  try {
    return declared(data);
  } catch (failure) {
    if (failure instanceof UsageError) throw new UsageError(`${file}: ${failure.message}`);
    throw failure;
  }
}
