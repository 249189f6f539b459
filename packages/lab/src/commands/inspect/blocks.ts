import { type Block, kroneckerBlocks } from 'osculate/curvature';
import type { ImportedModel } from 'osculate/import';
import { input, leaves, parameters, type Tensor } from 'osculate/tensor';

/** What K-FAC makes of a parameter. */
export interface BlockReport {
  readonly parameters: readonly string[];
  readonly kind: Block['kind'];
  /** Sizes of what is kept: two factors, one matrix, or a diagonal. */
  readonly size: string;
  readonly reason: string;
}

/** A model as a graph for so many examples, its parameters by name. */
export interface TracedModel {
  readonly weights: readonly (readonly [string, Tensor])[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** @throws the errors of `ImportedModel.call` where the file's shapes allow no other number of examples. */
export function traceModel(imported: ImportedModel, rows?: number): TracedModel {
  const tree = parameters(imported.parameters, 'parameters.');
  const feeds = imported.inputs.map(({ name, dtype, shape }) => {
    const sizes = rows === undefined || shape.length === 0 ? shape : [rows, ...shape.slice(1)];
    return [name, input(name, dtype, sizes)] as const;
  });
  const weights = Object.keys(imported.sources).length === 0 ? [] : leaves(tree);
  return { weights, outputs: imported.call(tree, Object.fromEntries(feeds)) };
}

/** Examples are told apart from other axes by their number: one that is seldom another size. */
const unusual = 13;

function tracedForBlocks(imported: ImportedModel, output: string): TracedModel {
  try {
    const traced = traceModel(imported, unusual);
    if (traced.outputs[output]?.shape[0] === unusual) return traced;
  } catch {
    // The file fixes the number of examples, or counts them along another axis.
  }
  return traceModel(imported);
}

function report(block: Block, names: readonly string[]): BlockReport {
  const nameOf = ({ name }: { readonly name: string }): string => names[Number(name)]!;
  const { kind, reason } = block;
  if (kind === 'diagonal') {
    return { parameters: [nameOf(block.parameter)], kind, size: `${block.parameter.tensor.size}`, reason };
  }
  if (kind === 'full') {
    const { size } = block.parameter.tensor;
    return { parameters: [nameOf(block.parameter)], kind, size: `${size} x ${size}`, reason };
  }
  const { weight, bias, form } = block;
  const own = bias ? [weight, bias] : [weight];
  return { parameters: own.map(nameOf), kind, size: `${form.inputs + (bias ? 1 : 0)} ⊗ ${form.outputs}`, reason };
}

/** The blocks of these parameters for one output. */
export function blocksOf(imported: ImportedModel, output: string, chosen: ReadonlySet<string>): BlockReport[] {
  const { weights, outputs } = tracedForBlocks(imported, output);
  const own = weights.filter(([name]) => chosen.has(name));
  if (own.length === 0) return [];
  const names = own.map(([name]) => name);
  const out = outputs[output]!;
  const blocks = kroneckerBlocks({ weights: own.map(([, t]) => t), outputs: out, loss: out.sum() });
  return blocks.map((block) => report(block, names));
}
