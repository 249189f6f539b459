import { costOf, type Program, type SplitProgram, splitProgram } from '../compile/index.js';
import { inputName } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { disposeAll } from './dispose-all.js';
import type { Executable, Executor, Feeds } from './executor.js';

/** The value of an input by its name. */
export type Values = (input: string) => Feeds[string];

export function feedsOf({ inputs }: Program, values: Values): Feeds {
  return Object.fromEntries(inputs.map((t) => [inputName(t), values(inputName(t))!]));
}

/** A program in two, ready to run. */
export interface LoadedSplit {
  /** What the values that are held take. */
  readonly bytes: number;
  /** Arithmetic of the two parts. */
  readonly heldFlops: number;
  readonly restFlops: number;
  hold(values: Values): Promise<Record<string, NDArray>>;
  rest(values: Values): Promise<Record<string, NDArray>>;
}

interface Parts extends LoadedSplit {
  dispose(): Promise<void>;
}

/**
 * Programs split into what varies and what is held, loaded on first use. The part that is held runs rarely: `keep` says whether it
 * stays loaded between its runs, with the memory that it takes (an activation for each node, say).
 */
export class SplitPrograms {
  private readonly splits = new Map<Program, Promise<Parts | null>>();

  constructor(
    private readonly executor: Executor,
    private readonly keep: boolean,
  ) {}

  /** The two parts; null where a program computes nothing without the inputs that vary, or what is held takes more than `limit` bytes. */
  load(program: Program, varies: (input: string) => boolean, limit: number): Promise<LoadedSplit | null> {
    let parts = this.splits.get(program);
    if (parts === undefined) {
      const split = splitProgram(program, varies);
      parts = split && split.bytes <= limit ? this.start(split) : Promise.resolve(null);
      this.splits.set(program, parts);
      // A failure may pass, as that of a busy device does: it is not kept.
      parts.catch(() => this.splits.delete(program));
    }
    return parts;
  }

  async dispose(): Promise<void> {
    const splits = [...this.splits.values()];
    this.splits.clear();
    await disposeAll(splits);
  }

  private async start({ held, rest, bytes }: SplitProgram): Promise<Parts> {
    const flops = ({ outputs }: Program): number => costOf(outputs).flops;
    const restPart = await this.executor.load(rest);
    let heldPart: Promise<Executable> | null = null;
    const hold = async (values: Values): Promise<Record<string, NDArray>> => {
      if (this.keep) {
        if (heldPart === null) {
          heldPart = this.executor.load(held);
          heldPart.catch(() => {
            heldPart = null;
          });
        }
        return (await heldPart).run(feedsOf(held, values));
      }
      const executable = await this.executor.load(held);
      try {
        return await executable.run(feedsOf(held, values));
      } finally {
        await executable.dispose();
      }
    };
    return {
      bytes,
      heldFlops: flops(held),
      restFlops: flops(rest),
      hold,
      rest: (values) => restPart.run(feedsOf(rest, values)),
      dispose: () => disposeAll([restPart, heldPart]),
    };
  }
}
