import type { ProblemAnalysis, StudyAnalysis } from '../../studies/analysis.js';
import type { KeptStudy } from '../../studies/study-folder.js';
import { budgetText, listed, short } from './figures.js';
import { labelOf } from './series.js';

type Pair = readonly [term: string, text: string];

/** What the optimizers of a problem were run with. */
export function settingsOf(problem: ProblemAnalysis): Pair[] {
  return problem.entrants.map((entrant) => {
    const { settings, executor } = entrant.results.runs[0]!.summary;
    const values = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
    return [labelOf(problem, entrant), `${values.join(', ')} — ${executor}`];
  });
}

function tuningText({ study }: KeptStudy): string {
  const searched = study.problems.flatMap(({ entrants, tuning }) =>
    tuning === false ? [] : entrants.flatMap(({ tuned }) => tuned?.values.length ?? []),
  );
  if (searched.length === 0) return 'nothing was tuned: every optimizer ran with the settings shown';
  const [least, most] = [Math.min(...searched), Math.max(...searched)];
  const shares = [
    ...new Set(study.problems.flatMap(({ tuning }) => (tuning === false ? [] : short(100 * tuning.share)))),
  ];
  const seeds = [...new Set(study.problems.flatMap(({ tuning }) => (tuning === false ? [] : tuning.seed)))];
  const untuned = study.problems.some(({ entrants }) => entrants.some(({ tuned }) => !tuned));
  return (
    `one setting of each optimizer (learning rate, damping or radius) was searched for on a grid of ` +
    `${least === most ? least : `${least} to ${most}`} values, separately on every problem, each trial with ${listed(shares)} % of the budget ` +
    `of a run and seed ${listed(seeds.map(String))}, which is none of those compared; the value with the lowest loss on the training data was taken` +
    `${untuned ? '; those marked "as given" were not tuned' : ''}. Searches are not part of the times, their seconds are in the tables`
  );
}

/** How trials shared the machine, where they did. */
function trialsText({ study }: KeptStudy): string {
  const shared = study.problems.flatMap(({ tuning }) => (tuning === false || tuning.parallel === 1 ? [] : [tuning]));
  if (shared.length === 0) return '';
  const each = [
    ...new Set(shared.map(({ parallel, threads }) => `${parallel} at once (${threads ?? study.threads} threads each)`)),
  ];
  return `; trials of the search, whose times are not compared between optimizers, ran ${listed(each)}`;
}

/** How the study was done: what a reader has to know to judge the figures. */
export function protocol(kept: KeptStudy, { problems }: StudyAnalysis): Pair[] {
  const { study, environment: m } = kept;
  const budgets = study.problems.map(({ problem, budget }) => `${problem}: ${budgetText(budget)}`);
  return [
    ['starts', 'every optimizer begins a seed at the same parameters and sees the same order of examples'],
    ['seeds', `${study.seeds.join(', ')}; statements are over these, interval means Student’s 95 % interval over them`],
    ['budget of a run', budgets.join('; ')],
    ['tuning', tuningText(kept)],
    [
      'aim',
      'what the study declares; without that the problem’s target if any run got there, otherwise what the first optimizer of the list ' +
        'ends at. A run that did not get there counts as later than all that did',
    ],
    [
      'tests',
      'paired over seeds: the exact two-sided permutation test; where a run failed, the sign test. With n seeds p is never below ' +
        '2/2ⁿ. Not corrected for the number of comparisons',
    ],
    ['lines and bands', 'mean over seeds on a common grid; from the least to the largest of the seeds'],
    [
      'order and rate',
      'of f − minimum towards the end of a run, median over seeds: p of eₖ₊₁ ≈ C·eₖᵖ (1 linear, 2 quadratic) from the last errors above ' +
        'rounding, and the mean factor a step; where errors fall in the end, by a factor of 100 at least. Estimates from few points',
    ],
    [
      'gradient equivalent',
      'the arithmetic of one gradient over the whole training set, or of one gradient of a function',
    ],
    [
      'seconds',
      `of stepping; evaluating the measures is not part of them${
        study.warmup > 0
          ? `, nor are ${study.warmup} steps on a copy before the clock starts, in which programs are traced, compiled and loaded`
          : ''
      }`,
    ],
    ['peak memory', 'largest resident memory of the process of a run: Node, ONNX Runtime and data included'],
    [
      'runs at once',
      study.parallel === 1 ? `one: each had the machine for itself${trialsText(kept)}` : String(study.parallel),
    ],
    [
      'machine',
      `${m.processor}, ${m.cores} cores, ${(m.memory / 2 ** 30).toFixed(0)} GiB; ${study.threads} threads used`,
    ],
    ['software', `Node ${m.node}, ${m.platform}`],
    ['date', m.date],
    ['problems with results', String(problems.length)],
  ];
}
