import { expect, it } from 'vitest';
import { ascentSharpness, curvatureOperator, sharpness } from '../../../src/curvature/index.js';
import { euclideanNorm } from '../../../src/linalg/index.js';
import { type AnyLayer, dense, relu, sequential, squaredError, tanh } from '../../../src/nn/index.js';
import { gaussNewtonMatrix } from '../../../src/objective/matrices.js';
import { generator, InputError, type NDArray, ndarray } from '../../../src/tensor/index.js';
import { pointOf, rowGradients, smallModel, wholeBatch } from '../operators/support.js';

const options = smallModel({
  layer: sequential([dense(3, 4), tanh(), dense(4, 2)]),
  loss: squaredError(),
  x: [6, 3],
  y: [6, 2],
});
const model = pointOf({ ...options, chunk: 4 });

const lossAt = async (flat: Float64Array): Promise<number> => {
  const parameters = model.objective.layout.views(flat as never);
  const first = { weight: parameters['0.weight'], bias: parameters['0.bias'] };
  const last = { weight: parameters['2.weight'], bias: parameters['2.bias'] };
  const moved = { ...options, parameters: [first, [], last] as never };
  return (await wholeBatch(moved, ({ loss }) => loss.reshape([1, 1]))).data[0]!;
};

it('one step goes to the edge of the ball along the gradient', async () => {
  const found = await ascentSharpness(model, { radius: 0.1 });
  const rows = await rowGradients(options);
  const gradient = rows[0]!.map((_, i) => rows.reduce((sum, g) => sum + g[i]! / 6, 0));
  const size = euclideanNorm(gradient);
  const point = Float64Array.from(model.parameters);
  found.displacement.forEach((e, i) => void expect(e).toBeCloseTo((0.1 * gradient[i]!) / size, 12));
  const above = await lossAt(point.map((p, i) => p + (0.1 * gradient[i]!) / size));
  expect(found.loss).toBeCloseTo(await lossAt(point), 12);
  expect(found.value).toBeCloseTo(above - found.loss, 12);
  expect(found.gradients).toBe(1);
});

it('more steps find no less, within the ball', async () => {
  const one = await ascentSharpness(model, { radius: 0.5 });
  const many = await ascentSharpness(model, { radius: 0.5, steps: 20 });
  expect(many.value).toBeGreaterThan(one.value);
  expect(euclideanNorm(many.displacement)).toBeLessThanOrEqual(0.5 * (1 + 1e-12));
  expect(many.gradients).toBe(20);
});

it('adaptive: does not change when a scale moves from one layer to the next', async () => {
  const layer: AnyLayer = sequential([dense(3, 4, { bias: false }), relu(), dense(4, 2, { bias: false })]);
  const plain = smallModel({ layer, loss: squaredError(), x: [6, 3], y: [6, 2] });
  const [first, , last] = plain.parameters as unknown as [{ weight: NDArray }, unknown, { weight: NDArray }];
  const times = ({ weight }: { weight: NDArray }, factor: number) => ({
    weight: ndarray(
      'f64',
      (weight.data as Float64Array).map((w) => w * factor),
      weight.shape,
    ),
  });
  const scaled = { ...plain, parameters: [times(first, 5), [], times(last, 1 / 5)] as never };
  const value = async (given: typeof plain, adaptive: boolean) =>
    (await ascentSharpness(pointOf(given), { adaptive, radius: 0.2, steps: 3 })).value;
  expect(await value(scaled, true)).toBeCloseTo(await value(plain, true), 10);
  expect(Math.abs((await value(scaled, false)) - (await value(plain, false)))).toBeGreaterThan(1e-3);
});

it('of a quadratic on a large ball goes towards half of λmax ρ², never beyond', async () => {
  const linear = smallModel({ layer: dense(3, 1), loss: squaredError(), x: [9, 3], y: [9, 1] });
  const quadratic = pointOf(linear);
  const { value: largest } = await sharpness(curvatureOperator(quadratic, gaussNewtonMatrix), {
    generator: generator(1),
  });
  // A radius so large that the slope at the centre is nothing.
  const share = async (steps: number): Promise<number> =>
    (await ascentSharpness(quadratic, { radius: 1e6, steps })).value / (0.5 * largest * 1e12);
  const [one, many] = [await share(1), await share(60)];
  expect(many).toBeGreaterThan(0.95);
  expect(many).toBeGreaterThan(one);
  expect(many).toBeLessThan(1 + 1e-5);
});

it('says what is wrong', async () => {
  await expect(ascentSharpness(model, { radius: 0 })).rejects.toThrow(/radius must be a finite number > 0, got 0/);
  await expect(ascentSharpness(model, { steps: 0 })).rejects.toThrow(/steps must be an integer ≥ 1, got 0/);
  const blind = pointOf({
    ...options,
    model: ((w: never, x: never, context: never) => options.model(w, x, context).mul(0)) as never,
  });
  await expect(ascentSharpness(blind)).rejects.toThrow(InputError);
});
