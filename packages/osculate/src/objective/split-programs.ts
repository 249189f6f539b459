import { costOf, type Program, splitProgram } from '../compile/index.js';
import type { SplitProgram } from '../compile/split.js';
import { disposeAll } from '../runtime/dispose-all.js';
import type { Executable, Executor } from '../runtime/index.js';
import type { NDArray } from '../tensor/ndarray.js';

/**
 * Runs a program on a batch at a point: finds the values of its inputs, those that are `known` first. Rows are read only for a program that
 * reads them.
 */
export type Runner = (
  executable: Executable,
  known?: Readonly<Record<string, NDArray>>,
) => Promise<Record<string, NDArray>>;

/** A program in two, ready to run. */
export interface LoadedSplit {
  /** What the values that are held take. */
  readonly bytes: number;
  /** Arithmetic of the two parts. */
  readonly heldFlops: number;
  readonly restFlops: number;
  /** Runs the part that is held, of a point that is told from others by the identity of `point`. */
  hold(run: Runner, point: object): Promise<Record<string, NDArray>>;
  /** Runs the other part on what was held. */
  rest(run: Runner, held: Readonly<Record<string, NDArray>>): Promise<Record<string, NDArray>>;
}

interface Parts extends LoadedSplit {
  dispose(): Promise<void>;
}

/**
 * Programs split into what varies and what is held, loaded on first use. The part that is held runs once a point: it is unloaded after its
 * run, with the memory that it takes (an activation for each node, say), until it is asked for at a second point: then it stays loaded.
 */
export class SplitPrograms {
  /** By what varies, as it is listed, of each program. */
  private readonly splits = new Map<Program, Map<string, Promise<Parts | null>>>();

  constructor(private readonly executor: Executor) {}

  /** The two parts; null where a program computes nothing without the inputs that vary, or what is held takes more than `limit` bytes. */
  load(program: Program, varying: readonly string[], limit: number): Promise<LoadedSplit | null> {
    const [splits, key] = [this.splits.get(program) ?? new Map<string, Promise<Parts | null>>(), varying.join()];
    this.splits.set(program, splits);
    let parts = splits.get(key);
    if (parts === undefined) {
      const split = splitProgram(program, (input) => varying.includes(input));
      parts = split && split.bytes <= limit ? this.start(split) : Promise.resolve(null);
      splits.set(key, parts);
      // A failure may pass, as that of a busy device does: it is not kept.
      parts.catch(() => splits.delete(key));
    }
    return parts;
  }

  async dispose(): Promise<void> {
    const splits = [...this.splits.values()].flatMap((of) => [...of.values()]);
    this.splits.clear();
    await disposeAll(splits);
  }

  private async start({ held, rest, bytes }: SplitProgram): Promise<Parts> {
    const flops = ({ outputs }: Program): number => costOf(outputs).flops;
    const restPart = await this.executor.load(rest);
    let heldPart: Promise<Executable> | null = null;
    let firstPoint: object | null = null;
    const hold = async (run: Runner, point: object): Promise<Record<string, NDArray>> => {
      firstPoint ??= point;
      if (point === firstPoint) {
        const once = await this.executor.load(held);
        try {
          return await run(once);
        } finally {
          await once.dispose();
        }
      }
      if (heldPart === null) {
        heldPart = this.executor.load(held);
        heldPart.catch(() => {
          heldPart = null;
        });
      }
      return run(await heldPart);
    };
    return {
      bytes,
      heldFlops: flops(held),
      restFlops: flops(rest),
      hold,
      rest: (run, values) => run(restPart, values),
      dispose: () => disposeAll([restPart, heldPart]),
    };
  }
}
