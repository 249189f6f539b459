import type { DataTypeName } from '../../../src/onnx/data-type.js';
import type { Substitute } from './models.js';
import type { Outcome } from './results.js';
import { runRuntime, runs } from './run.js';
import { linesOf, type Schema, schemas } from './schemas.js';
import { typesKey, type Variant } from './variants.js';

/** The newest version of the standard operators that ONNX Runtime 1.30 reads; it stands for later ones. */
const newest = 26;

/** In which element type, and as which version, where that is another. */
type Gap = Partial<Substitute>;

function parse(line: string): (readonly [string, Gap])[] {
  const [, op, versions, wide, opset, keys] = /^(\S+) ([\d,]+) (\w*)(?:@(\d+))?: (.*)$/.exec(line)!;
  const gap = { ...(wide && { wide: wide as DataTypeName }), ...(opset && { opset: Number(opset) }) };
  return versions!
    .split(',')
    .flatMap((version) => keys!.split(' ').map((key) => [`${op} ${version} ${key}`, gap] as const));
}

const gaps: ReadonlyMap<string, Gap> = new Map(linesOf('gaps.txt').flatMap(parse));

const gapOf = ({ schema, types }: Variant): Gap | undefined =>
  gaps.get(`${schema.op} ${schema.version} ${typesKey(types)}`);

/** Nodes of other domains run beside the newest standard operators, and what stands for a node in equivalent ones does. */
const own = ({ schema, case: given }: Variant): Substitute => ({
  opset: schema.op.includes('.') || given.equivalent ? newest : Math.min(newest, schema.opset),
});

/** What ONNX Runtime is given for a variant. */
export const substituteOf = (variant: Variant): Substitute => ({ ...own(variant), ...gapOf(variant) });

/** Expected outputs: of ONNX Runtime on the file or on its substitute, or of the closed form. */
export async function expectedOf(variants: readonly Variant[]): Promise<Outcome[]> {
  const out = new Map<Variant, Outcome>();
  const groups = new Map<string, Variant[]>();
  for (const variant of variants) {
    const { expected } = variant.case;
    if (expected)
      out.set(
        variant,
        expected(
          variant.inputs.map((input) => input?.values ?? []),
          variant.types,
        ),
      );
    else {
      const key = JSON.stringify(substituteOf(variant));
      groups.set(key, [...(groups.get(key) ?? []), variant]);
    }
  }
  for (const members of groups.values()) {
    const results = await runRuntime(members, substituteOf(members[0]!));
    members.forEach((variant, i) => {
      out.set(variant, results[i]!);
    });
  }
  return variants.map((variant) => out.get(variant)!);
}

/** Gaps in the list that ONNX Runtime does not have: it runs all of these variants that have some choice of types. */
export async function filledGaps(variants: readonly Variant[]): Promise<string[]> {
  const listed = new Map<string, Variant[]>();
  for (const variant of variants) {
    if (variant.case.expected || gapOf(variant) === undefined) continue;
    const key = typesKey(variant.types);
    listed.set(key, [...(listed.get(key) ?? []), variant]);
  }
  const filled: string[] = [];
  for (const [key, members] of listed) if (await runs(members, own(members[0]!))) filled.push(key);
  return filled;
}

/** Versions of an operator before this one, newest first. */
const opsetsBefore = ({ op, opset }: Schema): number[] =>
  schemas
    .filter((s) => s.op === op && s.opset < opset)
    .map((s) => s.opset)
    .reverse();

/** Types that hold all values of an unusual one. */
const widesOf = (key: string): readonly (DataTypeName | undefined)[] =>
  /float8|float4|b?float16|double/.test(key)
    ? [undefined, 'float', 'double', 'float8e4m3fn']
    : [undefined, 'int64', 'int32', 'float', 'double'];

/** The line that the list of gaps needs for a variant that ONNX Runtime does not run; undefined where nothing stands for it. */
export async function suggestion(variant: Variant): Promise<string | undefined> {
  const { schema, types } = variant;
  const first = own(variant).opset;
  const key = typesKey(types);
  for (const opset of [first, ...opsetsBefore(schema)]) {
    for (const wide of widesOf(key)) {
      const [outcome] = await runRuntime([variant], { opset, wide });
      if (outcome instanceof Error) continue;
      return `${schema.op} ${schema.version} ${wide ?? ''}${opset === first ? '' : `@${opset}`}: ${key}`;
    }
  }
  return undefined;
}
