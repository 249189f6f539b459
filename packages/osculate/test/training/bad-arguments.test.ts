import { beforeAll, describe, expect, it } from 'vitest';
import { dense, sequential, softmaxCrossEntropy, squaredError, tanh } from '../../src/nn/index.js';
import { adam } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { DTypeError, InputError, ShapeError } from '../../src/tensor/index.js';
import { fitModel, type ModelRun } from '../../src/training/index.js';

const x = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
];
const net = sequential([dense(2, 3), tanh(), dense(3, 2)]);
const good = {
  ...{ x, y: [0, 1, 0, 1], loss: softmaxCrossEntropy(), optimizer: adam(), epochs: 1, validation: 0.25 },
  ...{ earlyStopping: true, seed: 1, executor: referenceExecutor(), progress: false, weightDecay: 0.1, chunk: 3 },
};
/** Values that are wrong nearly everywhere. */
const odd: readonly unknown[] = [null, Number.NaN, -1, 1n, 'text', [], {}, [null], [undefined], Symbol('s'), () => 0];

async function expectTyped(call: () => Promise<unknown>, what: string): Promise<void> {
  try {
    await call();
  } catch (error) {
    const typed = [InputError, ShapeError, DTypeError].some((kind) => error instanceof kind);
    expect(typed, `${what}: ${error instanceof Error ? error.stack : String(error)}`).toBe(true);
  }
}

describe('bad arguments are typed errors or taken', () => {
  it.each(Object.keys(good))('of fitModel: %s', async (name) => {
    for (const value of odd) {
      await expectTyped(() => fitModel(net, { ...good, [name]: value } as never), `${name} = ${String(value)}`);
    }
  });

  it('of fitModel: a missing one', async () => {
    for (const name of ['x', 'y', 'loss']) {
      const { [name as 'x']: _, ...rest } = good;
      await expect(fitModel(net, rest as never)).rejects.toBeInstanceOf(InputError);
    }
    await expect(fitModel(net, undefined as never)).rejects.toBeInstanceOf(InputError);
    for (const model of odd) await expect(fitModel(model as never, good)).rejects.toBeInstanceOf(InputError);
  });

  let run: ModelRun;
  beforeAll(async () => {
    run = await fitModel(net, good);
  });

  it('of a run', async () => {
    for (const value of [...odd, [[1, 2, 3]], [[1, 2], [3]], 7, { x }, { a: x }, new Float32Array(3)]) {
      await expectTyped(() => run.predict(value as never), `predict(${String(value)})`);
      await expectTyped(() => run.evaluate(value as never), `evaluate(${String(value)})`);
      await expectTyped(() => run.evaluate({ x: value, y: value } as never), `evaluate(x = ${String(value)})`);
    }
    for (const path of ['net.txt', '', null]) await expect(run.save(path as never)).rejects.toBeInstanceOf(InputError);
    for (const bytes of [new Uint8Array(0), new Uint8Array(100), Uint8Array.from(run.checkpoint().subarray(0, 200))]) {
      await expect(fitModel(net, { ...good, resume: bytes })).rejects.toBeInstanceOf(InputError);
    }
    await expect(
      fitModel(sequential([dense(2, 4), dense(4, 2)]), { ...good, resume: run.checkpoint() }),
    ).rejects.toBeInstanceOf(InputError);
  });

  it.each<[string, object, RegExp]>([
    ['a misspelt option', { epoch: 3 }, /no option "epoch"; the options are loss,.* epochs/],
    ['NaN in the data', { x: [[Number.NaN, 1], ...x.slice(1)] }, /x .* NaN in row 0, element 0/],
    ['text in the data', { x: [['a', 'b']] }, /x is a list of the text "a"/],
    ['class numbers that are not whole', { y: [0, 0.5, 1, 1] }, /class numbers are whole/],
    ['a setting of early stopping', { earlyStopping: { patence: 3 } }, /no option "patence"/],
    ['a layer that was not called', { model: sequential([dense(2, 2), tanh as never]) }, /tanh returned .* is called/],
  ])('of fitModel say what to do: %s', async (_, { model = net, ...change }: { model?: typeof net }, message) => {
    await expect(fitModel(model, { ...good, ...change } as never)).rejects.toThrow(message);
  });

  it('of predict say what the model was trained on', async () => {
    await expect(run.predict([1, 2])).rejects.toThrow(/give rows of shape \[2\]/);
    await expect(run.predict([[1, 2, 3]])).rejects.toThrow('rows of "x" are [3], and the model was trained on [2]');
    await expect(fitModel(net, { ...good, resume: 'nowhere.safetensors' })).rejects.toThrow(
      /there is no file "nowhere/,
    );
  });

  it('numbers may be a plain list for a model with one output', async () => {
    const options = { x, y: [0, 1, 2, 3], loss: squaredError(), executor: referenceExecutor(), epochs: 200 };
    const fitted = await fitModel(sequential([dense(2, 1)]), { ...options, optimizer: adam({ learningRate: 0.1 }) });
    // What is left of y is along v = (−1, −1, 1, 1), orthogonal to x₀, x₁ and 1: (v·y)²/‖v‖² = 4, a mean of 1.
    expect((await fitted.evaluate({ x, y: [0, 1, 2, 3] })).loss).toBeCloseTo(1, 4);
    expect((await fitted.predict(x)).shape).toEqual([4, 1]);
  });

  it('of targets that the loss cannot take', async () => {
    await expect(fitModel(net, { ...good, y: [0, 1, 2, 7] })).rejects.toThrow(/class number from 0 to 1/);
    await expect(fitModel(net, { ...good, y: [[1], [2]], loss: squaredError() })).rejects.toThrow(/rows/);
  });
});
