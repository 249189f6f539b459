import { afterAll, expect, it, vi } from 'vitest';
import type { Objective } from '../../src/objective/index.js';
import * as compiled from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';

afterAll(() => vi.unstubAllGlobals());

const elements = 9001;

/** States after some steps on f(θ) = Σ cᵢ(θᵢ − tᵢ)² in floats, with noise in the gradient and zeros in places. */
async function run(optim: typeof compiled, make: (optim: typeof compiled) => compiled.Optimizer) {
  const random = generator(3);
  const vector = () => Float32Array.from({ length: elements }, () => random.normal());
  const [start, target, scale] = [vector(), vector(), vector()];
  const objective = {
    layout: { slots: [{ name: 'w', shape: [elements], offset: 0, size: elements }], size: elements },
    rows: 1000,
    valueAndGradient: async (at: Float32Array) => {
      const gradient = at.map((p, i) => (i % 5 === 0 ? 0 : Math.exp(scale[i]! * 4) * (p - target[i]!)));
      return { value: 1, gradient };
    },
  } as unknown as Objective;
  const optimizer = make(optim);
  let state = optimizer.init(objective, start.slice());
  for (let i = 0; i < 4; i++) state = (await optimizer.step(state, { objective, generator: random })).state;
  return state;
}

const methods: Record<string, (o: typeof compiled) => compiled.Optimizer> = {
  adam: (o) => o.adam(),
  'adam with coupled decay': (o) => o.adam({ weightDecay: 0.1, clipNorm: 3 }),
  adamw: (o) => o.adamW({ weightDecay: 0.1 }),
  nadam: (o) => o.nadam({ weightDecay: 0.1 }),
  rmsprop: (o) => o.rmsprop({ momentum: 0.9, weightDecay: 0.1 }),
  adagrad: (o) => o.adagrad({ weightDecay: 0.1 }),
};

it.each(Object.keys(methods))(
  '%s: compiled kernels and plain loops end in the same state, bit for bit',
  async (name) => {
    const make = methods[name]!;
    const fast = await run(compiled, make);
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const plain = await run(await import('../../src/optim/index.js'), make);
    vi.unstubAllGlobals();
    expect(fast.step).toBe(4);
    expect(fast).toStrictEqual(plain);
    expect(fast.parameters.every(Number.isFinite)).toBe(true);
  },
);
