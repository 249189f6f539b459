import { costOf } from '../../compile/cost.js';
import type { Program } from '../../compile/program.js';
import type { OptionNames } from '../../tensor/check-options.js';
import type { Executor } from '../executor.js';
import type { LoweredProgram } from './lower.js';
import type { OptimizationLevel, OrtSessionOptions } from './module.js';
import { hasLargeOperation } from './threads.js';

/** How ONNX Runtime is used. */
export interface OrtOptions {
  /**
   * Most threads of one session's kernels (default: ONNX Runtime's own choice, one for each core). A program without a large
   * operation gets one thread, which is faster for it. In browsers `ort.env.wasm.numThreads` rules instead.
   */
  readonly threads?: number;
  /** ONNX Runtime's graph optimisations (default: `disabled` for float64 or above 5,000 nodes, else `all`). */
  readonly optimization?: OptimizationLevel;
  /** Execution providers in order of preference, as ONNX Runtime takes them (default: its own choice). */
  readonly providers?: readonly (string | { readonly name: string })[];
  /** What ONNX Runtime logs, from 0 (everything) to 4 (fatal errors); default 3 (errors). */
  readonly logLevel?: 0 | 1 | 2 | 3 | 4;
  /** Runs the programs that ONNX Runtime has no kernels for; without it these are errors. The report says so. */
  readonly fallback?: Executor;
}

export const ortOptions: OptionNames<OrtOptions> = {
  threads: 1,
  optimization: 1,
  providers: 1,
  logLevel: 1,
  fallback: 1,
};

/**
 * Bytes of values alive at once above which a session keeps no memory of its own between runs: each would hold as much as its largest run took, and
 * of a large network there are several, one for the gradient, one for products. What is freed serves them all.
 */
const largestKept = 2 ** 26;

type LoweredSize = Pick<LoweredProgram, 'nodes' | 'computesFloat64'>;

/** Above this many nodes the optimiser takes longer than its gains are worth: its time grows faster than the graph. */
const largestOptimized = 5000;

/**
 * Some fusions pass float64 through float32 (QuickGelu, MatMulScale) or have no float64 kernel (FuseReluClip), so a program
 * with float64 in it runs as it was written.
 */
function levelFor({ computesFloat64, nodes }: LoweredSize): OptimizationLevel {
  return computesFloat64 || nodes > largestOptimized ? 'disabled' : 'all';
}

/** Options of the session of one program. */
export function sessionOptions(program: Program, size: LoweredSize, options: OrtOptions): OrtSessionOptions {
  const out: OrtSessionOptions = {
    graphOptimizationLevel: options.optimization ?? levelFor(size),
    executionMode: 'sequential',
    logSeverityLevel: options.logLevel ?? 3,
    // Threads that wait actively within a run save a wake-up for each operation: 6 to 26 % of a run. Not much longer than that takes (on
    // a busy machine runs become several times slower by spinning for milliseconds), and not between runs, lest they take the processor
    // from the thread they wait for, or from other sessions. Work is cut into pieces that grow smaller
    // (`dynamic_block_base`), so that a thread that is held up leaves more to the other: from nothing to 6 % of a run.
    extra: {
      session: {
        force_spinning_stop: '1',
        dynamic_block_base: '4',
        intra_op: { allow_spinning: '1', spin_duration_us: '200' },
      },
    },
  };
  if (costOf(program.outputs).peakBytes > largestKept) {
    out.enableCpuMemArena = false;
    out.enableMemPattern = false;
  }
  if (!hasLargeOperation(Object.values(program.outputs))) out.intraOpNumThreads = 1;
  else if (options.threads !== undefined) out.intraOpNumThreads = options.threads;
  if (options.providers !== undefined) out.executionProviders = options.providers;
  return out;
}
