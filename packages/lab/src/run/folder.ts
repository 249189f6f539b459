import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from 'osculate/data';
import { writeFileAtomic } from 'osculate/node';
import { type CheckpointData, type TrainSnapshot, toCheckpoint } from 'osculate/optim';
import type { Ending, Point, Summary } from '../study.js';
import { UsageError } from '../usage-error.js';
import { removeLeftovers } from './leftovers.js';

/** A contestant's spec as the name of a folder. */
export function folderName(spec: string): string {
  return spec.replace(/[^\w.=-]+/g, '_');
}

/** What is read from a file of ours. @throws UsageError that names it and what to do, when it is not what was written there */
function undamaged<T>(place: string, remedy: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${place} is damaged (${(error as Error).message}): ${remedy}`);
  }
}

/**
 * Where one contestant's run is kept: `points.jsonl` (its curves), `checkpoint.safetensors` (all that is needed to go on)
 * and, when it is finished, `summary.json`. Files but the first are replaced as a whole or not at all. While a process works on it,
 * `owner` says which: the process of a run may live on after the command that started it was killed, and must not write into what
 * another one has taken over.
 */
export class RunFolder {
  private owner: string | undefined;

  constructor(readonly path: string) {
    mkdirSync(path, { recursive: true });
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  /** Takes the folder over: a process that wrote here before is refused from now on, and what it left half-written is removed. */
  async claim(): Promise<void> {
    const owner = randomUUID();
    await writeFileAtomic(this.file('owner'), owner);
    this.owner = owner;
    removeLeftovers(this.path);
  }

  /** @throws when another process has taken the folder over. */
  private check(): void {
    if (this.owner === undefined) return;
    try {
      if (readFileSync(this.file('owner'), 'utf8') === this.owner) return;
    } catch {
      // The one that took it over has finished it.
    }
    throw new Error(`${this.path}: another process has taken this run over; one command at a time may use a folder`);
  }

  /** The summary of a finished run. */
  summary(): Summary | undefined {
    const file = this.file('summary.json');
    if (!existsSync(file)) return undefined;
    return undamaged(
      file,
      'remove it, and the same command writes it again',
      () => JSON.parse(readFileSync(file, 'utf8')) as Summary,
    );
  }

  async finish(summary: Summary): Promise<void> {
    this.check();
    await writeFileAtomic(this.file('summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    rmSync(this.file('owner'), { force: true });
  }

  /** The curve so far. A last line that was cut off by a kill is dropped. */
  points(): Point[] {
    const file = this.file('points.jsonl');
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    const remedy = `remove ${this.path}, and the same command makes the run again`;
    const parse = (line: string, i: number) =>
      undamaged(`${file}, line ${i + 1}`, remedy, () => JSON.parse(line) as Point);
    return complete.split('\n').slice(0, -1).map(parse);
  }

  append(point: Point): void {
    this.check();
    appendFileSync(this.file('points.jsonl'), `${JSON.stringify(point)}\n`);
  }

  /** Drops the points after a step: those that a resumed run makes again. */
  async truncate(step: number): Promise<void> {
    this.check();
    const kept = this.points().filter((p) => p.step <= step);
    await writeFileAtomic(this.file('points.jsonl'), kept.map((p) => `${JSON.stringify(p)}\n`).join(''));
  }

  /** Where the run was saved last; `metadata.ending` says how it ended there, if it did. */
  checkpoint(): CheckpointData | undefined {
    const file = this.file('checkpoint.safetensors');
    if (!existsSync(file)) return undefined;
    const read = () => readSafetensors(new Uint8Array(readFileSync(file)));
    const { tensors, metadata } = undamaged(file, 'remove it, and the same command starts the run again', read);
    return { tensors, metadata };
  }

  /** Saves all that is needed to go on; with an ending, there is only the summary left to write. */
  async save(snapshot: TrainSnapshot, ending?: Ending): Promise<void> {
    this.check();
    const { tensors, metadata } = toCheckpoint(snapshot);
    const all = { ...metadata, ...(ending !== undefined && { ending }) };
    await writeFileAtomic(this.file('checkpoint.safetensors'), writeSafetensors(tensors, all));
  }
}
