import { dense, sequential, squaredError, tanh } from 'osculate/nn';
import { referenceExecutor } from 'osculate/runtime';
import { generator, ndarray } from 'osculate/tensor';
import { describe, expect, it } from 'vitest';
import { optimizerNames, parseContestant, parseContestants } from '../src/contestants.js';
import { problemNamed } from '../src/problems/index.js';
import { objectiveOn } from '../src/problems/objective-on.js';

describe('contestants', () => {
  it('reads names and settings', () => {
    expect(parseContestants(problemNamed('autoencoder').optimizers.join(',')).map((c) => c.title)).toEqual([
      'Adam',
      'SGD with Nesterov momentum',
      'Hessian-free (Martens 2010) (gradientRows=1000)',
      'K-FAC (Martens and Grosse 2015)',
    ]);
    const { title, settings } = parseContestant('adam:learningRate=0.01');
    expect(settings).toEqual({ learningRate: 0.01, batchSize: 128 });
    expect(title).toBe('Adam (learningRate=0.01)');
  });
  it('makes an optimizer of every name, with its settings', () => {
    const layer = sequential([dense(3, 2), tanh(), dense(2, 2)]);
    const data = { x: ndarray('f32', [[1, 2, 3]]), y: ndarray('f32', [[1, 2]]) };
    const problem = { parameters: layer.init(generator(0)), model: layer.apply, loss: squaredError() };
    const objective = objectiveOn(referenceExecutor(), problem, data);
    expect(optimizerNames.length).toBeGreaterThan(10);
    for (const name of optimizerNames) {
      const { make, settings } = parseContestant(name);
      const made = make();
      for (const [key, value] of Object.entries(settings))
        expect([name, key, made.settings[key]]).toEqual([name, key, value]);
      expect(made.init(objective, new Float32Array(14)).step).toBe(0);
    }
  });
  it.each([
    ['adma', /no optimizer "adma"; did you mean "adam"\? There are adam, adamw, nadam/],
    ['constructor', /no optimizer/],
    ['adam:rate=1', /no setting "rate"; there are learningRate, batchSize/],
    ['adam:learningRate=fast', /must be a number, got "fast"/],
    ['adam:learningRate=', /must be a number/],
    ['adam:learningRate=1:learningRate=2', /given twice/],
    ['newton:radius=1', /no setting "radius"; it has none/],
  ])('refuses %s', (spec, message) => expect(() => parseContestant(spec)).toThrow(message));
  it('refuses a contestant named twice', () => expect(() => parseContestants('adam,adam')).toThrow(/named twice/));
  it('refuses an unknown problem', () => expect(() => problemNamed('mnist')).toThrow(/there are rosenbrock, beale/));
});
