import {
  constant,
  type DType,
  full,
  type Generator,
  generator,
  input,
  ndarray,
  type Shape,
} from '../../../src/tensor/index.js';
import {
  apply,
  apply1,
  type Graph,
  type Op,
  type ReferenceBuffer,
  type ReferenceKernel,
  type ScalarFunction,
  type Tensor,
} from '../../../src/tensor/ir.js';
import { broadcastShapes, stridesOf } from '../../../src/tensor/shape.js';

/** An op of which the reference executor needs to know its result's shape and its kernel. */
function toyOp(name: string, dtype: DType, shapes: readonly Shape[], reference: ReferenceKernel): Op {
  const never = (): never => {
    throw new Error(`${name} only runs on the reference executor`);
  };
  const infer = () => shapes.map((shape) => ({ shape, dtype }));
  return { name, differentiable: false, infer, jvp: never, batch: never, lower: never, reference, flops: () => 0 };
}

function elementwise(dtype: DType, args: readonly Tensor[], scalar: ScalarFunction): Tensor {
  const shape = args.map((t) => t.shape).reduce((a, b) => broadcastShapes(a, b, 'toy'));
  return apply1(toyOp('toy', dtype, [shape], { kind: 'elementwise', scalar: () => scalar }), args, {});
}

/** A reduction by an op that cannot be reordered unnoticed. */
function fold(x: Tensor, axes: readonly number[], init: number, step: ScalarFunction): Tensor {
  const shape = x.shape.filter((_, k) => !axes.includes(k));
  return apply1(toyOp('fold', x.dtype, [shape], { kind: 'reduce', axes: () => axes, init, step }), [x], {});
}

function strided(x: Tensor, shape: Shape, offset: number, strides: readonly number[]): Tensor {
  return apply1(toyOp('strided', x.dtype, [shape], { kind: 'strided', map: () => ({ offset, strides }) }), [x], {});
}

/** Two results by a routine: running sums, and the elements in reverse. */
function routine(x: Tensor): readonly Tensor[] {
  const prepare =
    () =>
    ([from]: readonly ReferenceBuffer[], [sums, reverse]: readonly ReferenceBuffer[]): void => {
      let sum = 0;
      for (let i = 0; i < x.size; i++) {
        sum += from![i]! * 0.5;
        sums![i] = sum;
        reverse![x.size - 1 - i] = from![i]!;
      }
    };
  return apply(toyOp('routine', x.dtype, [x.shape, x.shape], { kind: 'kernel', prepare }), [x], {});
}

/** True when two shapes broadcast, to a shape that is not large. */
function broadcast(a: Shape, b: Shape): boolean {
  const rank = Math.max(a.length, b.length);
  let size = 1;
  for (let k = 1; k <= rank; k++) {
    const [x, y] = [a[a.length - k] ?? 1, b[b.length - k] ?? 1];
    if (x !== y && x !== 1 && y !== 1) return false;
    size *= x === 1 ? y : x;
  }
  return size <= 400;
}

const binary: readonly ScalarFunction[] = [
  { fn: (a, b) => a + b, js: (a, b) => `${a} + ${b}` },
  { fn: (a, b) => a - b, js: (a, b) => `${a} - ${b}` },
  { fn: (a, b) => a * b * 0.5, js: (a, b) => `${a} * ${b} * 0.5` },
  { fn: Math.max },
  { fn: (a, b) => (a < b ? a : 2 * b), js: (a, b) => `${a} < ${b} ? ${a} : 2 * ${b}` },
];

const unary: readonly ScalarFunction[] = [
  { fn: (a) => -a, js: (a) => `-${a}` },
  { fn: Math.tanh, js: (a) => `Math.tanh(${a})` },
  { fn: (a) => Math.sin(3 * a) },
];

const less: ScalarFunction = { fn: (a, b) => Number(a < b), js: (a, b) => `${a} < ${b}` };
const where: ScalarFunction = { fn: (c, a, b) => (c ? a : b), js: (c, a, b) => `${c} ? ${a} : ${b}` };
const truncate: ScalarFunction = { fn: (a) => 5 * a, js: (a) => `5 * ${a}` };
const widen: ScalarFunction = { fn: (a) => a / 4, js: (a) => `${a} / 4` };

const steps: readonly [init: number, step: ScalarFunction][] = [
  [0, { fn: (a, x) => a + x, js: (a, x) => `${a} + ${x}` }],
  [Number.NEGATIVE_INFINITY, { fn: Math.max, js: (a, x) => `Math.max(${a}, ${x})` }],
  [-0, { fn: (a, x) => 0.75 * a - x }],
];

const literals = [0, -0, 1, -2.5, 1e-300, 1 / 3, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53];

/** Grows a random graph of f64 tensors (and masks and integers on the way) over a few small inputs. */
class Growth {
  readonly tensors: Tensor[];

  constructor(
    readonly inputs: readonly Tensor[],
    private readonly random: Generator,
  ) {
    this.tensors = [...inputs];
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.random.integer(list.length)]!;
  }

  /** A recent tensor more often than an old one, so that chains grow. */
  private operand(): Tensor {
    const recent = this.random.integer(3) > 0 ? this.tensors.slice(-6) : this.tensors;
    return this.pick(recent);
  }

  private partner(x: Tensor): Tensor {
    const fits = this.tensors.slice(-60).filter((t) => broadcast(t.shape, x.shape));
    return this.random.integer(8) === 0 ? full(this.pick(literals), 'f64') : this.pick([x, ...fits]);
  }

  /** Elements at equal distances, across rows: not a move along one axis. */
  private sampled(x: Tensor): Tensor {
    const step = 1 + this.random.integer(3);
    const length = Math.ceil(x.size / (step * this.pick([1, 2, 4])));
    return strided(x, [length], this.random.integer(x.size - step * (length - 1)), [step]);
  }

  private rearranged(x: Tensor): Tensor {
    if (x.size > 0 && this.random.integer(4) === 0) return this.sampled(x);
    const strides = stridesOf(x.shape);
    const order = this.random.permutation(x.rank);
    let offset = 0;
    const shape: number[] = [];
    const steps: number[] = [];
    for (const k of order) {
      const step = this.pick([1, 1, -1, 2]);
      const length = step === 2 ? Math.ceil(x.shape[k]! / 2) : x.shape[k]!;
      if (step < 0 && length > 0) offset += (length - 1) * strides[k]!;
      shape.push(length);
      steps.push(step * strides[k]!);
    }
    if (this.random.integer(4) === 0 && x.size <= 100) {
      shape.unshift(3);
      steps.unshift(0);
    }
    return strided(x, shape, offset, steps);
  }

  private reshaped(x: Tensor): Tensor {
    const shape = this.pick([
      [x.size],
      [1, x.size],
      [...x.shape, 1],
      [...x.shape].reverse(),
      x.size % 2 === 0 ? [x.size / 2, 2] : [x.size, 1],
    ]);
    return apply1(toyOp('reshape', x.dtype, [shape], { kind: 'view' }), [x], {});
  }

  private masked(x: Tensor): Tensor {
    const y = this.partner(x);
    return elementwise('f64', [elementwise('bool', [x, y], less), x, y], where);
  }

  private folded(x: Tensor): Tensor {
    const axes = x.shape.map((_, k) => k).filter(() => this.random.integer(2) === 0);
    const [init, step] = this.pick(steps);
    return axes.length === 0 ? x : fold(x, axes, init, step);
  }

  step(): void {
    const x = this.operand();
    const kind = this.random.integer(16);
    if (kind < 6) this.tensors.push(elementwise('f64', [x, this.partner(x)], this.pick(binary)));
    else if (kind < 9) this.tensors.push(elementwise('f64', [x], this.pick(unary)));
    else if (kind < 11) this.tensors.push(this.folded(x));
    else if (kind === 11) this.tensors.push(this.rearranged(x));
    else if (kind === 12) this.tensors.push(this.reshaped(x));
    else if (kind === 13) this.tensors.push(this.masked(x));
    else if (kind === 14) this.tensors.push(...routine(x));
    else this.tensors.push(elementwise('f64', [elementwise('i32', [x], truncate)], widen));
  }

  outputs(): Tensor[] {
    const chosen = this.tensors.filter((_, i) => i === this.tensors.length - 1 || this.random.integer(6) === 0);
    return chosen.filter((t) => !this.inputs.includes(t) || this.random.integer(3) === 0);
  }
}

/** A graph made of `steps` random ops, and values for its inputs. */
export function randomGraph(seed: number, steps: number): { graph: Graph; values: Float64Array[] } {
  const random = generator(seed);
  const dims = [1, 2, 3, 4, 6, 0];
  const dim = (): number => dims[random.integer(random.integer(6) === 0 ? 6 : 5)]!;
  const shapes: Shape[] = [[], [dim()], [dim(), dim()], [dim(), dim(), dim()], [3, 4], [3, 1]];
  const inputs = shapes.map((shape, i) => input(`x${i}`, 'f64', shape));
  const values = inputs.map((t) => Float64Array.from({ length: t.size }, () => random.normal()));
  const literal = constant(
    ndarray(
      'f64',
      Float64Array.from({ length: 4 }, () => random.normal()),
      [4],
    ),
  );
  const growth = new Growth([...inputs], random);
  growth.tensors.push(literal);
  for (let i = 0; i < steps; i++) growth.step();
  return { graph: { inputs, outputs: growth.outputs() }, values };
}
