import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from 'osculate/data';
import { writeFileAtomic } from 'osculate/node';
import { fromCheckpoint, type OptimizerState, type TrainSnapshot, toCheckpoint } from 'osculate/optim';
import { InputError } from 'osculate/tensor';
import type { Point } from '../../study.js';
import { UsageError } from '../../usage-error.js';

/** What must be the same for a run to go on: everything that its steps depend on. */
export type RunIdentity = Readonly<Record<string, string>>;

export interface Saved {
  readonly snapshot: TrainSnapshot;
  readonly points: readonly Point[];
}

/** The folder in which a run of `osculate train` is kept: one file, with the optimizer's state and the curves of one moment. */
export class TrainCheckpoint {
  private readonly file: string;

  constructor(
    readonly folder: string,
    private readonly identity: RunIdentity,
  ) {
    this.file = join(folder, 'checkpoint.safetensors');
  }

  exists(): boolean {
    return existsSync(this.file);
  }

  /** Replaces what was saved before as a whole, or, when it is killed meanwhile, not at all. */
  async save({ snapshot, points }: Saved): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const { tensors, metadata } = toCheckpoint(snapshot);
    const own = { run: JSON.stringify(this.identity), points: JSON.stringify(points) };
    await writeFileAtomic(this.file, writeSafetensors(tensors, { ...metadata, ...own }));
  }

  /**
   * What was saved; undefined when nothing was. `like` is a fresh state of the optimizer.
   * @throws UsageError for a damaged file, and for one of another run; it says what differs.
   */
  load(like: OptimizerState): Saved | undefined {
    if (!this.exists()) return undefined;
    try {
      const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(this.file)));
      this.checkIdentity(JSON.parse(metadata.run ?? '{}') as RunIdentity);
      return {
        snapshot: fromCheckpoint({ tensors, metadata }, like),
        points: JSON.parse(metadata.points ?? '[]') as Point[],
      };
    } catch (error) {
      if (error instanceof InputError || error instanceof SyntaxError)
        throw new UsageError(`${this.file} cannot be used: ${error.message}`);
      throw error;
    }
  }

  private checkIdentity(saved: RunIdentity): void {
    const keys = new Set([...Object.keys(saved), ...Object.keys(this.identity)]);
    const other = [...keys].filter((key) => saved[key] !== this.identity[key]);
    if (other.length === 0) return;
    const differences = other.map(
      (key) => `${key} was ${saved[key] ?? 'not set'}, now ${this.identity[key] ?? 'not set'}`,
    );
    throw new UsageError(
      `${this.folder} holds another run: ${differences.join('; ')}. Repeat the command of that run, or start with --fresh`,
    );
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
