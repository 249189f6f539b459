import { checkProgram, type Program } from '../../compile/program.js';
import { checkNames } from '../../tensor/check-options.js';
import { checkObject, showValue } from '../../tensor/check-value.js';
import { InputError } from '../../tensor/errors.js';
import type { Executable, ExecutionReport, Executor, Feeds, Results } from '../executor.js';
import { channelBlock, hasConvolution } from './blocked/channel-block.js';
import type { OrtModule } from './module.js';
import type { OrtOptions } from './options.js';
import { ortOptions } from './options.js';
import { Session } from './session.js';

/** What a loaded program runs on: a session, or an executable of the fallback. */
interface Runner {
  readonly report: ExecutionReport;
  run(feeds: Feeds): Promise<Results>;
  release(): Promise<void>;
}

/** A program's runner, shared by the executables of all loads of the program. */
interface Entry {
  readonly runner: Promise<Runner>;
  uses: number;
}

async function fallBack(executor: Executor, program: Program, reason: unknown): Promise<Runner> {
  const executable = await executor.load(program);
  const { report } = executable;
  const note = `runs on the fallback "${report.executor}": ${reason instanceof Error ? reason.message : reason}`;
  return {
    report: { executor: report.executor, notes: [note, ...report.notes] },
    run: (feeds) => executable.run(feeds),
    release: () => executable.dispose(),
  };
}

class OrtExecutor implements Executor {
  readonly name = 'onnxruntime';
  private readonly entries = new Map<Program, Entry>();
  private readonly executables = new Set<Executable>();
  /** Settles when the runs asked for so far have ended: WebGPU sessions cannot overlap, native ones would not gain. */
  private tail: Promise<unknown> = Promise.resolve();
  /** See `channelBlock`; found out when the first program with a convolution is loaded. */
  private block: Promise<number> | null = null;
  private disposed = false;

  constructor(
    private readonly ort: OrtModule,
    private readonly options: OrtOptions,
  ) {}

  async load<Name extends string>(program: Program<Name>): Promise<Executable<Name>> {
    if (this.disposed) throw new InputError('load: this executor was disposed; make a new one');
    checkProgram('load', program);
    const entry = this.entry(program);
    entry.uses++;
    const runner = await entry.runner;
    const executable = new OrtExecutable(program, runner, this);
    this.executables.add(executable);
    if (!this.disposed) return executable;
    await executable.dispose();
    throw new InputError('load: this executor was disposed meanwhile; make a new one');
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all([...this.executables].map((e) => e.dispose()));
  }

  /** Carries out a task after all tasks before it. */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.tail.then(task);
    // Not the results: they would live until the next run has ended.
    this.tail = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Ends one use of a program; its session is released with the last. */
  async unload(executable: Executable, runner: Runner): Promise<void> {
    this.executables.delete(executable);
    const entry = this.entries.get(executable.program)!;
    if (--entry.uses > 0) return;
    this.entries.delete(executable.program);
    await this.inTurn(() => runner.release());
  }

  private entry(program: Program): Entry {
    const known = this.entries.get(program);
    if (known) return known;
    const entry = { runner: this.start(program), uses: 0 };
    this.entries.set(program, entry);
    entry.runner.catch(() => this.entries.delete(program));
    return entry;
  }

  private blockFor(program: Program): Promise<number> | number {
    if (!hasConvolution(program)) return 0;
    this.block ??= channelBlock(this.ort, this.options);
    return this.block;
  }

  private async start(program: Program): Promise<Runner> {
    try {
      return await Session.create(this.ort, program, this.options, await this.blockFor(program));
    } catch (error) {
      if (this.options.fallback === undefined || error instanceof InputError) throw error;
      return await fallBack(this.options.fallback, program, error);
    }
  }
}

class OrtExecutable<Name extends string> implements Executable<Name> {
  private disposal: Promise<void> | null = null;

  constructor(
    readonly program: Program<Name>,
    private readonly runner: Runner,
    private readonly executor: OrtExecutor,
  ) {}

  get report(): ExecutionReport {
    return this.runner.report;
  }

  async run(feeds: Feeds): Promise<Results<Name>> {
    if (this.disposal) throw new InputError('run: this executable was disposed; load the program again');
    return this.executor.inTurn(() => this.runner.run(feeds));
  }

  dispose(): Promise<void> {
    this.disposal ??= this.executor.unload(this, this.runner);
    return this.disposal;
  }
}

/**
 * An executor over a given ONNX Runtime module: `onnxruntime-node` (or use `ortExecutor` of `osculate/node`),
 * `onnxruntime-web`, or any module of the same API.
 *
 * A program is lowered to an ONNX model and its session made once per executor; loading it again shares the session.
 * Runs of one executor follow each other in the order of the calls. Inputs are read in place: do not change a fed array
 * before `run` has settled.
 * @example
 * const executor = ortExecutorFrom(ort, { threads: 2 }); // import * as ort from 'onnxruntime-web'
 * const executable = await executor.load(compile({ y: input('x', 'f32', [2]).square() }));
 * (await executable.run({ x: [2, 3] })).y; // [4, 9]
 */
export function ortExecutorFrom(ort: OrtModule, options: OrtOptions = {}): Executor {
  checkNames('ortExecutorFrom', options, ortOptions);
  checkObject('ortExecutorFrom: the options', options);
  // A module's namespace, or a class with statics: anything that has what is used.
  if (!ort?.InferenceSession || !ort.Tensor) {
    throw new InputError(`ortExecutorFrom: needs the module of an ONNX Runtime package, got ${showValue(ort)}`);
  }
  return new OrtExecutor(ort, options);
}
