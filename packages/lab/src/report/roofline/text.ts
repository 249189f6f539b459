import { type Kernel, type Machine, type Roofline, rateOf } from '../../roofline/roofline.js';
import { count, figure } from '../format.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

const giga = (value: number): string => figure(value / 1e9);

/** What was measured, in a sentence. */
export function rooflineCaption({ title, rows, size, processor, seconds }: Roofline): string {
  return (
    `float32 programs of ${title} over ${count(rows)} examples, ${count(size)} parameters, on ONNX Runtime; ${processor}; ` +
    `${seconds.toFixed(1)} s`
  );
}

/** A row a number of threads. */
export function machineCells({ machines }: Roofline): Cells {
  const rows = machines.map(({ threads, peak, side, bandwidth }) => [
    String(threads),
    giga(peak),
    `${side} × ${side}`,
    giga(bandwidth),
    figure(peak / bandwidth),
  ]);
  return [['threads', 'peak GFLOP/s', 'of a product', 'GB/s', 'ridge flop/byte'], ...rows];
}

/** The machine that a kernel ran on. */
export function machineOf({ machines }: Roofline, { threads }: Kernel): Machine {
  return machines.find((m) => m.threads === threads)!;
}

/** Operations a byte, if every node's operands go through memory; undefined for steps. */
export function intensityOf({ flops, bytes }: Kernel): number | undefined {
  return bytes === undefined ? undefined : flops / bytes;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const milliseconds = (seconds: number): string => figure(1000 * seconds);

/** A row a program and number of threads. */
export function kernelCells(roofline: Roofline): Cells {
  const rows = roofline.kernels.map((kernel) => {
    const { name, threads, flops, bytes, compulsory, timing } = kernel;
    const intensity = intensityOf(kernel);
    return [
      name,
      String(threads),
      giga(flops),
      bytes === undefined ? '–' : figure(bytes / 1e6),
      intensity === undefined ? '–' : figure(intensity),
      compulsory === undefined ? '–' : figure(flops / compulsory),
      milliseconds(timing.median),
      `${milliseconds(timing.low)} … ${milliseconds(timing.high)}`,
      String(timing.samples),
      giga(rateOf(kernel)),
      percent(rateOf(kernel) / machineOf(roofline, kernel).peak),
    ];
  });
  const head = ['program', 'threads', 'GFLOP', 'MB', 'flop/byte', 'at most', 'median ms', 'quartiles', 'runs'];
  return [[...head, 'GFLOP/s', 'of peak'], ...rows];
}

/** What the figures are, for those who read them. */
export const rooflineNotes =
  'Peak: the best of several square products. GB/s: the best sum over one long array, or of two. GFLOP: counted from the graph, a multiply-add is ' +
  'two, a function such as tanh one; of a step, those of its programs, without what the method computes by itself. MB and flop/byte: if ' +
  'every node’s operands went through memory; at most: if only inputs and outputs did.';

/** The roofline as text. */
export function rooflineText(roofline: Roofline): string {
  return [
    rooflineCaption(roofline),
    alignedText(machineCells(roofline)),
    alignedText(kernelCells(roofline)),
    rooflineNotes,
  ].join('\n\n');
}
