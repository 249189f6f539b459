/** Layers written as plain loops over nested arrays: the oracle of the layers' tests. */

export type Vector = number[];
export type Matrix = number[][];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** W·x + b. */
export function affine(weight: Matrix, x: Vector, bias?: Vector): Vector {
  return weight.map((row, i) => row.reduce((sum, w, j) => sum + w * x[j]!, bias?.[i] ?? 0));
}

const add = (a: Vector, b: Vector): Vector => a.map((v, i) => v + b[i]!);

export interface RecurrentWeights {
  readonly weight_ih: Matrix;
  readonly weight_hh: Matrix;
  readonly bias_ih: Vector;
  readonly bias_hh: Vector;
}

type Step = (x: Vector, state: { h: Vector; c: Vector }) => { h: Vector; c: Vector };

/** Hidden states over time of one sequence `[time][inputs]`. */
function unroll(step: Step, xs: Matrix, hidden: number, reverse: boolean): Matrix {
  let state = { h: new Array<number>(hidden).fill(0), c: new Array<number>(hidden).fill(0) };
  const out: Matrix = new Array(xs.length);
  for (let k = 0; k < xs.length; k++) {
    const t = reverse ? xs.length - 1 - k : k;
    state = step(xs[t]!, state);
    out[t] = state.h;
  }
  return out;
}

export function rnn(w: RecurrentWeights, xs: Matrix, reverse = false, f: (x: number) => number = Math.tanh): Matrix {
  const step: Step = (x, { h, c }) => ({
    h: add(affine(w.weight_ih, x, w.bias_ih), affine(w.weight_hh, h, w.bias_hh)).map(f),
    c,
  });
  return unroll(step, xs, w.weight_hh[0]!.length, reverse);
}

export function lstm(w: RecurrentWeights, xs: Matrix, reverse = false): Matrix {
  const n = w.weight_hh[0]!.length;
  const step: Step = (x, { h, c }) => {
    const gates = add(affine(w.weight_ih, x, w.bias_ih), affine(w.weight_hh, h, w.bias_hh));
    const next = c.map((v, k) => sigmoid(gates[n + k]!) * v + sigmoid(gates[k]!) * Math.tanh(gates[2 * n + k]!));
    return { c: next, h: next.map((v, k) => sigmoid(gates[3 * n + k]!) * Math.tanh(v)) };
  };
  return unroll(step, xs, n, reverse);
}

export function gru(w: RecurrentWeights, xs: Matrix, reverse = false): Matrix {
  const n = w.weight_hh[0]!.length;
  const step: Step = (x, { h, c }) => {
    const gx = affine(w.weight_ih, x, w.bias_ih);
    const gh = affine(w.weight_hh, h, w.bias_hh);
    const next = h.map((v, k) => {
      const r = sigmoid(gx[k]! + gh[k]!);
      const z = sigmoid(gx[n + k]! + gh[n + k]!);
      const candidate = Math.tanh(gx[2 * n + k]! + r * gh[2 * n + k]!);
      return (1 - z) * candidate + z * v;
    });
    return { h: next, c };
  };
  return unroll(step, xs, n, reverse);
}

export function softmax(x: Vector): Vector {
  const top = Math.max(...x);
  const e = x.map((v) => Math.exp(v - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

/** Attention of one head over `[time][size]`. */
export function attention(q: Matrix, k: Matrix, v: Matrix, causal: boolean): Matrix {
  return q.map((query, i) => {
    const seen = causal ? k.slice(0, i + 1) : k;
    const p = softmax(seen.map((key) => key.reduce((sum, a, d) => sum + a * query[d]!, 0) / Math.sqrt(query.length)));
    return v[0]!.map((_, d) => p.reduce((sum, a, j) => sum + a * v[j]![d]!, 0));
  });
}

export interface Affine {
  readonly weight: Matrix;
  readonly bias?: Vector;
}

/** Multi-head self-attention of one sequence: head h reads and writes columns h·d … (h+1)·d − 1. */
export function multiHead(
  w: { query: Affine; key: Affine; value: Affine; output: Affine },
  xs: Matrix,
  heads: number,
  causal: boolean,
): Matrix {
  const [q, k, v] = [w.query, w.key, w.value].map((p) => xs.map((x) => affine(p.weight, x, p.bias)));
  const d = xs[0]!.length / heads;
  const mixed: Matrix = xs.map(() => []);
  for (let h = 0; h < heads; h++) {
    const cut = (m: Matrix): Matrix => m.map((row) => row.slice(h * d, (h + 1) * d));
    attention(cut(q!), cut(k!), cut(v!), causal).forEach((row, t) => {
      mixed[t]!.push(...row);
    });
  }
  return mixed.map((row) => affine(w.output.weight, row, w.output.bias));
}

export function layerNorm({ weight, bias }: { weight: Vector; bias: Vector }, x: Vector, epsilon = 1e-5): Vector {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
  return x.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * weight[i]! + bias[i]!);
}

/** x·Φ(x) by the series of positive terms Φ(x) = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004). */
export function gelu(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return x * (0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI));
}

export interface ConvSettings {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** Cross-correlation of one image `[channels][h][w]`. */
export function conv(
  x: number[][][],
  weight: number[][][][],
  bias: Vector | undefined,
  { stride, padding, dilation, groups }: ConvSettings,
): number[][][] {
  const [h, w] = [x[0]!.length, x[0]![0]!.length];
  const [kh, kw] = [weight[0]![0]!.length, weight[0]![0]![0]!.length];
  const rows = Math.floor((h + 2 * padding[0] - dilation[0] * (kh - 1) - 1) / stride[0]) + 1;
  const columns = Math.floor((w + 2 * padding[1] - dilation[1] * (kw - 1) - 1) / stride[1]) + 1;
  return weight.map((filter, o) => {
    const first = Math.floor(o / (weight.length / groups)) * filter.length;
    return Array.from({ length: rows }, (_, r) =>
      Array.from({ length: columns }, (__, c) => {
        let sum = bias?.[o] ?? 0;
        filter.forEach((plane, i) => {
          plane.forEach((line, a) => {
            line.forEach((value, b) => {
              const y = r * stride[0] + a * dilation[0] - padding[0];
              const z = c * stride[1] + b * dilation[1] - padding[1];
              sum += value * (x[first + i]![y]?.[z] ?? 0);
            });
          });
        });
        return sum;
      }),
    );
  });
}
