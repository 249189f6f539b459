import { DataType, type DataTypeName } from '../../../../src/onnx/data-type.js';
import { type GraphProto, graph, type NodeProto, node, type ValueInfoProto } from '../../../../src/onnx/index.js';
import { type Case, type Cases, c, type Types, t, v } from '../case.js';

const value = (name: string, type: DataTypeName, shape?: readonly number[]): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: DataType[type],
      ...(shape && { shape: { dim: shape.map((dimValue) => ({ dimValue })) } }),
    },
  },
});

const body = (
  inputs: readonly ValueInfoProto[],
  nodes: readonly NodeProto[],
  outputs: readonly ValueInfoProto[],
): GraphProto => ({
  node: nodes,
  name: 'body',
  initializer: [],
  input: inputs,
  output: outputs,
});

const element = ({ V }: Types): DataTypeName => V!;

/** State s of shape [2]; gives it on, and it and its reversal as outputs of every iteration. */
function loopBody(types: Types): GraphProto {
  const s = element(types);
  return body(
    [value('i', 'int64', []), value('go', 'bool', []), value('a', s, [2]), value('b', s, [2])],
    [
      node('Identity', ['go'], ['again']),
      node('Identity', ['b'], ['a2']),
      node('Identity', ['a'], ['b2']),
      node('Concat', ['a', 'b'], ['row'], { axis: 0 }),
    ],
    [value('again', 'bool', []), value('a2', s, [2]), value('b2', s, [2]), value('row', s, [4])],
  );
}

/** s ← s + s as long as i < 2, which the body itself says. */
function conditionBody(types: Types): GraphProto {
  const s = element(types);
  return body(
    [value('i', 'int64', []), value('go', 'bool', []), value('a', s)],
    [
      node('Constant', [], ['two'], {
        value: { kind: 'tensor', value: { dims: [], dataType: DataType.int64, int64Data: BigInt64Array.of(2n) } },
      }),
      node('Less', ['i', 'two'], ['again']),
      node('Concat', ['a', 'a'], ['a2'], { axis: 0 }),
    ],
    [value('again', 'bool', []), value('a2', s)],
  );
}

const loops: readonly Case[] = [
  {
    what: 'so many times',
    inputs: [c(3), c(1), t([2]), t([2])],
    attributes: (types) => ({ body: graph(loopBody(types)) }),
    outputs: 3,
  },
  {
    what: 'once',
    inputs: [c(1), c(1), t([2]), t([2])],
    attributes: (types) => ({ body: graph(loopBody(types)) }),
    outputs: 3,
  },
  {
    what: 'as a scan',
    inputs: [c(20), c(1), t([2]), t([2])],
    attributes: (types) => ({ body: graph(loopBody(types)) }),
    outputs: 3,
  },
  {
    what: 'never, by the condition',
    inputs: [c(3), c(0), t([2])],
    attributes: (types) => ({ body: graph(conditionBody(types)) }),
    since: 9,
  },
  {
    what: 'until a condition',
    inputs: [c(9), c(1), t([2])],
    attributes: (types) => ({ body: graph(conditionBody(types)) }),
    since: 9,
  },
  {
    what: 'without a trip count',
    inputs: [null, c(1), t([2])],
    attributes: (types) => ({ body: graph(conditionBody(types)) }),
    since: 9,
  },
  {
    what: 'without a condition',
    inputs: [c(2), null, t([2]), t([2])],
    attributes: (types) => ({ body: graph(loopBody(types)) }),
    outputs: 3,
  },
];

/** State s of shape [2], slices x of shape [2]; swaps them. */
function scanBody(types: Types): GraphProto {
  const s = element(types);
  return body(
    [value('s', s, [2]), value('x', s, [2])],
    [node('Identity', ['x'], ['s2']), node('Concat', ['s', 'x'], ['row'], { axis: 0 })],
    [value('s2', s, [2]), value('row', s, [4])],
  );
}

const scans: readonly Case[] = [
  { what: 'rows', inputs: [t([2]), t([3, 2])], attributes: {} },
  { what: 'columns', inputs: [t([2]), t([2, 3])], attributes: { scan_input_axes: [1], scan_output_axes: [1] } },
  { what: 'reversed', inputs: [t([2]), t([3, 2])], attributes: { scan_input_directions: [1] } },
  {
    what: 'reversed outputs',
    inputs: [t([2]), t([3, 2])],
    attributes: { scan_output_directions: [1], scan_output_axes: [1] },
  },
  {
    what: 'negative axes',
    inputs: [t([2]), t([2, 3])],
    attributes: { scan_input_axes: [-1], scan_output_axes: [-1] },
    since: 11,
  },
].map(
  (given): Case => ({
    ...given,
    attributes: (types) => ({ ...given.attributes, num_scan_inputs: 1, body: graph(scanBody(types)) }),
    outputs: 2,
    since: Math.max(9, given.since ?? 0),
  }),
);

/** The branches hold constants of their own, as they take no inputs. */
function branch(types: Types, one: number): GraphProto {
  const type = element(types);
  return body(
    [],
    [
      node('Constant', [], ['numbers'], {
        value: {
          kind: 'tensor',
          value: { dims: [3], dataType: DataType.float, floatData: Float32Array.of(one, 0, 1) },
        },
      }),
      node('Cast', ['numbers'], [`y${one}`], { to: DataType[type] }),
    ],
    [value(`y${one}`, type, [3])],
  );
}

const branches = (types: Types) => ({ then_branch: graph(branch(types, 1)), else_branch: graph(branch(types, 0)) });
const castable = ({ V }: Types): boolean => V !== 'float4e2m1' && !/^u?int[24]$/.test(V!);

const ifs: readonly Case[] = [0, 1].flatMap((flag): Case[] => [
  { what: `${flag}, an input`, inputs: [v([flag], [])], attributes: branches, types: castable },
  { what: `${flag}, known`, inputs: [c(flag)], attributes: branches, types: castable },
  { what: `${flag}, of one element`, inputs: [v([flag])], attributes: branches, types: castable },
]);
export const controls: Cases = { If: ifs, Loop: loops, Scan: scans };
