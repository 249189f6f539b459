import type { StopReason } from 'osculate/optim';
import type { Point } from '../../study.js';

/** Everything that is shown of a run. */
export interface TrainResult {
  readonly model: string;
  readonly out: string | null;
  readonly output: string;
  readonly optimizer: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly loss: string;
  readonly errorName: string;
  readonly reason: StopReason;
  readonly steps: number;
  readonly seconds: number;
  readonly parameters: number;
  readonly rows: { readonly train: number; readonly validation: number };
  readonly notes: readonly string[];
  readonly points: readonly Point[];
}
