import { DataType } from '../onnx/data-type.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx/index.js';

const floats: ReadonlySet<number> = new Set([DataType.float, DataType.double, DataType.float16, DataType.bfloat16]);

/** A tensor of the file that may be trained. */
export interface NamedWeight {
  readonly name: string;
  readonly proto: TensorProto;
  /** From a Constant, not an initialiser. */
  readonly constant: boolean;
  /** Mean or variance that a BatchNormalization keeps: updated by averaging, not by gradients. */
  readonly statistic: boolean;
}

/** PyTorch's names of intermediate results and of what was made while exporting; parameters carry the path of their attribute. */
const madeByExporter = /^\/|:|^[^.]*_\d+$|_default$/;

/** Scalars are factors and exponents of a formula, but for those that PyTorch names: a temperature, a gain of a whole layer. */
const isScalarOfFormula = ({ name, constant, proto }: NamedWeight, producer: string | undefined): boolean =>
  proto.dims.length === 0 && (constant || producer !== 'pytorch' || madeByExporter.test(name));

/**
 * What is trained unless the user chooses: not the running statistics of BatchNormalization, not scalars of a formula, and Constants only
 * in files that keep their weights in them, which have no float initialisers. Files of osculate itself keep none there.
 */
export function trainedByDefault(weights: readonly NamedWeight[], producer: string | undefined): NamedWeight[] {
  const initialized = producer === 'osculate' || weights.some(({ constant }) => !constant);
  return weights.filter((w) => !w.statistic && !isScalarOfFormula(w, producer) && !(w.constant && initialized));
}

/** Constants of one element (epsilons, exponents, factors) belong to the formula. */
const isWeight = ({ dataType, dims }: TensorProto, initializer: boolean): boolean =>
  floats.has(dataType ?? 0) && (initializer || dims.reduce((a, b) => a * b, 1) > 1);

type Found = Omit<NamedWeight, 'statistic'>;

function visit(nodes: readonly NodeProto[], found: Found[], statistics: Set<string>): void {
  for (const node of nodes) {
    if (node.opType === 'BatchNormalization') for (const name of node.input.slice(3, 5)) statistics.add(name);
    for (const a of node.attribute) {
      if (node.opType === 'Constant' && a.name === 'value' && a.t && isWeight(a.t, false)) {
        found.push({ name: node.output[0] ?? '', proto: a.t, constant: true });
      }
      for (const graph of a.g ? [a.g] : (a.graphs ?? [])) visitGraph(graph, found, statistics);
    }
  }
}

function visitGraph(graph: GraphProto, found: Found[], statistics: Set<string>): void {
  for (const proto of graph.initializer)
    if (isWeight(proto, true)) found.push({ name: proto.name ?? '', proto, constant: false });
  visit(graph.node, found, statistics);
}

/**
 * The float tensors of a model: initialisers and Constants of more than one element, those of bodies and functions included. A
 * name that occurs again gets a number.
 */
export function namedWeights(model: ModelProto): NamedWeight[] {
  const found: Found[] = [];
  const statistics = new Set<string>();
  if (model.graph) visitGraph(model.graph, found, statistics);
  for (const f of model.functions ?? []) visit(f.node, found, statistics);
  // A model made in memory may hold one tensor in several places.
  const distinct = [...new Map(found.map((f) => [f.proto, f])).values()];
  const taken = new Map<string, number>();
  return distinct.map(({ name, proto, constant }) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return { name: count === 1 ? name : `${name}#${count}`, proto, constant, statistic: statistics.has(name) };
  });
}
