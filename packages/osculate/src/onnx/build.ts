import type { DType } from '../tensor/dtype.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type AttributeInput, attribute } from './attributes.js';
import { dataTypeOf } from './data-type.js';
import { tensorOf } from './tensors.js';
import type { DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './types.js';

/** A size, the name of a size, or null for any size. */
export type Dimension = number | string | null;

function dimension(d: Dimension): DimensionProto {
  if (d === null) return {};
  return typeof d === 'number' ? { dimValue: d } : { dimParam: d };
}

/**
 * Name, element type and shape of a value; without a shape its rank is unknown.
 * @example
 * const images = valueInfo('images', 'f32', ['N', 3, 224, 224]); // any number N of rows
 */
export function valueInfo(name: string, dtype: DType, shape?: readonly Dimension[]): ValueInfoProto {
  const elemType = dataTypeOf(dtype);
  if (shape === undefined) return { name, type: { tensorType: { elemType } } };
  return { name, type: { tensorType: { elemType, shape: { dim: shape.map(dimension) } } } };
}

/**
 * A node; `''` stands for an omitted optional input. Attributes as in `attribute`.
 * @example
 * node('Gemm', ['x', 'w', ''], ['y'], { transB: 1 }).opType; // 'Gemm'
 */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeInput>> = {},
  domain?: string,
): NodeProto {
  const out: NodeProto = {
    input: inputs,
    output: outputs,
    opType,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  };
  if (domain !== undefined) out.domain = domain;
  return out;
}

export interface GraphParts {
  /** What the graph is called (default `graph`). */
  readonly name?: string;
  /** The nodes, in topological order. */
  readonly nodes: readonly NodeProto[];
  /** The inputs. */
  readonly inputs: readonly ValueInfoProto[];
  /** The outputs. */
  readonly outputs: readonly ValueInfoProto[];
  /** Constants by name, or as encoded tensors. */
  readonly initializers?: Readonly<Record<string, NDArray>> | readonly TensorProto[];
}

/**
 * A GraphProto, for a model or for the body of Loop, Scan or If (nodes in topological order).
 * @example
 * const exponential = graphOf({
 *   nodes: [node('Exp', ['x'], ['y'])],
 *   inputs: [valueInfo('x', 'f32', ['N'])],
 *   outputs: [valueInfo('y', 'f32', ['N'])],
 * });
 */
export function graphOf(parts: GraphParts): GraphProto {
  const { initializers = [] } = parts;
  const list = Array.isArray(initializers)
    ? (initializers as readonly TensorProto[])
    : Object.entries(initializers as Record<string, NDArray>).map(([name, array]) => tensorOf(name, array));
  return {
    node: parts.nodes,
    name: parts.name ?? 'graph',
    initializer: list,
    input: parts.inputs,
    output: parts.outputs,
  };
}

export interface ModelOptions {
  /** Version of the standard operators; 20 by default. */
  readonly opset?: number;
  /** Imports version 1 of `com.microsoft`, the contributed operators of ONNX Runtime. */
  readonly contrib?: boolean;
  /** Further domains of operators, of which version 1 is imported. */
  readonly domains?: readonly string[];
  /** Further texts by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A model of IR version 10 around a graph.
 * @example
 * const [inputs, outputs] = [[valueInfo('x', 'f32', [2])], [valueInfo('y', 'f32', [2])]];
 * const bytes = encodeModel(model(graphOf({ nodes: [node('Exp', ['x'], ['y'])], inputs, outputs }), { opset: 20 }));
 * importOnnx(bytes).outputs[0]!.shape; // [2]
 */
export function model(graph: GraphProto, options: ModelOptions = {}): ModelProto {
  const opsetImport = [{ domain: '', version: options.opset ?? 20 }];
  const domains = [...(options.contrib ? ['com.microsoft'] : []), ...(options.domains ?? [])];
  for (const domain of domains) opsetImport.push({ domain, version: 1 });
  const out: ModelProto = { irVersion: 10, producerName: 'osculate', graph, opsetImport };
  const metadata = Object.entries(options.metadata ?? {});
  if (metadata.length > 0) out.metadataProps = metadata.map(([key, value]) => ({ key, value }));
  return out;
}
