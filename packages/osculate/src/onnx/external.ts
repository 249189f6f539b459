import { InputError } from '../tensor/errors.js';
import type { TensorProto } from './types.js';

/** Where the bytes of a tensor lie when they are not in the model file. */
export interface ExternalReference {
  /** Path relative to the folder of the model; never absolute and never outside of it. */
  readonly location: string;
  /** First byte. */
  readonly offset: number;
  /** Number of bytes; absent: to the end of the file. */
  readonly length?: number;
}

/** True for a tensor whose `dataLocation` is EXTERNAL. */
export function isExternal(t: TensorProto): boolean {
  return t.dataLocation === 1;
}

function integerEntry(t: TensorProto, key: string): number | undefined {
  const text = t.externalData?.find((e) => e.key === key)?.value;
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new InputError(`tensor '${t.name ?? ''}': '${key}' of its external data is '${text}', not a number of bytes`);
  }
  return value;
}

/**
 * The reference in a tensor's `externalData`.
 *
 * @throws InputError when there is no location, when it leads out of the model's folder, or when a number is malformed.
 * @example
 * const { graph } = decodeModel(await readFileBytes('model.onnx'));
 * const files = graph!.initializer.filter(({ dataLocation }) => dataLocation === 1).map((t) => externalReference(t).location);
 * files.length; // 0
 */
export function externalReference(t: TensorProto): ExternalReference {
  const location = t.externalData?.find((e) => e.key === 'location')?.value;
  if (location === undefined || location === '') {
    throw new InputError(`tensor '${t.name ?? ''}': its data are external, but no 'location' is given`);
  }
  if (/^[/\\]|^[A-Za-z]:|\0/.test(location) || location.split(/[/\\]/).includes('..')) {
    throw new InputError(`tensor '${t.name ?? ''}': the location '${location}' leads out of the model's folder`);
  }
  const offset = integerEntry(t, 'offset') ?? 0;
  const length = integerEntry(t, 'length');
  return length === undefined ? { location, offset } : { location, offset, length };
}
