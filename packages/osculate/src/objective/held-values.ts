import type { Program } from '../compile/index.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { LoadedSplit, Runner, SplitPrograms } from './split-programs.js';

interface Results {
  readonly results: Record<string, NDArray>;
  readonly flops: number;
}

/** Runs of a program on a batch that are left whole: for few it does not pay to load two more and to compute apart what they share. */
const wholeRuns = 2;

/**
 * What the runs of programs on a batch have in common when only some of their inputs change, as the forward pass and the backward pass of
 * products with several vectors: it is computed once, at the third run, and held, as far as all that is held fits `limit` bytes.
 */
export class HeldValues {
  private readonly values = new Map<string, Promise<Record<string, NDArray>>>();
  private readonly runs = new Map<string, number>();
  private bytes = 0;

  constructor(
    private readonly splits: SplitPrograms,
    private readonly limit: number,
  ) {}

  /** The program's results on the batch named `batch`, where only the inputs `varying` may be others the next time; null where it must be run as a whole. */
  async run(program: Program, batch: string, varying: readonly string[], runner: Runner): Promise<Results | null> {
    const key = `${batch}/${varying.join()}`;
    const earlier = this.runs.get(key) ?? 0;
    this.runs.set(key, earlier + 1);
    if (earlier < wholeRuns) return null;
    const split = await this.splits.load(program, varying, this.limit);
    if (split === null) return null;
    let flops = split.restFlops;
    if (!this.values.has(key)) {
      if (this.bytes + split.bytes > this.limit) return null;
      flops += split.heldFlops;
      this.start(key, split, runner);
    }
    const held = await this.values.get(key)!;
    return { results: await split.rest(runner, held), flops };
  }

  private start(key: string, split: LoadedSplit, runner: Runner): void {
    this.bytes += split.bytes;
    const held = split.hold(runner, this);
    this.values.set(key, held);
    // A failure may pass, as that of a busy device does: it is not kept.
    held.catch(() => {
      if (this.values.delete(key)) this.bytes -= split.bytes;
    });
  }
}
