/** Mean loss and the loss's own measures, such as `accuracy`, over rows. */
export interface Measures {
  /** The mean loss. */
  readonly loss: number;
  readonly [measure: string]: number;
}

/** An epoch of a run: as many rows as the data have. */
export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  /** Steps so far. */
  readonly step: number;
  /** Seconds of steps so far. */
  readonly seconds: number;
  /** Mean of the steps' losses, each before its step and on its rows. */
  readonly loss: number;
  /** After the epoch, in inference, on the rows held back. */
  readonly validation?: Measures;
}

/** When a run ends before its epochs are over. */
export interface EarlyStopping {
  /** Epochs without a better loss (default 10). */
  readonly patience?: number;
  /** What counts as better (default 0: any decrease). */
  readonly minDelta?: number;
}

/** The loss that early stopping watches: of validation, or of training where nothing is held back. */
export const watched = ({ loss, validation }: Epoch): number => validation?.loss ?? loss;
