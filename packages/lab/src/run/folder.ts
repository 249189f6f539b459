import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from 'osculate/data';
import { writeFileAtomic } from 'osculate/data/node';
import { type CheckpointData, type TrainSnapshot, toCheckpoint } from 'osculate/optim';
import type { Point, Summary } from '../study.js';

/** A contestant's spec as the name of a folder. */
export function folderName(spec: string): string {
  return spec.replace(/[^\w.=-]+/g, '_');
}

/**
 * Where one contestant's run is kept: `points.jsonl` (its curves), `checkpoint.safetensors` (all that is needed to go on)
 * and, when it is finished, `summary.json`. Files but the first are replaced as a whole or not at all.
 */
export class RunFolder {
  constructor(readonly path: string) {
    mkdirSync(path, { recursive: true });
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  /** The summary of a finished run. */
  summary(): Summary | undefined {
    const file = this.file('summary.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Summary) : undefined;
  }

  async finish(summary: Summary): Promise<void> {
    await writeFileAtomic(this.file('summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  }

  /** The curve so far. A last line that was cut off by a kill is dropped. */
  points(): Point[] {
    const file = this.file('points.jsonl');
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    return complete.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Point]));
  }

  append(point: Point): void {
    appendFileSync(this.file('points.jsonl'), `${JSON.stringify(point)}\n`);
  }

  /** Drops the points after a step: those that a resumed run makes again. */
  async truncate(step: number): Promise<void> {
    const kept = this.points().filter((p) => p.step <= step);
    await writeFileAtomic(this.file('points.jsonl'), kept.map((p) => `${JSON.stringify(p)}\n`).join(''));
  }

  checkpoint(): CheckpointData | undefined {
    const file = this.file('checkpoint.safetensors');
    if (!existsSync(file)) return undefined;
    const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(file)));
    return { tensors, metadata };
  }

  async save(snapshot: TrainSnapshot): Promise<void> {
    const { tensors, metadata } = toCheckpoint(snapshot);
    await writeFileAtomic(this.file('checkpoint.safetensors'), writeSafetensors(tensors, metadata));
  }
}
