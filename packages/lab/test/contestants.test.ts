import { describe, expect, it } from 'vitest';
import { defaultContestants, parseContestant, parseContestants } from '../src/contestants.js';
import { problemNamed } from '../src/problems/index.js';

describe('contestants', () => {
  it('reads names and settings', () => {
    expect(parseContestants(defaultContestants).map((c) => c.title)).toEqual([
      'Adam',
      'SGD with Nesterov momentum',
      'Hessian-free (Martens 2010)',
    ]);
    const { title, settings } = parseContestant('adam:learningRate=0.01');
    expect(settings).toEqual({ learningRate: 0.01, batchSize: 200 });
    expect(title).toBe('Adam (learningRate=0.01)');
  });
  it.each([
    ['adma', /no optimizer "adma"; there are adam, nesterov, hessian-free/],
    ['constructor', /no optimizer/],
    ['adam:rate=1', /no setting "rate"; there are learningRate, batchSize/],
    ['adam:learningRate=fast', /must be a number, got "fast"/],
    ['adam:learningRate=', /must be a number/],
  ])('refuses %s', (spec, message) => expect(() => parseContestant(spec)).toThrow(message));
  it('refuses a contestant named twice', () => expect(() => parseContestants('adam,adam')).toThrow(/named twice/));
  it('refuses an unknown problem', () => expect(() => problemNamed('mnist')).toThrow(/there are autoencoder/));
});
