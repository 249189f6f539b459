import type { Derivatives } from '../../commands/inspect/derivatives.js';
import type { DeclaredValue, Inspection } from '../../commands/inspect/model.js';
import { count, figure } from '../format.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

const shapeText = (shape: DeclaredValue['shape']): string => (shape === null ? 'any rank' : `[${shape.join(', ')}]`);

function sizeText(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

const section = (title: string, ...parts: readonly string[]): string => [title, ...parts].join('\n');

function header({ file, bytes, irVersion, producer, opsets }: Inspection): string {
  const versions = Object.entries(opsets)
    .map(([domain, version]) => `${domain} ${version}`)
    .join(', ');
  const made = producer === '' ? '' : `, made by ${producer}`;
  return `${file}: ${sizeText(bytes)}, IR version ${irVersion ?? '?'}${made}\noperators: ${versions}`;
}

function values({ inputs, outputs, assumptions }: Inspection): string {
  const rows = (role: string, list: readonly DeclaredValue[]): string[][] =>
    list.map(({ name, type, shape }) => [`${role} ${name}`, type, shapeText(shape)]);
  const table = alignedText([['value', 'type', 'shape'], ...rows('input', inputs), ...rows('output', outputs)]);
  const taken = assumptions.map((text) => `  ${text} (choose with --shape or --value)`);
  return [table, ...taken].join('\n');
}

function operators({ operators: all }: Inspection): string {
  const entries = Object.entries(all);
  const total = entries.reduce((sum, [, n]) => sum + n, 0);
  return section(`${count(total)} nodes`, `  ${entries.map(([name, n]) => `${name} ${n}`).join(', ')}`);
}

function parameterCells({ parameters, totals }: Inspection): Cells {
  const rows = parameters.map((p) => [p.name, p.dtype, shapeText(p.shape), count(p.elements), sizeText(p.bytes)]);
  const total = ['total', '', '', count(totals.elements), sizeText(totals.bytes)];
  return [['parameter', 'dtype', 'shape', 'elements', 'size'], ...rows, total];
}

const some = (names: readonly string[]): string =>
  names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;

function derivativeLines({ output, differentiable, blocked, unrelated }: Derivatives): string {
  const lines = [`output ${output}: differentiable by ${differentiable.length} parameters`];
  for (const { parameters, reason } of blocked) lines.push(`  not by ${some(parameters)}: ${reason}`);
  if (unrelated.length > 0) lines.push(`  does not depend on ${some(unrelated)}`);
  return lines.join('\n');
}

function blocks({ blocks: found }: Inspection): string[] {
  if (found === null) return [];
  const rows = found.blocks.map((b) => [b.parameters.join(' + '), b.kind, b.size, b.reason]);
  const table = alignedText([['K-FAC block', 'kind', 'size', 'why'], ...rows]);
  return [section(`Curvature blocks for output ${found.output}`, table)];
}

function problems({ problems: list }: Inspection): string {
  const lines = list.map(({ opType, place, reason }) => `  ${opType}${place === '' ? '' : ` at ${place}`}: ${reason}`);
  return section(`cannot be imported, ${list.length === 1 ? '1 reason' : `${list.length} reasons`}:`, ...lines);
}

/** An inspection as text. */
export function inspectText(inspection: Inspection): string {
  const { cost } = inspection;
  const common = [header(inspection), values(inspection), operators(inspection)];
  if (cost === null) return [...common, problems(inspection)].join('\n\n');
  const batch = cost.examples === 1 ? '' : ` (of a batch of ${cost.examples})`;
  const work = `${figure(cost.flops)} FLOPs an example${batch}, ${count(cost.nodes)} nodes after simplification, ${sizeText(cost.peakBytes)} of values alive at once`;
  const derivatives = inspection.derivatives.map(derivativeLines).join('\n');
  return [...common, alignedText(parameterCells(inspection)), work, derivatives, ...blocks(inspection)].join('\n\n');
}
