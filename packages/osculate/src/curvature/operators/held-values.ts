import { costOf, type Program, type SplitProgram, splitProgram } from '../../compile/index.js';
import type { Executable, Executor } from '../../runtime/index.js';
import { inputName } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';

type Values = (input: string) => NDArray;

interface Loaded {
  readonly held: Program;
  readonly rest: Executable;
  readonly bytes: number;
  readonly heldFlops: number;
  readonly restFlops: number;
}

interface Results {
  readonly results: Record<string, NDArray>;
  readonly flops: number;
}

/** Runs of a program on the same rows before it pays to compile two more. */
const PATIENCE = 2;

const feedsOf = ({ inputs }: Program, values: Values): Record<string, NDArray> =>
  Object.fromEntries(inputs.map((t) => [inputName(t), values(inputName(t))]));

/**
 * What the runs of programs on a batch have in common when only some of their inputs change, as the forward pass and the backward pass of
 * products with several vectors: it is computed at the third run and kept, as far as all that is kept fits `limit` bytes.
 */
export class HeldValues {
  private readonly splits = new Map<Program, Promise<Loaded | null>>();
  private readonly values = new Map<string, Promise<Record<string, NDArray>>>();
  private readonly runs = new Map<string, number>();
  private bytes = 0;

  constructor(
    private readonly executor: Executor,
    private readonly limit: number,
  ) {}

  /** The program's results on the batch named `key`; null where it must be run as a whole. */
  async run(program: Program, key: string, varying: string, values: Values): Promise<Results | null> {
    const earlier = this.runs.get(key) ?? 0;
    this.runs.set(key, earlier + 1);
    if (earlier < PATIENCE) return null;
    const split = await this.split(program, varying);
    if (split === null) return null;
    let flops = split.restFlops;
    if (!this.values.has(key)) {
      if (this.bytes + split.bytes > this.limit) return null;
      this.bytes += split.bytes;
      flops += split.heldFlops;
      this.values.set(key, this.compute(split.held, values));
    }
    const held = await this.values.get(key)!.catch((error: unknown) => this.forget(key, split.bytes, error));
    const results = await split.rest.run(feedsOf(split.rest.program, (name) => held[name] ?? values(name)));
    return { results, flops };
  }

  /** A failure may pass, as that of a busy device does: it is not kept. */
  private forget(key: string, bytes: number, error: unknown): never {
    if (this.values.delete(key)) this.bytes -= bytes;
    throw error;
  }

  async dispose(): Promise<void> {
    const splits = await Promise.allSettled(this.splits.values());
    this.splits.clear();
    this.values.clear();
    this.runs.clear();
    this.bytes = 0;
    for (const split of splits) {
      if (split.status === 'rejected' || split.value === null) continue;
      await split.value.rest.dispose();
    }
  }

  private split(program: Program, varying: string): Promise<Loaded | null> {
    let loaded = this.splits.get(program);
    if (loaded === undefined) {
      const split = splitProgram(program, (name) => name.startsWith(varying));
      loaded = split && split.bytes <= this.limit ? this.load(split) : Promise.resolve(null);
      this.splits.set(program, loaded);
      loaded.catch(() => this.splits.delete(program));
    }
    return loaded;
  }

  private async load({ held, rest, bytes }: SplitProgram): Promise<Loaded> {
    const flops = ({ outputs }: Program): number => costOf(outputs).flops;
    return { held, rest: await this.executor.load(rest), bytes, heldFlops: flops(held), restFlops: flops(rest) };
  }

  /** Once for each batch, so what the program itself takes is not kept. */
  private async compute(held: Program, values: Values): Promise<Record<string, NDArray>> {
    const executable = await this.executor.load(held);
    try {
      return await executable.run(feedsOf(held, values));
    } finally {
      await executable.dispose();
    }
  }
}
