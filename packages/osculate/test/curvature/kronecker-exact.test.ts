import { describe, expect, it } from 'vitest';
import { activation, dense, sequential, sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from '../../src/nn/index.js';
import { compareWithGgn, makeCase } from './support.js';

const losses = [squaredError(), squaredError('examples')];

describe('exactness of Kronecker factors', () => {
  it.each(losses)('is the Gauss-Newton block of a deep linear network with a squared error ($name)', async (loss) => {
    const layer = sequential([dense(3, 4), dense(4, 3, { bias: false }), dense(3, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [7, 3], loss }));
    expect(found.map(({ block }) => block.kind)).toEqual(['dense', 'dense', 'dense']);
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it.each([squaredError(), sigmoidCrossEntropy('examples')])('is exact for a single example ($name)', async (loss) => {
    const layer = sequential([dense(3, 4), activation('tanh'), dense(4, 3), activation('sigmoid'), dense(3, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [1, 3], loss }));
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('is exact for a single example with classes', async () => {
    const layer = sequential([dense(3, 4), activation('tanh'), dense(4, 3)]);
    const found = await compareWithGgn(makeCase(layer, { x: [1, 3], loss: softmaxCrossEntropy(), classes: true }));
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('is an approximation for several examples of a network that is not linear', async () => {
    const layer = sequential([dense(3, 4), activation('tanh'), dense(4, 2)]);
    const [first] = await compareWithGgn(makeCase(layer, { x: [7, 3], loss: squaredError() }));
    expect(first!.error).toBeGreaterThan(1e-2);
    expect(first!.error).toBeLessThan(1);
  });
});
