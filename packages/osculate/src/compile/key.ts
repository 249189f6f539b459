import type { Node } from '../tensor/ir.js';
import { constantOp } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';

/** Gives every object a small number, so that object identity can be part of a string key. */
export class Identities {
  private readonly ids = new Map<object, number>();

  of(object: object): number {
    let id = this.ids.get(object);
    if (id === undefined) {
      id = this.ids.size;
      this.ids.set(object, id);
    }
    return id;
  }
}

/** Constants up to this many elements are compared by value, larger ones by identity. */
const smallConstant = 64;

function constantKey(value: NDArray, ids: Identities): string {
  if (value.data.length > smallConstant) return `c${ids.of(value.data)}:${value.dtype}[${value.shape.join()}]`;
  const items = Array.from(value.data as ArrayLike<number | bigint>, (v) => (Object.is(v, -0) ? '-0' : String(v)));
  return `c${value.dtype}[${value.shape.join()}]${items.join()}`;
}

function attributeKey(value: unknown, ids: Identities): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (Array.isArray(value)) return `[${value.map((v) => attributeKey(v, ids)).join()}]`;
  const proto = Object.getPrototypeOf(value);
  // Graphs of structured ops and typed arrays count as equal only when they are the same object.
  if ((proto !== Object.prototype && proto !== null) || 'outputs' in value) return `#${ids.of(value)}`;
  return `{${Object.entries(value)
    .map(([k, v]) => `${k}:${attributeKey(v, ids)}`)
    .join()}}`;
}

/** Ops whose result does not depend on the order of their operands, to the last bit. */
const commutative = new Set(['add', 'mul', 'maximum', 'minimum', 'equal', 'notEqual', 'logicalAnd', 'logicalOr']);

/** Equal for two nodes that compute the same: same op, same attributes, same inputs (in any order where that is all the same). */
export function nodeKey(node: Pick<Node, 'op' | 'attrs'>, inputs: readonly object[], ids: Identities): string {
  if (node.op === (constantOp as unknown)) return constantKey((node.attrs as { value: NDArray }).value, ids);
  const operands = inputs.map((t) => ids.of(t));
  if (commutative.has(node.op.name)) operands.sort((a, b) => a - b);
  return `${node.op.name}(${operands.join()})${attributeKey(node.attrs, ids)}`;
}
