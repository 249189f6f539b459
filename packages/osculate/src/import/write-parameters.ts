import { DataType } from '../onnx/data-type.js';
import {
  type AttributeProto,
  decodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  tensorOf,
} from '../onnx/index.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { astype, type NDArray } from '../tensor/ndarray.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { leaves, type Tree } from '../tensor/tree.js';
import type { ImportedModel } from './import-onnx.js';
import { namedWeights } from './weights.js';

type Replacements = ReadonlyMap<TensorProto, TensorProto>;

function replaceInAttribute(a: AttributeProto, by: Replacements): AttributeProto {
  const t = a.t && by.get(a.t);
  if (t) return { ...a, t };
  if (a.g) return { ...a, g: replaceInGraph(a.g, by) };
  return a.graphs ? { ...a, graphs: a.graphs.map((g) => replaceInGraph(g, by)) } : a;
}

const replaceInNodes = (nodes: readonly NodeProto[], by: Replacements): NodeProto[] =>
  nodes.map((n) => ({ ...n, attribute: n.attribute.map((a) => replaceInAttribute(a, by)) }));

const replaceInGraph = (graph: GraphProto, by: Replacements): GraphProto => ({
  ...graph,
  initializer: graph.initializer.map((t) => by.get(t) ?? t),
  node: replaceInNodes(graph.node, by),
});

/** The tensor with other values, in its own element type, kept inside the file. */
function replaced(proto: TensorProto, leaf: string, array: NDArray): TensorProto {
  if (!sameShape(array.shape, proto.dims)) {
    throw new ShapeError(
      `writeParameters: "${leaf}" has shape ${showShape(array.shape)}, but ${showShape(proto.dims)} in the file`,
    );
  }
  if (proto.dataType !== DataType.float && proto.dataType !== DataType.double) {
    throw new InputError(
      `writeParameters: "${leaf}" is in half precision in the file; convert the model to float first`,
    );
  }
  const { docString, metadataProps, unknownFields } = proto;
  return {
    ...(docString !== undefined && { docString }),
    ...(metadataProps && { metadataProps }),
    ...(unknownFields && { unknownFields }),
    ...tensorOf(proto.name ?? '', astype(array, proto.dataType === DataType.double ? 'f64' : 'f32')),
  };
}

/**
 * The file that a model was imported from, with the values of its parameters replaced and everything else as it was. f64 values of a
 * model in single precision are rounded. Encode the result with `encodeModel`.
 * @throws InputError for parameters that are missing or unknown, for a file without the model's tensors, and for tensors in half
 * precision; ShapeError for a parameter of another shape than its tensor.
 * @example
 * const model = await importOnnx('model.onnx');
 * const zeroed = mapTree(model.parameters, ({ dtype, shape }) => zeros(dtype, shape));
 * await writeFileAtomic('zeros.onnx', encodeModel(writeParameters(model.file, model, zeroed)));
 */
export function writeParameters(
  file: Uint8Array | ModelProto,
  imported: ImportedModel,
  parameters: Tree<NDArray>,
): ModelProto {
  const model = file instanceof Uint8Array ? decodeModel(file) : file;
  const protos = new Map(namedWeights(model).map(({ name, proto }) => [name, proto]));
  const given = new Map(leaves(parameters));
  const unknown = [...given.keys()].find((leaf) => imported.sources[leaf] === undefined);
  if (unknown !== undefined) throw new InputError(`writeParameters: the model has no parameter "${unknown}"`);
  const by = new Map<TensorProto, TensorProto>();
  for (const [leaf, source] of Object.entries(imported.sources)) {
    const [proto, array] = [protos.get(source), given.get(leaf)];
    if (proto === undefined)
      throw new InputError(`writeParameters: the file has no tensor "${source}"; give the file of the import`);
    if (array === undefined) throw new InputError(`writeParameters: parameter "${leaf}" is missing`);
    by.set(proto, replaced(proto, leaf, array));
  }
  return {
    ...model,
    ...(model.graph && { graph: replaceInGraph(model.graph, by) }),
    ...(model.functions && { functions: model.functions.map((f) => ({ ...f, node: replaceInNodes(f.node, by) })) }),
  };
}
