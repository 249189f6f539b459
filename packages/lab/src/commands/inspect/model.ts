import { compile, costOf, type GraphCost } from 'osculate/compile';
import type { ImportedModel } from 'osculate/import';
import { dataTypeName, type GraphProto, type ModelProto, type NodeProto, type ValueInfoProto } from 'osculate/onnx';
import { bytesOf, leaves, type NDArray } from 'osculate/tensor';
import { dataInputs, type ImportProblem, importBound } from './binding.js';
import { type BlockReport, blocksOf, traceModel } from './blocks.js';
import { type Derivatives, derivativesOf } from './derivatives.js';

/** An input or output as the file declares it. */
export interface DeclaredValue {
  readonly name: string;
  readonly type: string;
  /** Sizes, names of sizes, `?` for any; null where the rank is open. */
  readonly shape: readonly (number | string)[] | null;
}

export interface ParameterReport {
  readonly name: string;
  /** Its tensor in the file. */
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
}

/** Everything that `osculate inspect` says of a file. */
export interface Inspection {
  readonly file: string;
  readonly bytes: number;
  readonly irVersion: number | null;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly assumptions: readonly string[];
  /** Op types with the numbers of their nodes, those in bodies and functions included. */
  readonly operators: Readonly<Record<string, number>>;
  /** What cannot be imported; when there is anything, what follows is empty. */
  readonly problems: readonly ImportProblem[];
  readonly parameters: readonly ParameterReport[];
  readonly totals: { readonly elements: number; readonly bytes: number };
  /** Of the model alone on the shapes taken, for one example. */
  readonly cost: (Pick<GraphCost, 'flops' | 'peakBytes' | 'nodes'> & { readonly examples: number }) | null;
  readonly derivatives: readonly Derivatives[];
  /** For the output that most parameters reach. */
  readonly blocks: { readonly output: string; readonly blocks: readonly BlockReport[] } | null;
}

export interface InspectGiven {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly values: Readonly<Record<string, number>>;
}

function declared({ name = '', type }: ValueInfoProto): DeclaredValue {
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim;
  return {
    name,
    type: tensor ? (dataTypeName(tensor.elemType ?? 0) ?? 'unknown') : 'not a tensor',
    shape: dims ? dims.map((d) => d.dimValue ?? (d.dimParam || '?')) : null,
  };
}

function operatorsOf({ graph, functions = [] }: ModelProto): Record<string, number> {
  const counts = new Map<string, number>();
  const visit = (nodes: readonly NodeProto[]): void => {
    for (const { opType = '', domain = '', attribute } of nodes) {
      const name = domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      for (const { g, graphs = [] } of attribute) for (const body of g ? [g, ...graphs] : graphs) visitGraph(body);
    }
  };
  const visitGraph = (g: GraphProto): void => visit(g.node);
  if (graph) visitGraph(graph);
  for (const f of functions) visit(f.node);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

function parametersOf({ parameters, sources }: ImportedModel): ParameterReport[] {
  if (Object.keys(sources).length === 0) return [];
  return leaves<NDArray>(parameters).map(([name, { dtype, shape, data }]) => {
    const elements = data.length;
    return { name, tensor: sources[name]!, dtype, shape, elements, bytes: elements * bytesOf(dtype) };
  });
}

type Analysis = Pick<Inspection, 'parameters' | 'totals' | 'cost' | 'derivatives' | 'blocks'>;

const nothing: Analysis = {
  parameters: [],
  totals: { elements: 0, bytes: 0 },
  cost: null,
  derivatives: [],
  blocks: null,
};

function analyse(imported: ImportedModel): Analysis {
  const parameters = parametersOf(imported);
  const sum = (f: (p: ParameterReport) => number): number => parameters.reduce((n, p) => n + f(p), 0);
  const { weights, outputs } = traceModel(imported);
  const { flops, peakBytes, nodes } = costOf(compile(Object.values(outputs)).outputs);
  const examples = imported.inputs[0]?.shape[0] ?? 1;
  const derivatives = Object.entries(outputs).map(([name, t]) => derivativesOf(name, t, weights));
  const most = derivatives.reduce<Derivatives | undefined>(
    (best, d) => (d.differentiable.length > (best?.differentiable.length ?? 0) ? d : best),
    undefined,
  );
  return {
    parameters,
    totals: { elements: sum((p) => p.elements), bytes: sum((p) => p.bytes) },
    cost: { flops: flops / Math.max(1, examples), peakBytes, nodes, examples },
    derivatives,
    blocks: most
      ? { output: most.output, blocks: blocksOf(imported, most.output, new Set(most.differentiable)) }
      : null,
  };
}

/**
 * Looks at a model: what it takes and gives, what it costs, what of it can be trained and how K-FAC would see it. What cannot be imported is
 * listed instead of thrown. @throws UsageError for a given input that does not exist.
 */
export function inspectModel(file: string, bytes: number, model: ModelProto, given: InspectGiven): Inspection {
  const { imported, problems, assumptions } = importBound(model, given);
  const { producerName = '', producerVersion = '' } = model;
  return {
    file,
    bytes,
    irVersion: model.irVersion ?? null,
    producer: `${producerName} ${producerVersion}`.trim(),
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version = 1 }) => [domain || 'ai.onnx', version])),
    inputs: dataInputs(model).map(declared),
    outputs: (model.graph?.output ?? []).map(declared),
    assumptions,
    operators: operatorsOf(model),
    problems,
    ...(imported ? analyse(imported) : nothing),
  };
}
