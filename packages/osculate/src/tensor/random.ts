import { showValue } from './check-value.js';
import { InputError } from './errors.js';

/**
 * A seeded generator of random numbers (xoshiro128**, Blackman and Vigna 2018; seeded by splitmix32), passed in wherever
 * randomness is used. The state is four 32-bit words and can be saved and restored exactly.
 */
export interface Generator {
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Standard normal (polar method of Marsaglia; no value is kept between calls, so the state is the four words alone). */
  normal(): number;
  /** Uniform integer in [0, n), without modulo bias; 1 ≤ n ≤ 2^32. */
  integer(n: number): number;
  /** −1 or +1, each with probability 1/2. */
  rademacher(): number;
  /** A uniformly random permutation of 0 … n−1 (Fisher-Yates). */
  permutation(n: number): Uint32Array;
  /** `count` different integers from 0 … n−1 in random order, every such list equally likely. RangeError when count > n. */
  sample(n: number, count: number): Uint32Array;
  /** An independent generator, seeded from this one's next outputs. */
  split(): Generator;
  /** The state to save. */
  state(): readonly [number, number, number, number];
}

function splitmix32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x9e3779b9) >>> 0;
    let t = a ^ (a >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
}

/** 0 … n−1. */
function identity(n: number): Uint32Array {
  const p = new Uint32Array(n);
  for (let i = 0; i < n; i++) p[i] = i;
  return p;
}

function swap(p: Uint32Array, i: number, j: number): void {
  const t = p[i]!;
  p[i] = p[j]!;
  p[j] = t;
}

/** From so many numbers for each that is drawn on, a list of all costs more than a map of those that were moved. */
const sparseFrom = 64;

/** The same sample as by swaps in a list of 0 … n−1, of which only the places that no longer hold their own number are kept. */
function sparseSample(n: number, count: number, integer: (n: number) => number): Uint32Array {
  const moved = new Map<number, number>();
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const j = i + integer(n - i);
    out[i] = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
  }
  return out;
}

/**
 * A generator from an integer seed (its low 53 bits), or one that continues from a saved state.
 * @example
 * const random = generator(42);
 * random.uniform(); // 0 ≤ u < 1, the same for each run of the program
 * const other = random.split(); // independent of it
 */
export function generator(seed: number | readonly [number, number, number, number]): Generator {
  let s0: number;
  let s1: number;
  let s2: number;
  let s3: number;
  if (typeof seed === 'number') {
    const low = splitmix32(seed % 4294967296);
    const high = splitmix32(Math.floor(seed / 4294967296) + 0x5bd1e995);
    [s0, s1, s2, s3] = [low() ^ high(), low() ^ high(), low() ^ high(), low() ^ high()];
    if ((s0 | s1 | s2 | s3) === 0) s0 = 1;
  } else {
    if (!Array.isArray(seed) || seed.length !== 4 || !seed.every((word) => Number.isInteger(word))) {
      throw new InputError(`generator: needs a number or a state of four integers, got ${showValue(seed)}`);
    }
    [s0, s1, s2, s3] = seed;
  }
  const rotl = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  const uint32 = (): number => {
    const result = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11);
    return result;
  };
  const uniform = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  const normal = (): number => {
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const r = u * u + v * v;
      if (r > 0 && r < 1) return u * Math.sqrt((-2 * Math.log(r)) / r);
    }
  };
  const integer = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= 4294967296))
      throw new RangeError(`integer(n): n = ${n} is not in 1 … 2^32`);
    for (;;) {
      const x = uint32();
      // Refused are the last 2^32 mod n numbers, fewer than n: the remainder, which is slow, is rarely needed to tell.
      if (x < 4294967296 - n || x < 4294967296 - (4294967296 % n)) return x - Math.floor(x / n) * n;
    }
  };
  const permutation = (n: number): Uint32Array => {
    const p = identity(n);
    for (let i = n - 1; i > 0; i--) swap(p, i, integer(i + 1));
    return p;
  };
  const sample = (n: number, count: number): Uint32Array => {
    if (!(Number.isInteger(count) && count >= 0 && count <= n))
      throw new RangeError(`sample(n, count): ${count} of ${n} cannot be drawn without repetition`);
    if (n > sparseFrom * count) return sparseSample(n, count, integer);
    const p = identity(n);
    for (let i = 0; i < count; i++) swap(p, i, i + integer(n - i));
    return p.slice(0, count);
  };
  return {
    uint32,
    uniform,
    normal,
    integer,
    rademacher: () => ((uint32() & 1) === 0 ? -1 : 1),
    permutation,
    sample,
    split: () => generator(uint32() * 2097152 + (uint32() >>> 11)),
    state: () => [s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0],
  };
}
