import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { writeNpy } from 'osculate/data';
import { importOnnx } from 'osculate/import';
import { graphOf, type ModelProto, model, node, valueInfo } from 'osculate/onnx';
import { leaves, type NDArray, ndarray } from 'osculate/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addInspect } from '../src/command-line/inspect.js';
import { addTrain } from '../src/command-line/train.js';
import type { TrainResult } from '../src/commands/train/result.js';
import { type TrainOptions, trainCommand } from '../src/commands/train/train.js';
import { UsageError } from '../src/usage-error.js';
import { classifier, groups, normal, sizes, trainOptions, writeArrays, writeModel } from './train-files.js';

describe('osculate train', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-train-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const inFolder = (name: string): string => join(folder, name);

  /** Runs the command and takes what it prints. */
  async function run(change: Partial<TrainOptions>, without: readonly (keyof TrainOptions)[] = []) {
    const printed = { stdout: '', stderr: '' };
    const terminal = (name: 'stdout' | 'stderr') => ({
      isTTY: false,
      write: (text: string) => {
        printed[name] += text;
        return true;
      },
    });
    const all = trainOptions(folder, { stdout: terminal('stdout'), stderr: terminal('stderr'), ...change });
    const options = Object.fromEntries(
      Object.entries(all).filter(([key]) => !without.includes(key as keyof TrainOptions)),
    );
    const status = await trainCommand(options as unknown as TrainOptions);
    return { status, ...printed };
  }

  const weightsOf = (name: string): Record<string, NDArray> => {
    const { parameters } = importOnnx(new Uint8Array(readFileSync(inFolder(name))), { dimensions: { batch: 1 } });
    return Object.fromEntries(leaves<NDArray>(parameters));
  };

  it('lowers the loss; plain ONNX Runtime computes the trained outputs from the written file', async () => {
    const { status, stdout, stderr } = await run({ validation: '0.2', lr: 0.05 });
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout) as TrainResult;
    expect(result.rows).toEqual({ train: 48, validation: 12 });
    const [first, last] = [result.points[0]!, result.points.at(-1)!];
    expect(last.step).toBe(40);
    expect(last.values.trainLoss!).toBeLessThan(0.5 * first.values.trainLoss!);
    expect(last.values.validationError!).toBeLessThan(0.4);
    const session = await InferenceSession.create(inFolder('trained.onnx'));
    const { x } = groups(7, 99);
    const { p } = await session.run({ x: new RuntimeTensor('float32', x.data, x.shape) });
    const w = weightsOf('trained.onnx');
    expect(w.w1!.data).not.toEqual(weightsOf('m.onnx').w1!.data);
    const at = (name: string, i: number): number => Number(w[name]!.data[i]);
    for (let r = 0; r < 7; r++) {
      const h = Array.from({ length: sizes.hidden }, (_, j) => {
        let sum = at('b1', j);
        for (let i = 0; i < sizes.inputs; i++) sum += x.data[r * sizes.inputs + i]! * at('w1', i * sizes.hidden + j);
        return Math.tanh(sum);
      });
      const e = Array.from({ length: sizes.classes }, (_, k) =>
        Math.exp(h.reduce((sum, v, j) => sum + v * at('w2', j * sizes.classes + k), at('b2', k))),
      );
      const total = e.reduce((a, b) => a + b);
      e.forEach((v, k) => {
        expect(Number(p!.data[r * sizes.classes + k])).toBeCloseTo(v / total, 5);
      });
    }
    expect(existsSync(inFolder('trained.onnx.checkpoint/checkpoint.safetensors'))).toBe(false);
  });

  it('prints a table and writes a page with both curves', async () => {
    const html = inFolder('r.html');
    const { status, stdout, stderr } = await run({
      optimizer: 'kfac',
      steps: 15,
      damping: 0.1,
      validation: '0.2',
      json: false,
      html,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/51 parameters on 48 examples, 12 held out/);
    const [start, end] = ['start', 'end'].map((name) =>
      Number(new RegExp(`^${name} +\\d+ +[\\d.]+ +([\\d.]+)`, 'm').exec(stdout)![1]),
    );
    expect(end).toBeLessThan(0.8 * start!);
    expect(stdout).toMatch(/written: .*trained\.onnx/);
    expect(stderr).toMatch(/^report: /);
    const text = readFileSync(html, 'utf8');
    expect(text.match(/<svg/g)).toHaveLength(2);
    expect(text.match(/aria-description="(training|validation)"/g)).toHaveLength(4);
    expect(text).toContain('K-FAC');
  });

  it('trains only what is asked for', async () => {
    await run({ freeze: /^b|w1/, steps: 5 });
    const [before, after] = [weightsOf('m.onnx'), weightsOf('trained.onnx')];
    const changed = Object.keys(before).filter((name) => before[name]!.data.some((v, i) => v !== after[name]!.data[i]));
    expect(changed).toEqual(['w2']);
  });

  it('takes the columns of a table, validates on another, and follows a schedule', async () => {
    const rows = (from: number, to: number): string =>
      Array.from(
        { length: to - from },
        (_, i) => `${i + from},${(3 * (i + from)) % 7},${(i + from) / 10 + ((3 * (i + from)) % 7)}`,
      ).join('\n');
    writeFileSync(inFolder('d.csv'), `a,b,y\n${rows(0, 20)}\n`);
    writeFileSync(inFolder('v.csv'), `a,b,y\n${rows(20, 25)}\n`);
    const linear = model(
      graphOf({
        nodes: [node('MatMul', ['x', 'w'], ['z'])],
        inputs: [valueInfo('x', 'f32', [null, 2])],
        outputs: [valueInfo('z', 'f32', [null, 1])],
        initializers: { w: ndarray('f32', [[0], [0]]) },
      }),
    );
    const change = {
      file: writeModel(folder, 'l.onnx', linear),
      data: [inFolder('d.csv')],
      validation: inFolder('v.csv'),
    };
    const { stdout } = await run({ ...change, loss: 'squared', lr: 0.1, batch: 20, steps: 400, schedule: 'cosine' }, [
      'output',
    ]);
    const result = JSON.parse(stdout) as TrainResult;
    expect(result.rows).toEqual({ train: 20, validation: 5 });
    expect(result.settings.schedule).toMatch(/^cosine\(400/);
    const [a, b] = Array.from(weightsOf2('trained.onnx'));
    expect(a).toBeCloseTo(0.1, 2);
    expect(b).toBeCloseTo(1, 2);
  });

  const weightsOf2 = (name: string): Float32Array => {
    const imported = importOnnx(new Uint8Array(readFileSync(inFolder(name))), { inputShapes: { x: [1, 2] } });
    return leaves<NDArray>(imported.parameters)[0]![1].data as Float32Array;
  };

  /** The classifier for so many examples at a time, and only so. */
  function fixedBatch(rows: number): ModelProto {
    const open = classifier();
    const [gemm, ...rest] = open.graph!.node;
    const fix = node('Reshape', ['x', 'shape'], ['r']);
    const first = { ...gemm!, input: ['r', ...gemm!.input.slice(1)] };
    const parts = graphOf({
      nodes: [fix, first, ...rest],
      inputs: [valueInfo('x', 'f32', [rows, sizes.inputs])],
      outputs: [valueInfo('p', 'f32', [rows, sizes.classes])],
      initializers: { shape: ndarray('i64', [rows, sizes.inputs], [2]) },
    });
    return model({ ...parts, initializer: [...parts.initializer, ...open.graph!.initializer] });
  }

  it.each([1, 2, 3, 5, 7, 8, 35])('trains a file of a fixed batch of %i as it does one of any batch', async (rows) => {
    const settings = { optimizer: 'sgd', lr: 0.1, steps: 20 };
    await run(settings);
    const open = weightsOf('trained.onnx');
    await run({ ...settings, file: writeModel(folder, 'fixed.onnx', fixedBatch(rows)) });
    const fixed = weightsOf('trained.onnx');
    for (const name of ['w1', 'b1', 'w2', 'b2'])
      fixed[name]!.data.forEach((v, i) => {
        expect(Math.abs(Number(v) - Number(open[name]!.data[i]))).toBeLessThan(1e-5);
      });
  });

  it('feeds several inputs, of whole numbers too, from arrays by name, and fixed ones from --value', async () => {
    const proto = model(
      graphOf({
        nodes: [
          node('Gather', ['table', 'ids'], ['e']),
          node('Concat', ['e', 'x', 'state'], ['c'], { axis: 1 }),
          node('MatMul', ['c', 'w'], ['z']),
        ],
        inputs: [valueInfo('ids', 'i64', ['n']), valueInfo('x', 'f32', ['n', 2]), valueInfo('state', 'f32', ['n', 1])],
        outputs: [valueInfo('z', 'f32', ['n', 1])],
        initializers: { table: normal([5, 3], 1), w: normal([6, 1], 2) },
      }),
    );
    const rows = 30;
    const ids = ndarray(
      'i64',
      Array.from({ length: rows }, (_, i) => i % 5),
      [rows],
    );
    const y = { ...ids, dtype: 'f32' as const, data: Float32Array.from(ids.data, Number) };
    for (const [name, array] of Object.entries({ ids, x: normal([rows, 2], 3), y }))
      writeFileSync(inFolder(`${name}.npy`), writeNpy(array));
    const data = ['ids', 'x', 'y'].map((name) => `${name}=${inFolder(`${name}.npy`)}`);
    const change = { file: writeModel(folder, 'e.onnx', proto), data, values: { state: 1 }, lr: 0.05, steps: 200 };
    const { points } = JSON.parse((await run({ ...change, loss: 'squared' }, ['output'])).stdout) as TrainResult;
    expect(points.at(-1)!.values.trainLoss!).toBeLessThan(0.02 * points[0]!.values.trainLoss!);
  });

  it('takes MNIST in the shape that the model has', async () => {
    const proto = model(
      graphOf({
        nodes: [node('Flatten', ['x'], ['f']), node('Gemm', ['f', 'w', 'b'], ['z'])],
        inputs: [valueInfo('x', 'f32', ['n', 1, 28, 28])],
        outputs: [valueInfo('z', 'f32', ['n', 10])],
        initializers: { w: normal([784, 10], 1, 0.01), b: normal([10], 2, 0.01) },
      }),
    );
    const change = { file: writeModel(folder, 'n.onnx', proto), data: ['mnist'], executor: 'onnxruntime' } as const;
    const { rows, points } = JSON.parse((await run({ ...change, lr: 0.01, steps: 30 })).stdout) as TrainResult;
    expect(rows).toEqual({ train: 8000, validation: 2000 });
    expect(points.at(-1)!.values.validationError!).toBeLessThan(0.3);
  });

  it('interrupted, it saves; it goes on exactly, and only as the same run', async () => {
    const controller = new AbortController();
    let shown = '';
    const stderr = {
      isTTY: true,
      write: (text: string) => {
        shown += text;
        if (text.includes('step')) controller.abort();
      },
    };
    expect(await trainCommand(trainOptions(folder, { signal: controller.signal, stderr }))).toBe(130);
    expect(shown).toMatch(/Adam.* {2}step 1\/40 {2}0:00 {2}loss/);
    expect(shown).toMatch(/interrupted at step 1: /);
    expect(existsSync(inFolder('trained.onnx'))).toBe(false);
    await expect(run({})).rejects.toThrow(/trained.onnx.checkpoint holds a run: --resume goes on with it, --fresh/);
    await expect(run({ resume: true, lr: 0.5 })).rejects.toThrow(
      /another run: settings was .*now .*"learningRate":0.5/,
    );
    await expect(run({ resume: true, fresh: true })).rejects.toThrow(/contradict/);
    const resumed = JSON.parse((await run({ resume: true })).stdout) as TrainResult;
    const bytes = readFileSync(inFolder('trained.onnx'));
    const whole = JSON.parse((await run({})).stdout) as TrainResult;
    expect(readFileSync(inFolder('trained.onnx')).equals(bytes)).toBe(true);
    const curve = ({ points }: TrainResult) => points.map(({ step, values }) => ({ step, values }));
    expect(curve(resumed)).toEqual(curve(whole));
    writeFileSync(inFolder('trained.onnx.checkpoint/checkpoint.safetensors'), 'damaged');
    await expect(run({ resume: true })).rejects.toThrow(/checkpoint.safetensors cannot be used/);
  });

  it('writes nothing when the run diverges', async () => {
    const y = { ...normal([60, 3], 1), data: new Float32Array(180).fill(1000) };
    const counts = { data: [writeArrays(folder, 'counts.npz', { ...groups(60), y })], loss: 'poisson' } as const;
    const { status, stderr } = await run({ ...counts, optimizer: 'sgd', lr: 10, steps: 30 });
    expect(status).toBe(1);
    expect(stderr).toMatch(/the run diverged: nothing is written/);
    expect(existsSync(inFolder('trained.onnx'))).toBe(false);
  });

  const data = (arrays: Record<string, NDArray>): Partial<TrainOptions> => ({
    data: [writeArrays(folder, 'bad.npz', arrays)],
  });
  const good = groups(10);
  const refused: [string, () => Partial<TrainOptions>, RegExp][] = [
    [
      'an input of another shape',
      () => data({ ...good, x: normal([10, 5], 1) }),
      /input "x" has shape \[N, 4\], but "x" of the data \[10, 5\]/,
    ],
    [
      'other numbers of rows',
      () => data({ ...good, x: normal([9, 4], 1) }),
      /"x" of the data has shape \[9, 4\], the target "y" \[10\]/,
    ],
    [
      'a label out of range',
      () => data({ ...good, y: ndarray('i64', [0, 1, 2, 0, 1, 2, 0, 3, 1, 2], [10]) }),
      /"y" holds 3 in row 7; the model has 3 classes/,
    ],
    [
      'a target of another shape',
      () => ({ ...data({ ...good, y: normal([10, 2], 1) }), loss: 'squared' }),
      /"y" has shape \[10, 2\], but the model's output needs \[10, 3\]/,
    ],
    [
      'a target out of range',
      () => ({ ...data({ ...good, y: normal([10, 3], 1) }), loss: 'sigmoid' }),
      /"y" holds -?[\d.]+ in row \d; the loss needs a number from 0 to 1/,
    ],
    ['a missing input', () => data({ y: good.y, other: good.x, more: good.x }), /no array for the model's input "x"/],
    [
      'an unclear target',
      () => data({ x: good.x, a: good.y, b: good.y }),
      /Choose with --target; the data hold x, a, b/,
    ],
    ['an unknown target', () => ({ target: 'label' }), /no target "label"; they hold x, y/],
    ['an unknown kind of file', () => ({ data: [inFolder('m.onnx')] }), /end in \.csv, \.npy, \.npz or \.safetensors/],
    ['an unknown output', () => ({ output: 'q' }), /computes no value "q"; its outputs are p/],
    ['a softmax under a softmax', () => ({ output: 'p' }), /"p" of the model is a Softmax already.*--output "z"/],
    ['an unknown input', () => ({ values: { sr: 1 } }), /no input "sr"; it has x/],
    ['a pattern that matches nothing', () => ({ trainable: /conv/ }), /--trainable conv matches no tensor/],
    [
      'a pattern that freezes nothing',
      () => ({ freeze: /conv/ }),
      /--freeze conv matches none of the tensors w1, b1, w2, b2/,
    ],
    ['a pattern that freezes everything', () => ({ freeze: /./ }), /nothing is left to train/],
    [
      'a schedule where there is no learning rate',
      () => ({ optimizer: 'kfac', schedule: 'cosine' }),
      /K-FAC.* has no schedule/,
    ],
    ['a setting that the optimizer lacks', () => ({ damping: 1 }), /no setting "damping"; there are learningRate/],
    ['a share that is none', () => ({ validation: '1.5' }), /--validation is 1\.5/],
    ['to overwrite the model', () => ({ out: inFolder('m.onnx') }), /is the model itself/],
  ];
  it.each(refused)('refuses %s', async (_, change, message) => {
    await expect(run({ ...change() })).rejects.toThrow(message);
    await expect(run({ ...change() })).rejects.toThrow(UsageError);
    expect(existsSync(inFolder('trained.onnx'))).toBe(false);
  });

  it('asks which output when there are several', async () => {
    const proto = classifier();
    const two = { ...proto, graph: { ...proto.graph!, output: [...proto.graph!.output, { name: 'z' }] } };
    const file = writeModel(folder, 'two.onnx', two);
    await expect(run({ file }, ['output'])).rejects.toThrow(
      /outputs p, z; choose the one that the loss is of with --output/,
    );
  });
});

describe('flags', () => {
  it.each([
    [['train', 'm.onnx', '--loss', 'softmax'], /required option '-d, --data/],
    [['train', 'm.onnx', '--data', 'd.npz', '--loss', 'hinge'], /Allowed choices are softmax, squared/],
    [['train', 'm.onnx', '--data', 'd.npz', '--loss', 'softmax', '--freeze', '('], /Invalid regular expression/],
    [['train', 'm.onnx', '--data', 'd.npz', '--loss', 'softmax', '--every', '0'], /1 or more/],
    [['inspect', 'm.onnx', '--shape', 'x=5,,4'], /form name=1,3,48,192/],
    [['inspect', 'm.onnx', '--value', 'sr=fast'], /must be a finite number/],
  ])('%j is refused', async (args, message) => {
    let text = '';
    const root = new Command('osculate').exitOverride().configureOutput({ writeErr: (part) => (text += part) });
    for (const add of [addInspect, addTrain]) add(root, () => expect.unreachable());
    await expect(root.parseAsync(['node', 'osculate', ...args])).rejects.toThrow(CommanderError);
    expect(text).toMatch(message);
  });
});
