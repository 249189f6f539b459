import { grad } from '../autodiff/index.js';
import { compile, costOf } from '../compile/index.js';
import { availableMemory } from '../data/environment.js';
import type { Parameters } from '../nn/index.js';
import type { Objective } from '../objective/objective.js';
import type { Demand } from '../optim/demand.js';
import { adamW } from '../optim/first-order/adam.js';
import { kfac } from '../optim/kronecker/kfac.js';
import { newtonCg } from '../optim/newton/newton-cg.js';
import type { Optimizer } from '../optim/optimizer.js';
import { lbfgs } from '../optim/quasi-newton/lbfgs.js';
import { bytesOf } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { leaves } from '../tensor/tree.js';
import { checkSettings } from './check-settings.js';
import { prepareExamples } from './data.js';
import { defaultExecutor } from './default-executor.js';
import type { FitModelOptions } from './fit-options.js';
import { objectiveOf, soleLoss } from './objective-of.js';
import { type Rates, ratesOf } from './rates.js';
import { shapesOf, type TrainableModel } from './trainable-model.js';

/** What a run takes, by parts, in bytes at its largest. */
interface Memory {
  /** The parameters where a run keeps them: those it started from and those of the best epoch. */
  readonly parameters: number;
  /** The optimizer: parameters before and after a step, its state, what a step makes. */
  readonly state: number;
  /** The engine with its programs: values of a gradient alive at once. */
  readonly program: number;
  /** The sum of the parts. */
  readonly total: number;
}

/** What training takes, foretold: see benchmarks/forecast.mjs. */
interface Forecast {
  /** True where the memory is enough. */
  readonly fits: boolean;
  /** Number of trained parameters. */
  readonly parameters: number;
  /** Bytes at the largest, by parts. */
  readonly memory: Memory;
  /** Bytes of memory that there are. */
  readonly available: number;
  /** Seconds of a step, of steps with and without what is done every so many on average. */
  readonly seconds: number;
  /** From … to: as far apart as the inner iterations of a method may be, which depend on the data; `seconds` is between. */
  readonly range: readonly [least: number, most: number];
  /** What needs too much. */
  readonly reason?: string;
  /** Methods of the library that fit. */
  readonly instead: readonly string[];
}

/** What loading ONNX Runtime and the library's kernels and running the first programs adds to a process. */
const runtimeBytes = 72 * 2 ** 20;

/** Seconds that the library takes beside a run: draws rows, finds and checks arrays. */
const perRun = 4.5e-4;

/** Copies of the parameters that a run keeps: what the model drew, the start, the best epoch. */
const copies = 3;

/** Methods for any model, to name where another does not fit. */
const others = (): readonly (readonly [string, Optimizer])[] => [
  ['kfac', kfac()],
  ['lbfgs', lbfgs()],
  ['newtonCg', newtonCg()],
  ['adamW', adamW()],
];

/** What is known of an objective without running anything. */
function programOf(objective: Objective, rows: number) {
  const size = Math.max(1, Math.min(rows, objective.chunk, objective.rows));
  const { loss, weights } = objective.batch(size);
  const { outputs } = compile({ loss, gradient: grad(loss, weights, { unreachable: 'zero' }) });
  return {
    size,
    cost: costOf(outputs),
    traffic: trafficOf(Object.values(outputs).flatMap((t) => leaves<Tensor>(t).map(([, leaf]) => leaf))),
  };
}

/** Operations of convolutions with few channels, in those of a product of matrices, which the engine does so many times as fast. */
const convolution = 6;

/** What the time of a run comes from: operations as of products of matrices, and bytes that all other operations read and write. */
function trafficOf(outputs: readonly Tensor[]): { flops: number; bytes: number } {
  let [flops, bytes] = [0, 0];
  for (const node of topological(outputs)) {
    const { op, inputs } = node;
    if (inputs.length === 0 || op.name === 'reshape') continue;
    flops += op.flops(node) * (op.name.startsWith('conv') ? convolution : 1);
    if (op.name === 'matmul' || op.name.startsWith('conv')) continue;
    for (const t of [...inputs, ...node.outputs]) bytes += t.size * bytesOf(t.dtype);
  }
  return { flops, bytes };
}

type Program = ReturnType<typeof programOf>;

/** Rows of a step. */
function rowsOf({ settings: { batchSize } }: Optimizer, { rows = Infinity }: Demand, objective: Objective): number {
  return Math.min(objective.rows, typeof batchSize === 'number' ? batchSize : rows);
}

function memoryOf({ layout }: Objective, demand: Demand, { cost }: Program): Memory {
  const vector = layout.size * bytesOf(layout.dtype);
  const parameters = copies * vector;
  const state = demand.vectors * vector + (demand.bytes ?? 0);
  // Sessions take their memory in pieces of twice the size, and convolutions rearrange what they read.
  const values = 2 * (demand.programs ?? 1) * Math.max(0, cost.peakBytes - vector) + vector;
  const program = runtimeBytes + (demand.together === undefined ? values : demand.together * cost.peakBytes);
  return { parameters, state, program, total: parameters + state + program };
}

/** Seconds of a step by the number of gradients that it amounts to. */
function secondsOf(
  { layout }: Objective,
  demand: Demand,
  { size, traffic }: Program,
  rows: number,
  rates: Rates,
): readonly [number, number] {
  const runs = Math.ceil(rows / size);
  // Of many vectors in one run there is one overhead, which is nothing beside them.
  const overhead = demand.together === undefined ? rates.overhead + perRun : 0;
  const gradient = runs * (overhead + traffic.flops / rates.flops + traffic.bytes / rates.bandwidth);
  // About half of the vectors are read or written by updates; the other half is there, no more.
  const updates = (0.5 * demand.vectors * layout.size * bytesOf(layout.dtype)) / rates.updates;
  const fixed = updates + (demand.engineFlops ?? 0) / rates.flops + (demand.flops ?? 0) / rates.dense;
  const [least, most] = typeof demand.gradients === 'number' ? [demand.gradients, demand.gradients] : demand.gradients;
  return [fixed + least * gradient, fixed + most * gradient];
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

function inUnits(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log(bytes) / Math.log(1000))));
  return `${(bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
}

/** Everything but the time, which has to be measured; null for a method that says nothing of itself. */
async function memoryForecast(objective: Objective, optimizer: Optimizer) {
  const demand = optimizer.demand?.(objective);
  if (demand === undefined) return null;
  const rows = rowsOf(optimizer, demand, objective);
  const program = programOf(objective, rows);
  const memory = memoryOf(objective, demand, program);
  const available = await availableMemory();
  const fits = memory.total <= available;
  const instead = fits ? [] : await fitting(objective, optimizer, available);
  const forecast = { fits, parameters: objective.layout.size, memory, available, instead };
  if (fits) return { demand, rows, program, forecast };
  const largest = (demand.bytes ?? 0) > memory.total / 2 ? demand.what : undefined;
  const what = largest ? `${inUnits(demand.bytes!)} for ${largest}` : `${inUnits(memory.total)} of memory`;
  const named = instead.length > 0 ? `; ${instead.join(', ')} ${instead.length > 1 ? 'fit' : 'fits'}` : '';
  const reason = `${optimizer.name} needs ${what} and there are ${inUnits(available)}${named}`;
  return { demand, rows, program, forecast: { ...forecast, reason } };
}

/** Names of the methods that would fit. */
async function fitting(objective: Objective, { name }: Optimizer, available: number): Promise<string[]> {
  const found: string[] = [];
  for (const [call, optimizer] of others()) {
    const demand = optimizer.name === name ? undefined : optimizer.demand?.(objective);
    if (demand === undefined) continue;
    const program = programOf(objective, rowsOf(optimizer, demand, objective));
    if (memoryOf(objective, demand, program).total <= available) found.push(call);
  }
  return found;
}

/** @throws InputError for what needs more memory than there is: it names what, and what fits. */
export async function requireFit(objective: Objective, optimizer: Optimizer): Promise<void> {
  const found = await memoryForecast(objective, optimizer);
  const reason = found && 'reason' in found.forecast && found.forecast.reason;
  if (reason) throw new InputError(`fitModel: ${reason}`);
}

/**
 * Foretells what `fitModel` with the same options takes, memory at its largest and seconds a step, before any of it runs: memory from the shapes of the parameters, what the
 * optimizer says of itself and the graph of the gradient; time from the operations of that graph and the machine's speed, which is measured once for an
 * executor, in some 80 ms. About within a factor of 1.5 for dense and convolutional networks where nothing else keeps the machine busy; twice the time
 * and 1.6 times the memory for Transformers; Kronecker factors of recurrent networks take up to five times as long. `range` is wide for methods with inner iterations (`newtonCg`, `hessianFree`, line searches), whose number depends on
 * the data. `fitModel` refuses what does not fit.
 * @throws InputError for a model, examples or options that do not fit each other, and for an optimizer that does not say what it takes.
 * @example
 * const { fits: enough, memory, reason, instead } = await fits(net, { x, y, loss: softmaxCrossEntropy(), optimizer: newton() });
 */
export async function fits<P extends Parameters>(
  model: TrainableModel<P>,
  options: FitModelOptions,
): Promise<Forecast> {
  checkSettings('fits', options);
  const { dtype = 'f32', optimizer = adamW() } = options;
  const prepared = shapesOf(model, options);
  const rows = prepareExamples(options, { dtype, classes: soleLoss(options.loss)?.classes ?? false });
  const { executor } = options.executor ? { executor: options.executor } : await defaultExecutor();
  try {
    const objective = objectiveOf(prepared, rows, options, executor, 'training');
    const found = await memoryForecast(objective, optimizer);
    if (found === null) throw new InputError(`fits: the optimizer "${optimizer.name}" has no demand, see Optimizer`);
    const range = secondsOf(objective, found.demand, found.program, found.rows, await ratesOf(executor));
    return { ...found.forecast, seconds: Math.sqrt(range[0] * range[1]), range };
  } finally {
    if (options.executor === undefined) await executor.dispose();
  }
}
