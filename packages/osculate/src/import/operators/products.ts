import { concat, einsum } from '../../ops/index.js';
import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NodeCall } from '../node-call.js';
import { iota, onReals } from './integers.js';
import type { OperatorTable } from './table.js';

/** Products of integers are computed in f64, which is exact up to 2⁵³. */
function matmul(a: Tensor, b: Tensor): Tensor {
  if (isFloat(a.dtype)) return a.matmul(b);
  return a.cast('f64').matmul(b.cast('f64')).cast(a.dtype);
}

/** α·A'·B' + β·C. */
function gemm(call: NodeCall): Tensor {
  const [a, b, c] = [call.input(0), call.input(1), call.inputs[2]];
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const product = a.product(b, call.flag('transA', false), call.flag('transB', false));
  const scaled = alpha === 1 ? product : product.mul(alpha);
  if (c === undefined || beta === 0) return scaled;
  return scaled.add(beta === 1 ? c : c.mul(beta));
}

/** Letters for the axes that `...` stands for; our einsum has no ellipsis. */
function expandEllipsis(call: NodeCall, equation: string, operands: readonly Tensor[]): string {
  const compact = equation.replaceAll(' ', '');
  if (!compact.includes('...')) return compact;
  const free = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].filter((c) => !compact.includes(c));
  const [left, right] = compact.split('->') as [string, string | undefined];
  const terms = left.split(',');
  const counts = terms.map((term, i) => (term.includes('...') ? operands[i]!.rank - (term.length - 3) : 0));
  const most = Math.max(...counts);
  if (counts.some((n) => n < 0) || most > free.length)
    call.refuse(`the equation '${equation}' does not fit its operands`);
  const letters = free.slice(0, most).join('');
  const filled = terms.map((term, i) => term.replace('...', letters.slice(most - counts[i]!)));
  const once = [...new Set(left.replace(/[.,]/g, ''))]
    .filter((c) => left.split(c).length === 2)
    .sort()
    .join('');
  return `${filled.join(',')}->${right === undefined ? letters + once : right.replace('...', letters)}`;
}

function einsumNode(call: NodeCall): Tensor {
  const operands = call.all();
  const equation = call.string('equation');
  if (equation.split('->')[0]!.split(',').length !== operands.length) {
    call.refuse(`the equation '${equation}' does not have ${operands.length} operands`);
  }
  return einsum(expandEllipsis(call, equation, operands), ...operands);
}

/** Determinants of the matrices in the last two axes, by expansion along the first row: for small ones, as n! terms arise. */
function determinant(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  const lead = x.shape.slice(0, -2);
  const zeros = lead.map(() => 0);
  if (n === 1) return x.reshape(lead);
  const columns = iota(n).map((j) => x.slice([...zeros, 0, j], [...lead, n, j + 1]));
  const below = columns.map((c) => c.slice([...zeros, 1, 0], [...lead, n, 1]));
  const terms = columns.map((c, j) => {
    const minor = determinant(
      concat(
        below.filter((_, k) => k !== j),
        -1,
      ),
    );
    const entry = c.slice([...zeros, 0, 0], [...lead, 1, 1]).reshape(lead);
    return j % 2 === 0 ? entry.mul(minor) : entry.mul(minor).neg();
  });
  return terms.reduce((a, b) => a.add(b));
}

const largestDeterminant = 5;

function det(call: NodeCall): Tensor {
  const x = call.input(0);
  const n = x.shape.at(-1) ?? 0;
  if (x.rank < 2 || x.shape.at(-2) !== n || n < 1) call.refuse('the determinant needs square matrices');
  if (n > largestDeterminant)
    call.refuse(`determinants are supported up to ${largestDeterminant} × ${largestDeterminant}, not ${n} × ${n}`);
  return determinant(x);
}

export const products: OperatorTable = {
  Det: det,
  Einsum: onReals(einsumNode),
  Gemm: onReals(gemm),
  MatMul: (call) => matmul(call.input(0), call.input(1)),
};
