import type { Importer } from './node-call.js';
import { activations } from './operators/activations.js';
import { attentions } from './operators/attention.js';
import { bits } from './operators/bits.js';
import { casts } from './operators/casts.js';
import { control } from './operators/control.js';
import { convolutions } from './operators/convolutions.js';
import { deformables } from './operators/deformable.js';
import { elementwise } from './operators/elementwise.js';
import { indexing } from './operators/indexing.js';
import { linearAttentions } from './operators/linear-attention.js';
import { losses } from './operators/losses.js';
import { normalizations } from './operators/normalizations.js';
import { pools } from './operators/pools.js';
import { products } from './operators/products.js';
import { quantizations } from './operators/quantization.js';
import { recurrent } from './operators/recurrent.js';
import { reductions } from './operators/reductions.js';
import { resizing } from './operators/resizing.js';
import { samplings } from './operators/sampling.js';
import { shapes } from './operators/shapes.js';
import type { OperatorTable } from './operators/table.js';
import { trainings } from './operators/training.js';
import { windows } from './operators/windows.js';

const tables: readonly OperatorTable[] = [
  activations,
  attentions,
  bits,
  casts,
  control,
  convolutions,
  deformables,
  elementwise,
  indexing,
  linearAttentions,
  losses,
  normalizations,
  pools,
  products,
  quantizations,
  recurrent,
  reductions,
  resizing,
  samplings,
  shapes,
  trainings,
  windows,
];

/** Importers by op type (after its domain and a dot unless that is the standard one), those of several versions with the first of each. */
export const importers = new Map(tables.flatMap((table) => Object.entries(table)));

/** What imports a node of the standard operators in a version; undefined for an op that nobody knows. */
export function findImporter(domain: string, opType: string, opset: number): Importer | undefined {
  const entry = importers.get(domain === '' ? opType : `${domain}.${opType}`);
  if (typeof entry === 'function' || entry === undefined) return entry;
  return entry.findLast(([since]) => since <= opset)?.[1];
}

const random = 'it draws random numbers; make the noise an input of the model';
const sequence = 'it handles sequences, maps or optional values; only tensors are supported';
const text = 'it handles text; only numbers are supported';
const reasons: readonly [RegExp, string][] = [
  [/^(Random.*|Bernoulli|Multinomial)$/, random],
  [/^(Sequence.*|SplitToSequence|ConcatFromSequence|Optional.*)$/, sequence],
  [/^(String.*|RegexFullMatch|TfIdfVectorizer)$/, text],
];

/** Why an op is not imported. */
export function refusalOf(domain: string, opType: string): string {
  const known = reasons.find(([pattern]) => pattern.test(opType))?.[1];
  if (known !== undefined) return known;
  return domain === '' ? 'this op is not supported' : `ops of the domain '${domain}' are not supported`;
}
