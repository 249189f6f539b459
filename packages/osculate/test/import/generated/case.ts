import type { AttributeInput } from '../../../src/onnx/attributes.js';
import type { DataTypeName } from '../../../src/onnx/data-type.js';
import type { NodeProto } from '../../../src/onnx/index.js';
import type { Shape } from '../../../src/tensor/index.js';

export type Numbers = readonly (number | bigint)[];

/** How values are drawn: `ones` are 1 and 2, `distinct` all differ, `wide` are of the whole range of integers. */
export type Kind = 'small' | 'positive' | 'nonzero' | 'unit' | 'wide' | 'special' | 'distinct' | 'ones';

export interface Input {
  readonly shape: Shape;
  readonly values: Kind | Numbers;
  /** In the file, so that it is known at import. */
  readonly stored: boolean;
  /** The element type, where the schema's type parameter does not give it. */
  readonly type?: DataTypeName;
}

/** Element types by type parameter. */
export type Types = Readonly<Record<string, DataTypeName>>;

export type Attributes = Readonly<Record<string, AttributeInput>>;

export interface Result {
  readonly shape: Shape;
  readonly values: Numbers;
}

/** One use of an operator, run in all versions of it and all element types that its schemas allow. */
export interface Case {
  readonly what: string;
  readonly inputs: readonly (Input | null)[];
  readonly attributes?: Attributes | ((types: Types) => Attributes);
  /** Which outputs are asked for: so many, or those marked. */
  readonly outputs?: number | readonly boolean[];
  /** The first version that knows it, and the first that does not any more. */
  readonly since?: number;
  readonly until?: number;
  /** Which element types it is meant for. */
  readonly types?: (types: Types) => boolean;
  /** Element types of the outputs, where the schema's type parameter does not give them. */
  readonly outputTypes?: (types: Types) => readonly DataTypeName[];
  /** Greatest difference, relative to 1 + |expected|, where it is more than a few units in the last place of the element type. */
  readonly tolerance?: number;
  /** Nodes that compute the same from given inputs, where ONNX Runtime has no kernel; names of theirs begin with that of the first output. */
  readonly equivalent?: (inputs: readonly string[], outputs: readonly string[], types: Types) => readonly NodeProto[];
  /** The result in closed form, where ONNX Runtime computes none or, as a comment says, a wrong one. */
  readonly expected?: (inputs: readonly Numbers[], types: Types) => readonly Result[];
}

/** Case tables by operator. */
export type Cases = Readonly<Record<string, readonly Case[]>>;

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** An input of drawn values. */
export const t = (shape: Shape, values: Kind | Numbers = 'small'): Input => ({ shape, values, stored: false });

/** An input of given values. */
export const v = (values: Numbers, shape: Shape = [values.length]): Input => ({ shape, values, stored: false });

/** A scalar. */
export const s = (value: number): Input => ({ shape: [], values: [value], stored: false });

/** The same input, in the file. */
export const stored = (input: Input): Input => ({ ...input, stored: true });

/** Given values in the file: axes, shapes, bounds. */
export const c = (values: Numbers | number, shape?: Shape): Input => {
  const list = typeof values === 'number' ? [values] : values;
  return { shape: shape ?? (typeof values === 'number' ? [] : [list.length]), values: list, stored: true };
};

/** The same input in a type of its own. */
export const as = (type: DataTypeName, input: Input): Input => ({ ...input, type });

export const count = (input: Input): number => sizeOf(input.shape);

export const isFloatType = (type: DataTypeName | undefined): boolean => /float|double/.test(type ?? '');
