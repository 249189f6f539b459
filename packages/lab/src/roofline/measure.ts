import { grad } from 'osculate';
import { compile, costOf } from 'osculate/compile';
import { ortExecutor } from 'osculate/node';
import type { Objective } from 'osculate/objective';
import type { OptimizerState } from 'osculate/optim';
import { type Executor, referenceExecutor } from 'osculate/runtime';
import { DerivativeError, generator, InputError, ParameterLayout } from 'osculate/tensor';
import type { AnalysisTarget } from '../analysis/target.js';
import type { Contestant } from '../contestants.js';
import { environment } from '../environment.js';
import { objectiveOn } from '../problems/objective-on.js';
import { UsageError } from '../usage-error.js';
import { type MachineSizes, measureMachine } from './machine.js';
import { type CountedProgram, programsOf } from './programs.js';
import type { Kernel, Machine, Roofline } from './roofline.js';
import { timed } from './timing.js';

export interface RooflineSettings {
  /** Numbers of threads, each measured by itself. */
  readonly threads: readonly number[];
  /** Seconds for each program and each size of the machine's measurement. */
  readonly seconds: number;
  readonly seed: number;
  /** Of the machine's measurement, where smaller ones will do. */
  readonly sizes?: MachineSizes;
}

async function programKernel(
  executor: Executor,
  one: CountedProgram,
  threads: number,
  seconds: number,
): Promise<Kernel> {
  const { name, program, feeds, flops, bytes, compulsory } = one;
  const executable = await executor.load(program);
  const timing = await timed(() => executable.run(feeds), seconds);
  await executable.dispose();
  return { name, threads, flops, bytes, compulsory, timing };
}

/** Steps of an optimizer, from the initial point on; the arithmetic is that of the programs, without what the method does by itself. */
async function stepKernel(
  executor: Executor,
  contestant: Contestant,
  target: AnalysisTarget,
  threads: number,
  { seconds, seed }: RooflineSettings,
): Promise<Kernel> {
  const objective = objectiveOn(executor, target, target.examples);
  const optimizer = contestant.make();
  let state: OptimizerState = optimizer.init(objective, objective.layout.flat(target.parameters));
  const random = generator(seed);
  const work: number[] = [];
  const step = async (): Promise<void> => {
    const before = objective.work();
    state = (await optimizer.step(state, { objective, generator: random })).state;
    work.push(objective.work() - before);
  };
  const timing = await timed(step, seconds);
  await objective.dispose();
  const measured = work.slice(-timing.samples);
  const equivalents = measured.reduce((sum, w) => sum + w, 0) / measured.length;
  return { name: `step of ${contestant.spec}`, threads, flops: equivalents * gradientFlops(objective), timing };
}

/** Operations of one gradient over all rows, which an objective counts in. */
function gradientFlops({ batch, chunk, rows }: Objective): number {
  const size = Math.min(chunk, rows);
  const { loss, weights } = batch(size);
  const { outputs } = compile({ loss, gradient: grad(loss, weights, { unreachable: 'zero' }) });
  return (costOf(outputs).flops / size) * rows;
}

async function withThreads(
  target: AnalysisTarget,
  contestants: readonly Contestant[],
  threads: number,
  settings: RooflineSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<{ machine: Machine; kernels: Kernel[] } | undefined> {
  const { seconds, seed, sizes } = settings;
  const executor = await ortExecutor({ threads, fallback: referenceExecutor() });
  const of = threads === 1 ? '1 thread' : `${threads} threads`;
  try {
    say(`${of}: peak and bandwidth of the machine`);
    const machine = await measureMachine(executor, threads, seconds, sizes);
    const kernels: Kernel[] = [];
    for (const program of programsOf(objectiveOn(executor, target, target.examples), target, seed)) {
      if (signal.aborted) return undefined;
      say(`${of}: ${program.name}`);
      kernels.push(await programKernel(executor, program, threads, seconds));
    }
    for (const contestant of contestants) {
      if (signal.aborted) return undefined;
      say(`${of}: ${contestant.title}`);
      kernels.push(await stepKernel(executor, contestant, target, threads, settings));
    }
    return { machine, kernels };
  } catch (error) {
    if (error instanceof InputError || error instanceof DerivativeError) throw new UsageError(error.message);
    throw error;
  } finally {
    await executor.dispose();
  }
}

/**
 * Times the programs of a model and steps of optimizers on ONNX Runtime, beside what the machine does at best. Undefined when cancelled.
 * `say` is told what is under way.
 * @throws UsageError for a float64 problem, for optimizers that do not fit, and settings that make no sense
 */
export async function measureRoofline(
  target: AnalysisTarget,
  contestants: readonly Contestant[],
  settings: RooflineSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Roofline | undefined> {
  const layout = ParameterLayout.of(target.parameters);
  const { name, title } = target.info;
  if (layout.dtype !== 'f32')
    throw new UsageError(`"${name}" is in float64; the roofline is of float32 on ONNX Runtime`);
  const began = performance.now();
  const parts: { machine: Machine; kernels: Kernel[] }[] = [];
  for (const threads of new Set(settings.threads)) {
    const part = await withThreads(target, contestants, threads, settings, say, signal);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return {
    ...{ problem: name, title, rows: target.examples.x.shape[0]!, size: layout.size },
    processor: environment(new Date()).processor,
    machines: parts.map(({ machine }) => machine),
    kernels: parts.flatMap(({ kernels }) => kernels),
    seconds: (performance.now() - began) / 1000,
  };
}
