import type { Vector } from '../linalg/vectors.js';
import type { TrainEvent } from '../optim/train.js';
import type { RunState } from './checkpoint-file.js';
import { type EarlyStopping, type Epoch, type Measures, watched } from './history.js';

/** What a run keeps beside its optimizer: the history, the losses of the epoch under way, and the best epoch. */
export class RunProgress {
  readonly history: Epoch[];
  private partial: readonly [sum: number, count: number];
  private best: RunState['best'];
  private readonly patience: number;
  private readonly minDelta: number;

  /** `stopping`: null where the run goes on to its end. */
  constructor(earlier: RunState | undefined, start: Vector, stopping: EarlyStopping | null) {
    this.history = [...(earlier?.history ?? [])];
    this.partial = earlier?.partial ?? [0, 0];
    this.best = earlier?.best ?? { epoch: 0, loss: Number.POSITIVE_INFINITY, parameters: start };
    this.patience = stopping === null ? Number.POSITIVE_INFINITY : (stopping.patience ?? 10);
    this.minDelta = stopping?.minDelta ?? 0;
  }

  add({ loss }: TrainEvent): void {
    const [sum, count] = this.partial;
    if (Number.isFinite(loss)) this.partial = [sum + loss, count + 1];
  }

  /** Ends an epoch. The best one's parameters are copied: a step may overwrite those of the event. */
  endEpoch(epoch: number, { step, seconds, parameters }: TrainEvent, validation: Measures | null): Epoch {
    const [sum, count] = this.partial;
    this.partial = [0, 0];
    const ended: Epoch = { epoch, step, seconds, loss: sum / count, ...(validation && { validation }) };
    this.history.push(ended);
    const loss = watched(ended);
    if (loss < this.best.loss - this.minDelta) this.best = { epoch, loss, parameters: parameters.slice() as Vector };
    return ended;
  }

  /** No better epoch for as long as the patience lasts. */
  exhausted(): boolean {
    return (this.history.at(-1)?.epoch ?? 0) - this.best.epoch >= this.patience;
  }

  /** After the last step. Where it ended the best epoch the copy of its parameters is given up: theirs stay as they are from now on. */
  settle({ step, parameters }: TrainEvent): void {
    const { epoch } = this.best;
    if (this.history.some((ended) => ended.epoch === epoch && ended.step === step))
      this.best = { ...this.best, parameters };
  }

  state(): RunState {
    return { history: this.history, partial: this.partial, best: this.best };
  }
}
