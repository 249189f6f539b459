import * as ort from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import '../../src/ops/index.js';
import { compile, type Program } from '../../src/compile/index.js';
import { noAttrs, unaryOp } from '../../src/ops/elementwise.js';
import {
  ExecutionError,
  type OrtModule,
  type OrtOptions,
  ortExecutorFrom,
  referenceExecutor,
} from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { InputError } from '../../src/tensor/errors.js';
import { apply1, type Tensor } from '../../src/tensor/ir.js';
import { input } from '../../src/tensor/leaf.js';

/** The module with its sessions counted and the options of each kept. */
function counted() {
  const options: Record<string, unknown>[] = [];
  let released = 0;
  const module: OrtModule = {
    Tensor: ort.Tensor,
    InferenceSession: {
      async create(model, given) {
        options.push(given as unknown as Record<string, unknown>);
        const session = await ort.InferenceSession.create(model, given as ort.InferenceSession.SessionOptions);
        return {
          run: (feeds) => session.run(feeds as Record<string, ort.Tensor>),
          release: async () => {
            released++;
            await session.release();
          },
        };
      },
    },
  };
  return { module, options, released: () => released };
}

/** tanh lowered to an operator that ONNX Runtime lacks for its dtype. */
function withoutKernel(x: Tensor): Tensor {
  return apply1(unaryOp('strange', { scalar: { fn: Math.tanh }, onnx: 'Erf' }), [x], noAttrs);
}

const scalar = (dtype: 'f32' | 'f64' = 'f32'): Program => compile({ y: input('x', dtype, []).tanh() });
const big = (): Program => compile({ y: input('x', 'f32', [256, 256]).matmul(input('w', 'f32', [256, 256])) });

async function optionsFor(program: Program, options: OrtOptions = {}): Promise<Record<string, unknown>> {
  const { module, options: seen } = counted();
  const executor = ortExecutorFrom(module, options);
  await executor.load(program);
  await executor.dispose();
  return seen[0]!;
}

describe('sessions', () => {
  it('are made once for each program and released with the last use', async () => {
    const { module, options, released } = counted();
    const executor = ortExecutorFrom(module);
    const program = scalar();
    const [a, b] = await Promise.all([executor.load(program), executor.load(program)]);
    expect(options.length).toBe(1);
    await a.dispose();
    await a.dispose();
    expect(released()).toBe(0);
    await b.dispose();
    expect(released()).toBe(1);
    await executor.load(program);
    await executor.load(scalar());
    expect(options.length).toBe(3);
    await executor.dispose();
    expect(released()).toBe(3);
  });

  it('do not outlive an executor that is disposed while they are made', async () => {
    const { module, options, released } = counted();
    const executor = ortExecutorFrom(module);
    const loads = [executor.load(scalar()), executor.load(scalar())];
    await executor.dispose();
    for (const load of loads) await expect(load).rejects.toThrow(/disposed meanwhile/);
    expect([options.length, released()]).toEqual([2, 2]);
  });

  it('spin only within a run and never flush subnormal numbers', async () => {
    expect((await optionsFor(scalar())).extra).toEqual({
      session: {
        force_spinning_stop: '1',
        dynamic_block_base: '4',
        intra_op: { allow_spinning: '1', spin_duration_us: '200' },
      },
    });
  });

  it('are optimised unless float64 or size forbids', async () => {
    let y: Tensor = input('x', 'f32', []);
    for (let i = 0; i < 5001; i++) y = y.tanh();
    expect(await optionsFor(scalar())).toMatchObject({ graphOptimizationLevel: 'all', logSeverityLevel: 3 });
    expect(await optionsFor(scalar('f64'))).toMatchObject({ graphOptimizationLevel: 'disabled' });
    expect(await optionsFor(compile({ y }))).toMatchObject({ graphOptimizationLevel: 'disabled' });
    expect(await optionsFor(scalar('f64'), { optimization: 'basic', logLevel: 4, providers: ['cpu'] })).toMatchObject({
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 4,
      executionProviders: ['cpu'],
    });
  });

  it('have one thread unless an operation is large', async () => {
    expect(await optionsFor(scalar(), { threads: 2 })).toMatchObject({ intraOpNumThreads: 1 });
    expect(await optionsFor(big(), { threads: 2 })).toMatchObject({ intraOpNumThreads: 2 });
    expect(await optionsFor(big())).not.toHaveProperty('intraOpNumThreads');
  });
});

describe('failures', () => {
  it('of a load name the program', async () => {
    const program = compile({ y: withoutKernel(input('x', 'f64', [2])) });
    const executor = await ortExecutor();
    await expect(executor.load(program)).rejects.toThrow(ExecutionError);
    await expect(executor.load(program)).rejects.toThrow(
      /load of the program \("x" f64 \[2\]\) → \("y" f64 \[2\]\).*Erf/s,
    );
    await executor.dispose();
  });

  it('of a run name the program, and leave the session usable', async () => {
    let fail = true;
    const module: OrtModule = {
      Tensor: ort.Tensor,
      InferenceSession: {
        create: async (model) => {
          const session = await ort.InferenceSession.create(model);
          return {
            run: (feeds) =>
              fail ? Promise.reject(new Error('out of memory')) : session.run(feeds as Record<string, ort.Tensor>),
            release: () => session.release(),
          };
        },
      },
    };
    const executable = await ortExecutorFrom(module).load(scalar());
    const feeds = { x: Float32Array.of(0) };
    await expect(executable.run(feeds)).rejects.toThrow(ExecutionError);
    await expect(executable.run(feeds)).rejects.toThrow(/run of the program \("x" f32 \[\]\).*out of memory/);
    fail = false;
    expect((await executable.run(feeds)).y!.data).toEqual(Float32Array.of(0));
    await executable.dispose();
  });

  it('shorten long lists of inputs', async () => {
    const many = Array.from({ length: 10 }, (_, i) => input(`x${i}`, 'f64', []));
    const program = compile({ y: withoutKernel(many.reduce((a, b) => a.add(b))) });
    const executor = await ortExecutor();
    await expect(executor.load(program)).rejects.toThrow(/"x7" f64 \[\], and 2 more\) → \("y"/);
    await executor.dispose();
  });
});

describe('the fallback', () => {
  it('runs what ONNX Runtime cannot, and the report says so', async () => {
    const executor = await ortExecutor({ fallback: referenceExecutor() });
    const executable = await executor.load(compile({ y: withoutKernel(input('x', 'f64', [1])) }));
    expect(executable.report.executor).toBe('reference');
    expect(executable.report.notes[0]).toMatch(/runs on the fallback "reference".*Erf/s);
    expect((await executable.run({ x: Float64Array.of(0.5) })).y!.data).toEqual(Float64Array.of(Math.tanh(0.5)));
    await executable.dispose();
    await expect(executable.run({ x: Float64Array.of(0.5) })).rejects.toThrow(/disposed/);
    await executor.dispose();
  });

  it('is not used for what ONNX Runtime can run', async () => {
    const executor = await ortExecutor({ fallback: referenceExecutor() });
    expect((await executor.load(scalar('f64'))).report).toEqual({ executor: 'onnxruntime', notes: [] });
    await executor.dispose();
  });
});

describe('ortExecutor', () => {
  afterEach(() => {
    vi.doUnmock('onnxruntime-node');
    vi.resetModules();
  });

  it('says what to install when onnxruntime-node is missing', async () => {
    vi.doMock('onnxruntime-node', () => {
      throw new Error('Cannot find package');
    });
    vi.resetModules();
    const fresh = await import('../../src/runtime/node.js');
    await expect(fresh.ortExecutor()).rejects.toMatchObject({ name: InputError.name });
    await expect(fresh.ortExecutor()).rejects.toThrow(/npm install onnxruntime-node/);
  });
});
