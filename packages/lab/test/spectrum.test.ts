import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { curvatureOperator } from 'osculate/curvature';
import { writeSafetensors } from 'osculate/data';
import { dense, sequential, softmaxCrossEntropy, tanh } from 'osculate/nn';
import { hessianMatrix } from 'osculate/objective';
import { referenceExecutor } from 'osculate/runtime';
import { type NDArray, ndarray, ParameterLayout } from 'osculate/tensor';
import { describe, expect, it } from 'vitest';
import type { SpectrumSettings } from '../src/analysis/spectrum.js';
import { analysisTarget, filterAxesOf, type TargetOptions, withObjective } from '../src/analysis/target.js';
import { type SpectrumOptions, spectrum } from '../src/commands/spectrum.js';
import { objectiveOn } from '../src/problems/objective-on.js';
import type { Spectrum } from '../src/spectrum.js';
import { UsageError } from '../src/usage-error.js';
import { accident, recordedStreams, small, smallTarget, testFolder } from './analysis-support.js';
import { classifier, groups, sizes, writeArrays, writeModel } from './train-files.js';

describe('osculate spectrum', () => {
  const file = testFolder();
  const options = (change: Partial<SpectrumSettings>) => ({
    ...recordedStreams(),
    target: smallTarget,
    settings: { matrix: 'ggn' as const, count: 2, probes: 2, steps: 4, seed: 0, ...change },
    threads: 2,
    json: false,
  });

  /** Runs the command and takes what it prints. */
  async function run(settings: Partial<SpectrumSettings>, change: Partial<SpectrumOptions> = {}) {
    const { printed, ...rest } = options(settings);
    const status = await spectrum({ ...rest, ...change }, small);
    return { status, ...printed };
  }

  it('prints JSON with eigenvalues, totals and density', async () => {
    const { status, stdout, stderr } = await run({ matrix: 'hessian', count: 1 }, { json: true });
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const result = JSON.parse(stdout) as Spectrum;
    expect(result.matrix).toBe('Hessian');
    expect(result.ends.map(({ which }) => which)).toEqual(['largest', 'smallest']);
    const [largest, smallest] = result.ends.map(({ values }) => values[0]!);
    expect(largest).toBeGreaterThan(0);
    expect(smallest).toBeLessThan(0);
    expect(result.squares.value).toBeGreaterThan(0);
    expect(result.applications).toBe(result.ends.reduce((sum, { applications }) => sum + applications, 8));
    expect(result.density.points).toHaveLength(401);
  });

  it('prints a table and writes a page', async () => {
    const html = file('page.html');
    const { status, stdout, stderr } = await run({}, { html });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^GGN of small at its initial point, over 12 examples: 66 × 66; \d/);
    expect(stdout).toMatch(/largest 2 +\d.* converged/);
    expect(stdout).toMatch(/λ \(trace\) +\d/);
    expect(stderr).toMatch(/^report: .*page\.html\n$/);
    const page = readFileSync(html, 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).toContain('Eigenvalues of the GGN');
    expect(page).not.toMatch(accident);
  });

  it('rejects what makes no sense', async () => {
    const of = (target: Partial<TargetOptions>) => run({}, { target: { ...smallTarget, ...target } });
    await expect(spectrum({ ...options({}), target: { ...smallTarget, problem: 'nothing' } })).rejects.toThrow(
      UsageError,
    );
    await expect(of({ rows: 0 })).rejects.toThrow('--rows is 0; it must be at least 1');
    await expect(run({ probes: 1 })).rejects.toThrow('--probes is 1');
    await expect(of({ rows: 10_000_000 })).rejects.toThrow(/training examples/);
  });
});

describe('the target of an analysis', () => {
  const file = testFolder();
  const onnx = (change: Partial<TargetOptions> = {}): TargetOptions => ({
    ...smallTarget,
    rows: 30,
    model: writeModel(dirname(file('m')), 'model.onnx', classifier()),
    data: [writeArrays(dirname(file('d')), 'data.npz', groups(40))],
    output: 'z',
    loss: 'softmax',
    ...change,
  });

  it('is an ONNX model with data: its Hessian is that of the same network made of layers', async () => {
    const target = await analysisTarget(onnx());
    expect(target.info).toMatchObject({ name: 'model.onnx', point: 'the weights in its file' });
    const trace = await withObjective(target, 1, async (at) => {
      expect(at.objective.rows).toBe(30);
      expect(filterAxesOf(at.objective)).toMatchObject({ w1: 1, w2: 1, b1: null, b2: null });
      return curvatureOperator(at, hessianMatrix).trace();
    });
    const { inputs, hidden, classes } = sizes;
    const layer = sequential([dense(inputs, hidden), tanh(), dense(hidden, classes)]);
    const turned = (a: NDArray): NDArray => {
      const [m, n] = a.shape as [number, number];
      const data = Float32Array.from({ length: m * n }, (_, i) => Number(a.data[(i % m) * n + Math.floor(i / m)]));
      return { dtype: 'f32', shape: [n, m], data };
    };
    const { w1, b1, w2, b2 } = target.parameters as Record<string, NDArray>;
    const same = {
      model: layer.apply,
      loss: softmaxCrossEntropy(),
      parameters: { '0': { weight: turned(w1!), bias: b1! }, '1': {}, '2': { weight: turned(w2!), bias: b2! } },
    };
    const objective = objectiveOn(referenceExecutor(), same, target.examples);
    const at = objective.at(objective.layout.flat(same.parameters));
    expect(trace / (await curvatureOperator(at, hessianMatrix).trace())).toBeCloseTo(1, 4);
  });

  it('is at the parameters of a checkpoint, by name or as a run saves it', async () => {
    const start = await analysisTarget(smallTarget, small);
    const layout = ParameterLayout.of(start.parameters);
    const flat = Float32Array.from({ length: layout.size }, (_, i) => i / 100);
    const named = file('named.safetensors');
    writeFileSync(named, writeSafetensors(layout.views(flat)));
    const saved = file('checkpoint.safetensors');
    writeFileSync(saved, writeSafetensors({ 'state.parameters': { dtype: 'f32', shape: [flat.length], data: flat } }));
    for (const checkpoint of [named, saved]) {
      const { parameters, info } = await analysisTarget({ ...smallTarget, checkpoint }, small);
      expect(layout.flat(parameters)).toEqual(flat);
      expect(info.point).toBe(basename(checkpoint));
    }
  });

  it('says what is wrong with a checkpoint or a model', async () => {
    const at = (checkpoint: string) => analysisTarget({ ...smallTarget, checkpoint }, small);
    await expect(at(file('none'))).rejects.toThrow(/none cannot be read/);
    const other = file('other.safetensors');
    writeFileSync(other, writeSafetensors({ 'state.parameters': ndarray('f32', [1, 2], [2]) }));
    await expect(at(other)).rejects.toThrow('the checkpoint has 2 parameters and this model 66');
    writeFileSync(other, writeSafetensors({ a: ndarray('f32', [1, 2], [2]) }));
    await expect(at(other)).rejects.toThrow('there is no tensor "0.weight"; the file holds a');
    writeFileSync(other, writeSafetensors({ '0.weight': ndarray('f32', [1, 2], [2]) }));
    await expect(at(other)).rejects.toThrow('"0.weight" has shape [2], the parameter [7, 5]');
    writeFileSync(other, 'x');
    await expect(at(other)).rejects.toThrow(UsageError);
    await expect(analysisTarget(onnx({ data: [] }))).rejects.toThrow('--model needs --data');
  });
});
