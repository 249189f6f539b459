import { describe, expect, it } from 'vitest';
import { kroneckerBlocks } from '../../src/curvature/index.js';
import { importOnnx } from '../../src/import/index.js';
import { type Parameters, squaredError } from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/index.js';
import { type ModelProto, node } from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { type NDArray, ndarray, type Tensor, type Tree } from '../../src/tensor/index.js';
import { expectSame, modelOf, random } from './against-runtime.js';

const [time, batch, inputs, hidden] = [3, 4, 3, 2];
const x = random([time, batch, inputs]);

type Nodes = ReturnType<typeof node>[];

interface Graph {
  readonly nodes: Nodes;
  readonly initializers: Record<string, NDArray>;
}

/** Blocks of rows of a tensor in another order, as PyTorch's exporter writes them: Slice by Slice, then Concat. */
function reordered({ nodes, initializers }: Graph, name: string, order: readonly number[]): string {
  initializers.rows = ndarray('i64', [0]);
  const pieces = order.map((block, i) => {
    initializers[`from${block}`] = ndarray('i64', [block * hidden]);
    initializers[`to${block}`] = ndarray('i64', [(block + 1) * hidden]);
    nodes.push(node('Slice', [name, `from${block}`, `to${block}`, 'rows'], [`${name}/${i}`]));
    return `${name}/${i}`;
  });
  nodes.push(node('Concat', pieces, [`${name}/all`], { axis: 0 }));
  return `${name}/all`;
}

function stacked({ nodes }: Graph, names: readonly string[], as: string): string {
  names.forEach((name) => {
    nodes.push(node('Unsqueeze', [name, 'rows'], [`${name}/1`]));
  });
  const parts = names.map((name) => `${name}/1`);
  if (parts.length === 1) return parts[0]!;
  nodes.push(node('Concat', parts, [as], { axis: 0 }));
  return as;
}

type Orders = Readonly<Record<'ih' | 'hh' | 'bias', readonly number[]>>;

/** A recurrent op whose weights are stored in PyTorch's layout and brought into ONNX's order in the graph. */
function exported(
  opType: 'GRU' | 'LSTM' | 'RNN',
  orders: Orders,
  attributes: Record<string, number | string> = {},
  directions = 1,
): ModelProto {
  const g: Graph = { nodes: [], initializers: {} };
  const rows = orders.ih.length * hidden;
  const suffixes = ['', '_reverse'].slice(0, directions);
  const each = (make: (suffix: string, seed: number) => string): string[] => suffixes.map((s, i) => make(s, 10 * i));
  const weight = (name: string, shape: number[], seed: number, order: readonly number[]): string => {
    g.initializers[name] = random(shape, seed);
    return reordered(g, name, order);
  };
  const w = each((s, seed) => weight(`weight_ih${s}`, [rows, inputs], seed + 1, orders.ih));
  const r = each((s, seed) => weight(`weight_hh${s}`, [rows, hidden], seed + 2, orders.hh));
  const b = each((s, seed) => {
    const parts = [
      weight(`bias_ih${s}`, [rows], seed + 3, orders.bias),
      weight(`bias_hh${s}`, [rows], seed + 4, orders.bias),
    ];
    g.nodes.push(node('Concat', parts, [`bias${s}`], { axis: 0 }));
    return `bias${s}`;
  });
  const operands = ['x', stacked(g, w, 'W'), stacked(g, r, 'R'), stacked(g, b, 'B')];
  const direction = directions === 2 ? { direction: 'bidirectional' } : {};
  g.nodes.push(node(opType, operands, ['y'], { hidden_size: hidden, ...direction, ...attributes }));
  return modelOf({ x }, ['y'], g, 14);
}

const same = (order: readonly number[]): Orders => ({ ih: order, hh: order, bias: order });
/** Where ONNX's gates i, o, f, c and z, r, h stand in PyTorch's weights. */
const orders = { LSTM: same([0, 3, 1, 2]), GRU: same([1, 0, 2]), RNN: same([0]) };

const cases: readonly (readonly [string, ModelProto])[] = [
  ['LSTM', exported('LSTM', orders.LSTM)],
  ['LSTM in two directions', exported('LSTM', orders.LSTM, {}, 2)],
  ['GRU, reset behind the product', exported('GRU', orders.GRU, { linear_before_reset: 1 })],
  ['GRU, reset before the product', exported('GRU', orders.GRU)],
  ['GRU in two directions', exported('GRU', orders.GRU, { linear_before_reset: 1 }, 2)],
  ['RNN', exported('RNN', orders.RNN, {}, 2)],
];

/** The kind of curvature block that each parameter is in, by its name in the file. */
function kindsOf(proto: ModelProto): Record<string, string> {
  const imported = importOnnx(proto);
  const rowsFirst = [batch, time, inputs];
  const model = (weights: Tree<Tensor>, rows: Tensor): Tensor =>
    imported.call(weights, { x: rows.transpose([1, 0, 2]) }).y!.transpose([2, 0, 1, 3]);
  const [, directions] = imported.outputs[0]!.shape;
  const blocks = kroneckerBlocks(
    supervisedObjective({
      executor: referenceExecutor(),
      model,
      loss: squaredError(),
      parameters: imported.parameters as Parameters,
      x: random(rowsFirst),
      y: random([batch, time, directions!, hidden]),
    }).batch(batch),
  );
  const members = blocks.map((b) => [b.kind, 'parameter' in b ? [b.parameter] : [b.weight, b.bias]] as const);
  return Object.fromEntries(members.flatMap(([kind, list]) => list.flatMap((p) => (p ? [[p.name, kind]] : []))));
}

describe('recurrent weights that the graph reorders', () => {
  it.each(cases)('%s: outputs are those of ONNX Runtime', async (_, proto) => {
    await expectSame(proto, { x });
  });

  it.each(cases)('%s: each weight enters by a product', (_, proto) => {
    const kinds = Object.entries(kindsOf(proto)).filter(([name]) => name.startsWith('weight'));
    expect(kinds.length).toBeGreaterThanOrEqual(2);
    for (const [, kind] of kinds) expect(kind).toBe('dense');
  });

  it.each([
    ['of different orders', { ih: [0, 3, 1, 2], hh: [3, 2, 1, 0], bias: [0, 1, 2, 3] }],
    ['with a block twice', same([0, 3, 1, 1])],
  ])('%s are computed in the order of ONNX', async (_, mixed) => {
    await expectSame(exported('LSTM', mixed), { x });
  });

  it('of a GRU with the candidate in front are computed in the order of ONNX', async () => {
    await expectSame(exported('GRU', same([2, 1, 0]), { linear_before_reset: 1 }), { x });
  });
});
