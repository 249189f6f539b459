import { describe, expect, it } from 'vitest';
import * as autodiff from '../../src/autodiff/index.js';
import * as compiling from '../../src/compile/index.js';
import * as ops from '../../src/ops/index.js';
import * as runtime from '../../src/runtime/index.js';
import * as tensors from '../../src/tensor/index.js';
import {
  constant,
  DerivativeError,
  DTypeError,
  InputError,
  input,
  ndarray,
  ParameterLayout,
  ShapeError,
  Tensor,
} from '../../src/tensor/index.js';

const x = input('x', 'f64', [2, 3]);
const w = input('w', 'f64', [3, 2]);
const v = input('v', 'f64', [3]);
const image = input('image', 'f64', [1, 2, 4, 4]);
const kernel = input('kernel', 'f64', [2, 2, 3, 3]);
const whole = input('whole', 'i64', [2]);
const flag = input('flag', 'bool', [2, 3]);
const loss = x.square().sum();
const array = ndarray('f64', [[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
const layout = ParameterLayout.of({ x: array });
const program = compiling.compile({ loss });
const executor = runtime.referenceExecutor();
const executable = executor.loadSync(program);
const flat = new Float64Array(6);

/** A function with arguments that it takes; `lax` are the places where null or a bigint is as good as anything. */
interface Call {
  readonly f: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
  readonly lax?: readonly number[];
}

const call = (f: Call['f'], args: readonly unknown[], lax: readonly number[] = []): Call => ({ f, args, lax });

const functions: Record<string, Call> = {
  // Any value is a leaf, and a tree.
  leaves: call(tensors.leaves, [{ a: 1 }, 'p.'], [0, 1]),
  mapTree: call(tensors.mapTree, [{ a: 1 }, () => 0], [0]),
  fromLeaves: call(tensors.fromLeaves, [{ a: 1 }, { 'p.a': 2 }, 'p.'], [2]),
  parameters: call(tensors.parameters, [{ x: array }, 'p.'], [1]),
  'ParameterLayout.of': call(ParameterLayout.of, [{ x: array }]),
  'layout.flat': call((t: never) => layout.flat(t), [{ x: array }]),
  'layout.views': call((t: never, p: never) => layout.views(t, p), [flat, 'p.'], [1]),
  'layout.gather': call((a: never, p: never, i: never) => layout.gather(a, p, i), [{ 'p.x': array }, 'p.', flat], [1]),
  astype: call(tensors.astype, [array, 'f32']),
  ndarray: call(tensors.ndarray, ['f64', [[1, 2]], [2, 1]]),
  toNumbers: call(tensors.toNumbers, [array]),
  zeros: call(tensors.zeros, ['f64', [2]]),
  bytesOf: call(tensors.bytesOf, ['f64']),
  isFloat: call(tensors.isFloat, ['f64'], [0]),
  sizeOf: call(tensors.sizeOf, [[2, 3]]),
  topological: call(tensors.topological, [[x], new Set()]),
  constant: call(tensors.constant, [[1, 2], 'f64']),
  full: call(tensors.full, [1, 'f64', [2]]),
  input: call(tensors.input, ['x', 'f64', [2]]),
  inputName: call(tensors.inputName, [x]),
  generator: call(tensors.generator, [1]),
  where: call(ops.where, [flag, x, 0]),
  concat: call(ops.concat, [[x, x], 0]),
  stack: call(ops.stack, [[x, x], 0]),
  einsum: call(ops.einsum, ['ij,jk->ik', x, w]),
  globalAveragePool: call(ops.globalAveragePool, [image]),
  globalMaxPool: call(ops.globalMaxPool, [image]),
  upsample: call(ops.upsample, [image, [2, 2]]),
  scan: call(ops.scan, [
    ([c]: readonly Tensor[], [s]: readonly Tensor[]) => ({ carry: [c!.add(s!)], y: [s!] }),
    [v],
    [x],
    {},
  ]),
  whileLoop: call(ops.whileLoop, [
    ([c]: readonly Tensor[]) => c!.sum().less(5),
    ([c]: readonly Tensor[]) => [c!.add(1)],
    [v],
    {},
  ]),
  grad: call(autodiff.grad, [loss, x, {}]),
  valueAndGrad: call(autodiff.valueAndGrad, [loss, x, {}]),
  jvp: call(autodiff.jvp, [loss, x, x]),
  vjp: call(autodiff.vjp, [loss, x, loss, {}]),
  linearize: call(autodiff.linearize, [[loss], [x]]),
  hvp: call(autodiff.hvp, [loss, x, x, {}]),
  ggnvp: call(autodiff.ggnvp, [x.square().sum(), x, x, x, {}]),
  hessian: call(autodiff.hessian, [loss, x, {}]),
  ggn: call(autodiff.ggn, [x.square().sum(), x, x]),
  jacobian: call(autodiff.jacobian, [x, x]),
  vmap: call(autodiff.vmap, [(t: Tensor) => t]),
  'vmap(f)': call(
    autodiff.vmap((t: Tensor) => t.square()),
    [x],
  ),
  compile: call(compiling.compile, [{ loss }, {}]),
  costOf: call(compiling.costOf, [[loss]]),
  printGraph: call(compiling.printGraph, [[loss], ''], [1]),
  splitProgram: call(compiling.splitProgram, [program, () => true]),
  verify: call(compiling.verify, [[loss], [x]]),
  referenceExecutor: call(runtime.referenceExecutor, [{}]),
  ortExecutorFrom: call(runtime.ortExecutorFrom, [{ InferenceSession: { create: () => null }, Tensor: class {} }, {}]),
  'executor.load': call((p: never) => executor.load(p), [program]),
  'executor.loadSync': call((p: never) => executor.loadSync(p), [program]),
  'executable.run': call((feeds: never) => executable.run(feeds), [{ x: array }]),
  'executable.runSync': call((feeds: never) => executable.runSync(feeds), [{ x: array }]),
  'executable.bind': call(
    (feeds: never, outputs: never) => executable.bind(feeds, outputs),
    [{ x: array }, { loss: new Float64Array(1) }],
  ),
};

/** Methods of tensors with a tensor and arguments; those that are not here take the matrix x alone, or x and x. */
const methods: Record<string, readonly [Tensor, ...unknown[]]> = {
  at: [x, 0, 1],
  dot: [x, w],
  matmul: [x, w],
  product: [x, w, false, false],
  reshape: [x, [3, 2]],
  transpose: [x, [1, 0]],
  expand: [x, [2, 2, 3]],
  squeeze: [x.unsqueeze(0), [0]],
  unsqueeze: [x, [0]],
  slice: [x, [0], [1], [1]],
  pad: [x, [0, 0], [1, 1], 0],
  concat: [x, [x, x], 0],
  split: [x, 2, 0],
  flip: [x, [0]],
  gather: [x, whole, 0],
  scatterAdd: [x, whole, x, 0],
  oneHot: [whole, 3, 'f64'],
  cumsum: [x, 0, {}],
  argmax: [x, 0],
  argmin: [x, 0],
  softmax: [x, 0],
  logSoftmax: [x, 0],
  conv: [image, kernel, {}],
  convTranspose: [image, kernel, {}],
  convWeight: [image, input('y', 'f64', [1, 2, 2, 2]), { kernel: [3, 3] }],
  maxPool: [image, { window: [2, 2] }],
  averagePool: [image, { window: [2, 2] }],
  cast: [x, 'f32'],
  clip: [x, 0, 1],
  elu: [x, 1],
  gelu: [x, 'tanh'],
  leakyRelu: [x, 0.1],
  where: [flag, x, 0],
  logicalAnd: [flag, flag],
  logicalOr: [flag, flag],
  logicalNot: [flag],
  any: [flag, [0]],
  all: [flag, [0]],
};
const reductions = ['sum', 'mean', 'norm', 'var', 'std', 'max', 'min', 'prod', 'logsumexp'];
const binary = ['add', 'sub', 'mul', 'div', 'pow', 'atan2', 'maximum', 'minimum'];
const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'];

const own = new Set(['constructor', 'toString', 'rank', 'size']);
const names = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => !own.has(name));

function methodCall(name: string): Call {
  const [self, ...args] = methods[name] ?? [
    x,
    ...(reductions.includes(name) ? [[0]] : [...binary, ...comparisons].includes(name) ? [x] : []),
  ];
  const method: unknown = Reflect.get(Tensor.prototype, name);
  if (typeof method !== 'function') throw new Error(`no method ${name}`);
  return call((...given: never[]) => Reflect.apply(method, self, given), args, name === 'product' ? [1, 2] : []);
}

const calls = { ...functions, ...Object.fromEntries(names.map((name) => [`tensor.${name}`, methodCall(name)])) };
const bad: readonly unknown[] = [
  null,
  1n,
  undefined,
  'text',
  {},
  [null],
  Symbol('s'),
  -1.5,
  Number.NaN,
  () => 0,
  new Date(0),
];
const typed = [InputError, ShapeError, DTypeError, DerivativeError];

/** What a call throws, or undefined. */
async function thrown({ f }: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    await Reflect.apply(f, undefined, args);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('bad arguments', () => {
  it('are tried on every function and method that is exported', () => {
    const exported = [tensors, ops, autodiff, compiling, runtime].flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) =>
        typeof value === 'function' && !/^class /.test(Function.prototype.toString.call(value)) ? [name] : [],
      ),
    );
    expect(exported.filter((name) => functions[name] === undefined)).toEqual([]);
    expect(Object.keys(methods).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(Object.entries(calls))('of %s give typed errors', async (_, entry) => {
    expect(await thrown(entry, entry.args)).toBeUndefined();
    for (const [at] of entry.args.entries()) {
      for (const value of bad) {
        const error = await thrown(entry, entry.args.with(at, value));
        const what = `argument ${at} = ${String(value)}: ${error instanceof Error ? error.stack : 'no error'}`;
        if (error !== undefined)
          expect(
            typed.some((Type) => error instanceof Type),
            what,
          ).toBe(true);
        else if (value === null || typeof value === 'bigint') expect(entry.lax, what).toContain(at);
      }
    }
  });

  it('of constants name the value', () => {
    expect(() => constant(JSON.parse('[1, "2"]'), 'f64')).toThrow('got the text "2"');
    expect(() => x.add(JSON.parse('null'))).toThrow('add: needs a tensor, a number or an array of numbers, got null');
  });
});
