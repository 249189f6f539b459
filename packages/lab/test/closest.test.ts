import { describe, expect, it } from 'vitest';
import { alternatives, closest } from '../src/closest.js';
import { parseContestant } from '../src/contestants.js';
import { problemNamed } from '../src/problems/index.js';

describe('a misspelt name', () => {
  it.each([
    ['adm', 'adam'],
    ['learningrate', 'learningRate'],
    ['lbgfs', 'lbfgs'],
    ['rosenbrok', 'rosenbrock'],
  ])('%s is taken for %s', (name, meant) => {
    expect(closest(name, ['adam', 'learningRate', 'lbfgs', 'rosenbrock', 'newton'])).toBe(meant);
  });

  it('that begins one name is that, one that begins several is left open', () => {
    expect(closest('rosen', ['rosenbrock', 'beale'])).toBe('rosenbrock');
    expect(closest('mnist', ['nist', 'mnist-mlp', 'mnist-cnn'])).toBeUndefined();
  });

  it('that is like nothing is taken for nothing', () => {
    expect(closest('zzzzzz', ['adam', 'newton'])).toBeUndefined();
    expect(alternatives('zzzzzz', ['adam', 'newton'])).toBe('; there are adam, newton');
    expect(alternatives('lr', [])).toBe('; it has none');
  });

  it('is met with the one that was meant', () => {
    expect(() => parseContestant('adm')).toThrow(/no optimizer "adm"; did you mean "adam"\?/);
    expect(() => parseContestant('adam:learningrate=1')).toThrow(/did you mean "learningRate"\?/);
    expect(() => problemNamed('rosenbrok')).toThrow(/did you mean "rosenbrock"\?/);
  });
});
