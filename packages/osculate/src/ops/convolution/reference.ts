import type { BufferFunction } from '../../tensor/ir.js';
import type { ConvGeometry, ConvSizes } from './geometry.js';
import { type Plane, planeOf, type VisitRow, visitRows } from './windows.js';

// All three convolutions visit the same products; they differ in which tensor gathers the sums.

const plane = (s: ConvSizes, geometry: ConvGeometry): Plane => planeOf(s.input, s.kernel, s.output, geometry);

/** Visits all products of x, w and y of a convolution, row by row. */
function visitProducts({ batch, groups, inputs, outputs }: ConvSizes, p: Plane, visit: VisitRow): void {
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < groups * outputs; o++) {
      const group = Math.floor(o / outputs);
      for (let c = 0; c < inputs; c++) {
        const x = (n * groups + group) * inputs + c;
        visitRows(p, x * p.input, (o * inputs + c) * p.window, (n * groups * outputs + o) * p.output, visit);
      }
    }
  }
}

/** y from (x, w). */
export function convReference(sizes: ConvSizes, geometry: ConvGeometry): BufferFunction {
  const p = plane(sizes, geometry);
  const step = p.inner.stride;
  return ([x, w], [y]) => {
    y!.fill(0);
    visitProducts(sizes, p, (fromX, fromW, toY, count) => {
      const weight = w![fromW]!;
      for (let i = 0; i < count; i++) y![toY + i]! += weight * x![fromX + i * step]!;
    });
  };
}

/** x from (y, w). */
export function convTransposeReference(sizes: ConvSizes, geometry: ConvGeometry): BufferFunction {
  const p = plane(sizes, geometry);
  const step = p.inner.stride;
  return ([y, w], [x]) => {
    x!.fill(0);
    visitProducts(sizes, p, (toX, fromW, fromY, count) => {
      const weight = w![fromW]!;
      for (let i = 0; i < count; i++) x![toX + i * step]! += weight * y![fromY + i]!;
    });
  };
}

/** w from (x, y). */
export function convWeightReference(sizes: ConvSizes, geometry: ConvGeometry): BufferFunction {
  const p = plane(sizes, geometry);
  const step = p.inner.stride;
  return ([x, y], [w]) => {
    w!.fill(0);
    visitProducts(sizes, p, (fromX, toW, fromY, count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += x![fromX + i * step]! * y![fromY + i]!;
      w![toW]! += sum;
    });
  };
}
