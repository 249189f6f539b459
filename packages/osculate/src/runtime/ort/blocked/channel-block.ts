import { compile, type Program } from '../../../compile/index.js';
import { encodeModel, graphOf, model, node, valueInfo } from '../../../onnx/index.js';
import { conv } from '../../../ops/convolution/conv.js';
import { maxPool } from '../../../ops/pooling/max-pool.js';
import { topological } from '../../../tensor/graph.js';
import { input } from '../../../tensor/leaf.js';
import { lowerProgram } from '../lower.js';
import type { OrtModule, OrtSession, OrtTensor } from '../module.js';
import type { OrtOptions } from '../options.js';
import { blockedDomain } from './blocked-ops.js';

/** Whether a program may gain by blocked convolutions. */
export function hasConvolution({ outputs }: Program): boolean {
  return topological(Object.values(outputs)).some(({ op, outputs: [y] }) => op.name === 'conv' && y!.dtype === 'f32');
}

/** Numbers without a pattern in [−1, 1]. */
const filled = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i * i + i));

async function results(ort: OrtModule, bytes: Uint8Array, feeds: Readonly<Record<string, readonly number[]>>) {
  // What is not there is found by trying: its absence is not an error to be logged.
  const session: OrtSession = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const tensors = Object.entries(feeds).map(([name, shape]) => {
      const data = filled(shape.reduce((product, d) => product * d, 1));
      return [name, new ort.Tensor('float32', data, shape)] as const;
    });
    const { y } = await session.run(Object.fromEntries(tensors));
    return (y as OrtTensor).data as Float32Array;
  } finally {
    await session.release();
  }
}

/** The channels of an image of four when it is put in blocks. */
async function channelsOfBlock(ort: OrtModule): Promise<number> {
  const shape = [1, 4, 1, 1];
  const graph = graphOf({
    name: 'block',
    nodes: [node('ReorderInput', ['x'], ['y'], {}, blockedDomain)],
    inputs: [valueInfo('x', 'f32', shape)],
    outputs: [valueInfo('y', 'f32')],
  });
  return (await results(ort, encodeModel(model(graph, { domains: [blockedDomain] })), { x: shape })).length;
}

/** Whether a small network gives the same by blocked kernels as by the standard ones. */
async function agrees(ort: OrtModule, block: number): Promise<boolean> {
  const shapes = { x: [4, 3, 9, 9], v: [block, 3, 3, 3], b: [block], w: [2 * block, block, 3, 2] };
  const [x, v, b, w] = Object.entries(shapes).map(([name, shape]) => input(name, 'f32', shape));
  const padding = [
    [1, 1],
    [0, 1],
  ] as const;
  const first = conv(x!, v!, { padding })
    .add(b!.reshape([1, block, 1, 1]))
    .relu();
  const pooled = maxPool(conv(first, w!, { padding }), { window: [2, 2] });
  const program = compile({ y: pooled });
  const run = (size: number) => results(ort, encodeModel(lowerProgram(program, { block: size }).model), shapes);
  const [standard, blocked] = [await run(0), await run(block)];
  return standard.every((value, i) => Math.abs(value - blocked[i]!) <= 1e-3);
}

/**
 * How many channels at a time the blocked convolutions of an ONNX Runtime take, which depends on the processor; 0 where it has
 * none: in browsers, on other providers than the CPU's, and with the optimisations turned down that use them. They are operators that
 * ONNX Runtime describes nowhere, so that they are tried, and compared with the standard ones, before anything relies on them. About 10 ms.
 */
export async function channelBlock(ort: OrtModule, { providers, optimization }: OrtOptions): Promise<number> {
  const nameOf = (p: string | { readonly name: string }): string => (typeof p === 'string' ? p : p.name);
  if (providers?.some((p) => nameOf(p) !== 'cpu') || (optimization ?? 'all') !== 'all') return 0;
  try {
    const block = await channelsOfBlock(ort);
    return block > 1 && (await agrees(ort, block)) ? block : 0;
  } catch {
    return 0;
  }
}
