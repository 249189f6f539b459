/** Seconds of several runs. */
export interface Timing {
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
  readonly best: number;
  readonly samples: number;
}

/** What the machine does at best with so many threads, through the engine. */
export interface Machine {
  readonly threads: number;
  /** Floating-point operations a second of the fastest square product. */
  readonly peak: number;
  /** Its side. */
  readonly side: number;
  /** Bytes a second of the fastest sum over one long array, or of two. */
  readonly bandwidth: number;
}

/** One program, or one step of an optimizer, with so many threads. */
export interface Kernel {
  readonly name: string;
  readonly threads: number;
  /** Counted from the graph; of a step, those of the programs that it runs. */
  readonly flops: number;
  /** Bytes of the program if every node's operands went through memory; absent for steps. */
  readonly bytes?: number;
  /** Bytes of its inputs, constants and outputs: what has to move in any case. */
  readonly compulsory?: number;
  readonly timing: Timing;
}

/** What `osculate roofline` measures, as plain data. */
export interface Roofline {
  readonly problem: string;
  readonly title: string;
  readonly rows: number;
  /** Parameters. */
  readonly size: number;
  readonly processor: string;
  readonly machines: readonly Machine[];
  readonly kernels: readonly Kernel[];
  readonly seconds: number;
}

/** Floating-point operations a second at the median. */
export function rateOf({ flops, timing }: Kernel): number {
  return flops / timing.median;
}

/** The most that the machine could do at a number of operations a byte. */
export function roofAt({ peak, bandwidth }: Machine, intensity: number): number {
  return Math.min(peak, bandwidth * intensity);
}
