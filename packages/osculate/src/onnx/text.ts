import { InputError } from '../tensor/errors.js';

// A byte-order mark is part of a name: dropping it would make two names equal.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/** The text of `bytes[start, end)`, or undefined when it is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
  // Names are short and ASCII: a loop beats the decoder there by several times.
  if (end - start <= 32) {
    let text = '';
    let i = start;
    for (; i < end && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!);
    if (i === end) return text;
  }
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** UTF-8 bytes; throws an InputError for half a surrogate pair, which has none. */
export function encodeUtf8(text: string): Uint8Array {
  if (loneSurrogate.test(text)) {
    throw new InputError(`the text ${JSON.stringify(text)} holds half a surrogate pair, which UTF-8 cannot express`);
  }
  return encoder.encode(text);
}
