import type { DataTypeName } from '../../../src/onnx/data-type.js';
import { type Generator, generator } from '../../../src/tensor/index.js';
import { count, type Input, isFloatType, type Kind, type Numbers } from './case.js';

/** All numbers of the smallest float format that has no zero digits to spare: every format has them. */
const few = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

const bitsOf = (type: DataTypeName): number => (type === 'bool' ? 1 : Number(/\d+/.exec(type)![0]));

/** A float of a kind from `u` in [0, 1). */
function real(kind: Kind, g: Generator): number {
  const u = g.uniform();
  switch (kind) {
    case 'positive':
      return 0.125 + 2 * u;
    case 'unit':
      return 0.98 * (2 * u - 1);
    case 'nonzero':
      return (0.25 + 2 * u) * (g.uniform() < 0.5 ? -1 : 1);
    case 'ones':
      return 1 + g.integer(2);
    case 'wide':
      return 64 * (2 * u - 1);
    default:
      return 3 * (2 * u - 1);
  }
}

/** Values that all formats of at least 16 bits hold: with so many binary digits. */
function rounded(x: number, type: DataTypeName): number {
  if (type === 'double') return x;
  if (type === 'float') return Math.fround(x);
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x) || 1)) - 6);
  return Math.round(x / unit) * unit;
}

const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 2.5, -2.5, 0.5, 1.5];

function float(kind: Kind, type: DataTypeName, i: number, g: Generator): number {
  if (kind !== 'ones' && /^float[48]/.test(type))
    return few[kind === 'positive' || kind === 'nonzero' ? 1 + g.integer(few.length - 1) : g.integer(few.length)]!;
  if (kind === 'special') return specials[g.integer(specials.length)]!;
  if (kind === 'distinct') return ((i * 37) % 101) / 8 - 6;
  return rounded(real(kind, g), type);
}

function integer(kind: Kind, type: DataTypeName, i: number, g: Generator): number {
  const bits = bitsOf(type);
  if (bits === 1) return g.integer(2);
  const unsigned = type.startsWith('u');
  // Products of two stay exact in the double precision of the reference executor.
  if (kind === 'ones') return 1 + g.integer(2);
  const range = 2 ** (bits === 64 ? 26 : bits);
  if (kind === 'wide') return g.integer(range) - (unsigned ? 0 : range / 2);
  const most = Math.min(6, range / 2 - 1);
  if (kind === 'distinct') return unsigned ? (i * 37) % 101 : ((i * 37) % 101) - 50;
  if (kind === 'positive') return 1 + g.integer(most);
  if (kind === 'nonzero') return (1 + g.integer(most)) * (unsigned || g.uniform() < 0.5 ? 1 : -1);
  return unsigned ? g.integer(2 * most + 1) : g.integer(2 * most + 1) - most;
}

/** Seeds that depend on nothing but the text. */
function seedOf(text: string): number {
  let hash = 7;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return hash;
}

/** The values of an input in an element type; those that are drawn depend on the label. */
export function drawn(input: Input, type: DataTypeName, label: string): Numbers {
  const { values } = input;
  if (typeof values !== 'string') return values;
  const g = generator(seedOf(label));
  const draw = isFloatType(type) ? float : integer;
  return Array.from({ length: count(input) }, (_, i) => draw(values, type, i, g));
}
