import { describe, expect, it } from 'vitest';
import { families, problemNamed } from '../../src/problems/index.js';

describe('names of problems', () => {
  it('all families have one line and make a problem of the default settings', () => {
    expect(families.length).toBeGreaterThan(15);
    for (const { name, summary, make, settings, argument } of families) {
      expect(summary).toMatch(/\S/);
      if (argument) continue;
      const problem = make(name, '', settings);
      expect(problem.name).toBe(name);
      expect(problem.measures[0]!.key).toBe('loss');
      if (problem.target) expect(problem.measures.map(({ key }) => key)).toContain(problem.target.measure);
    }
  });

  it.each([
    ['mnist', /there is no problem "mnist"; there are rosenbrock/],
    ['quadratic', /needs a condition: quadratic:1e6, say/],
    ['quadratic:size=3', /needs a condition/],
    ['quadratic:1e12', /must be a number from 1 to 1e10/],
    ['quadratic:10:size=1', /size must be 2 to 1000/],
    ['mgh:36', /numbered 1 to 35/],
    ['nist:Misra', /there are Bennett5/],
    ['nist:Misra1a:start=3', /start must be 1/],
    ['mnist-mlp:width=3', /no setting "width"; there are rows, hidden/],
    ['mnist-mlp:hidden=2.5', /hidden is 2.5; it must be a whole number/],
    ['mnist-mlp:hidden=many', /must be a number, got "many"/],
    ['adding:rows=0', /say how many/],
    ['adding:length=1', /at least 2/],
    ['adding:cell=gru', /cell must be lstm or rnn/],
    ['moby-transformer:heads=3', /multiple of heads/],
    ['autoencoder:scale=100', /scale must be/],
    ['onnx', /needs a model.onnx/],
    ['onnx:a.onnx', /say where the data are/],
    ['onnx:a.onnx:data=b.npz:loss=huber', /loss must be/],
  ])('%s is refused', (name, message) => expect(() => problemNamed(name)).toThrow(message));
});
