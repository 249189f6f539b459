import { describe, expect, it } from 'vitest';
import {
  type AnyLayer,
  dense,
  type Layer,
  loadParameters,
  relu,
  residual,
  sequential,
  squaredError,
  tanh,
} from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, input, type NDArray, ndarray, type Tensor, zeros } from '../../src/tensor/index.js';

// What these tests are of is also that they compile, without a cast.

interface Inner {
  readonly gain: NDArray;
  readonly bias?: NDArray;
}

/** Parameters with an interface for a type, which has no index signature, nested, with a list. */
interface Affine {
  readonly inner: Inner;
  readonly rest: readonly Inner[];
}

const affine: Layer<Affine> = {
  init: (_, dtype = 'f32') => ({
    inner: { gain: ndarray(dtype, [2, 3]) },
    rest: [{ gain: ndarray(dtype, [1, 1]), bias: ndarray(dtype, [5, 7]) }],
  }),
  apply: ({ inner, rest: [last] }, x) => x.mul(inner.gain).add(last!.bias!),
};

/** Without a type of its own. */
const halved = {
  init: () => ({ half: ndarray('f64', [0.5]) }),
  apply: ({ half }: { readonly half: Tensor }, x: Tensor) => x.mul(half),
};

const common = {
  executor: referenceExecutor(),
  x: ndarray('f64', [[1, 10]]),
  y: zeros('f64', [1, 2]),
  loss: squaredError(),
};

describe('a layer of one’s own is a plain object', () => {
  it('is the model of an objective', async () => {
    const parameters = affine.init(generator(0), 'f64');
    const objective = supervisedObjective({ ...common, model: affine.apply, parameters });
    expect(objective.layout.slots.map(({ name }) => name)).toEqual(['inner.gain', 'rest.0.gain', 'rest.0.bias']);
    expect(await objective.value(objective.layout.flat(parameters), [0])).toBe((7 ** 2 + 37 ** 2) / 2);
  });

  it('is a part of a sequence, of a residual path and of functions', async () => {
    const net = sequential([affine, residual(affine), (x) => x.mul(2), halved, { ...relu() }]);
    const parameters = net.init(generator(0), 'f64');
    const objective = supervisedObjective({ ...common, model: net.apply, parameters });
    // (7, 37) → x + 2x + 5 and x + 3x + 7.
    expect(await objective.value(objective.layout.flat(parameters), [0])).toBeCloseTo((26 ** 2 + 155 ** 2) / 2, 9);
    const named = sequential({ first: affine, second: tanh(), last: (x) => x.neg() });
    expect(Object.keys(named.init(generator(0)))).toEqual(['first', 'second', 'last']);
  });

  it('has parameters that are loaded by name, in their own type', () => {
    const like = affine.init(generator(0), 'f64');
    const gain = ndarray('f64', [9, 9]);
    const loaded: Affine = loadParameters(like, {
      'inner.gain': gain,
      'rest.0.gain': gain,
      'rest.0.bias': gain,
    });
    expect(loaded.rest[0]!.bias).toBe(gain);
  });

  it('is an AnyLayer where its parameters have a type', () => {
    type Scale = { readonly scale: NDArray };
    const layer: Layer<Scale> = { init: () => ({ scale: zeros('f32', [1]) }), apply: ({ scale }, x) => x.mul(scale) };
    const any: AnyLayer = layer;
    expect(any.apply({ scale: input('s', 'f32', [1]) }, input('x', 'f32', [2, 3])).shape).toEqual([2, 3]);
  });
});

const same = (_: unknown, x: Tensor): Tensor => x;

describe('what is no layer, and parameters that are no arrays', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'null in a sequence',
      () => Reflect.apply(sequential, undefined, [[dense(2, 2), null]]),
      /sequential: layer "1" is not a layer/,
    ],
    ['a layer that was not called', () => Reflect.apply(sequential, undefined, [[{}]]), /layer "0" is not a layer/],
    ['no list', () => Reflect.apply(sequential, undefined, [null]), /sequential: give the layers in a list/],
    ['a bigint', () => Reflect.apply(residual, undefined, [1n]), /residual: the argument is not a layer/],
    ['without apply', () => Reflect.apply(residual, undefined, [{ init: () => ({}) }]), /is not a layer/],
    [
      'numbers for parameters',
      () => sequential([{ init: () => ({ w: [1, 2] }), apply: same }]).init(generator(0)),
      /layer "0": the parameter "w.0" is not an array; make one with ndarray/,
    ],
    [
      'no parameters',
      () => sequential([{ init: () => undefined, apply: same }]).init(generator(0)),
      /must be arrays in objects or lists, got undefined/,
    ],
    [
      'an objective without parameters',
      () => Reflect.apply(supervisedObjective, undefined, [{ ...common, model: tanh().apply }]),
      /objective: the parameters have no names; give them as/,
    ],
    [
      'an objective with numbers for parameters',
      () => Reflect.apply(supervisedObjective, undefined, [{ ...common, model: tanh().apply, parameters: { w: 1 } }]),
      /objective: the parameter "w" is not an array/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });

  it('the types refuse parameters that are no arrays', () => {
    // @ts-expect-error A number is not an array.
    expect(() => supervisedObjective({ ...common, model: (_, x) => x, parameters: { w: 1 } })).toThrow(InputError);
  });
});
