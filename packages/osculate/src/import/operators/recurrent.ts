import { concat, scan } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { sameShape } from '../../tensor/shape.js';
import type { Importer, NodeCall } from '../node-call.js';
import { hardSigmoid, softsign, thresholdedRelu } from './activations.js';
import { entry, gateRows } from './gate-rows.js';
import { iota, numbers } from './integers.js';
import type { OperatorTable } from './table.js';

type Activation = (x: Tensor) => Tensor;

interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  /** One step: next states (the hidden one first) from the input's part of all gates. */
  step(cell: Cell, input: Tensor, states: readonly Tensor[]): readonly Tensor[];
}

/** The weights and functions of one direction. */
interface Cell {
  readonly hidden: number;
  /** Where the block of each gate stands in the products. */
  readonly places: readonly number[];
  /** `[hidden, gates·hidden]`. */
  readonly recurrence: Tensor;
  /** GRU: what is added to the recurrent products behind which the reset gate acts. */
  readonly recurrentBias: Tensor | undefined;
  /** Weights from the cell state to the gates i, o and f. */
  readonly peepholes: readonly Tensor[] | undefined;
  readonly activations: readonly Activation[];
  readonly clip: (x: Tensor) => Tensor;
  /** LSTM: the forget gate is 1 − the input gate. GRU: the reset gate acts behind the product. */
  readonly variant: boolean;
}

const rnn: Kind = {
  gates: 1,
  activations: ['Tanh'],
  step: (cell, input, [h]) => [cell.activations[0]!(cell.clip(input.add(h!.matmul(cell.recurrence))))],
};

const lstm: Kind = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  step: ({ places, recurrence, peepholes: p, activations: [f, g, h], clip, variant }, input, [last, c]) => {
    const all = input.add(last!.matmul(recurrence)).split(4, -1);
    const gate = (i: number, peephole?: Tensor): Tensor => {
      const own = all[places[i]!]!;
      return clip(peephole ? own.add(peephole) : own);
    };
    const i = f!(gate(0, p && c!.mul(p[0]!)));
    const forget = variant ? i.neg().add(1) : f!(gate(2, p && c!.mul(p[2]!)));
    const next = forget.mul(c!).add(i.mul(g!(gate(3))));
    const o = f!(gate(1, p && next.mul(p[1]!)));
    return [o.mul(h!(next)), next];
  },
};

const gru: Kind = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  step: ({ hidden, places, recurrence, recurrentBias, activations: [f, g], clip, variant }, input, [h]) => {
    const parts = (t: Tensor): [Tensor, Tensor] => t.split([2 * hidden, hidden], -1) as [Tensor, Tensor];
    const [gates, own] = parts(input);
    const bias = (x: Tensor): Tensor => (recurrentBias ? x.add(recurrentBias) : x);
    // Where the reset gate acts behind the product, one product gives all gates.
    const [ofGates, ofCandidate] = variant ? parts(bias(h!.matmul(recurrence))) : [];
    const [zr, candidate] = variant ? [] : parts(recurrence);
    const both = gates
      .add(ofGates ?? h!.matmul(zr!))
      .split(2, -1)
      .map((t) => f!(clip(t)));
    const [z, r] = [both[places[0]!]!, both[places[1]!]!];
    const recurrent = ofCandidate ? r.mul(ofCandidate) : r.mul(h!).matmul(candidate!);
    const next = g!(clip(own.add(recurrent)));
    return [next.add(z.mul(h!.sub(next)))];
  },
};

/** Activation functions by name; those with factors take them from the lists in turn. */
function activationsOf(call: NodeCall, kind: Kind, directions: number): Activation[] {
  const defaults = iota(directions).flatMap(() => kind.activations);
  const names = call.strings('activations') ?? defaults;
  if (names.length !== defaults.length)
    call.refuse(`there are ${names.length} activations instead of ${defaults.length}`);
  const [alphas, betas] = [[...(call.floats('activation_alpha') ?? [])], [...(call.floats('activation_beta') ?? [])]];
  const alpha = (fallback: number): number => alphas.shift() ?? fallback;
  const beta = (fallback: number): number => betas.shift() ?? fallback;
  return names.map((name) => activation(call, name.toLowerCase(), alpha, beta));
}

type Factor = (fallback: number) => number;

function activation(call: NodeCall, name: string, alpha: Factor, beta: Factor): Activation {
  const factors = (a: number, b: number): [number, number] => [alpha(a), beta(b)];
  switch (name) {
    case 'relu':
      return (x) => x.relu();
    case 'tanh':
      return (x) => x.tanh();
    case 'sigmoid':
      return (x) => x.sigmoid();
    case 'softsign':
      return softsign;
    case 'softplus':
      return (x) => x.softplus();
    case 'leakyrelu': {
      const a = alpha(0.01);
      return (x) => x.leakyRelu(a);
    }
    case 'thresholdedrelu': {
      const a = alpha(1);
      return (x) => thresholdedRelu(x, a);
    }
    case 'elu': {
      const a = alpha(1);
      return (x) => x.elu(a);
    }
    case 'affine': {
      const [a, b] = factors(1, 0);
      return (x) => x.mul(a).add(b);
    }
    case 'scaledtanh': {
      const [a, b] = factors(1, 1);
      return (x) => x.mul(b).tanh().mul(a);
    }
    case 'hardsigmoid': {
      const [a, b] = factors(0.2, 0.5);
      return (x) => hardSigmoid(x, a, b);
    }
    default:
      return call.refuse(`the activation '${name}' is unknown`);
  }
}

interface Weights {
  readonly cell: Cell;
  readonly input: Tensor;
  /** What is added to every step's gates outside the loop. */
  readonly bias: Tensor | undefined;
}

/** Weights and biases of all gates in one order: that in which all of them are stored, else ONNX's. */
function inOneOrder(
  kind: Kind,
  w: Tensor,
  r: Tensor,
  b: Tensor | undefined,
): readonly [readonly number[], ...Tensor[]] {
  const hidden = r.shape[1]!;
  const rows = kind.gates * hidden;
  const all = [w, r, ...(b ? [b, b] : [])].map((t, i) => gateRows(t, kind.gates, hidden, i === 3 ? rows : 0));
  const places = all[0]?.places;
  // The candidate of a GRU has to stay the last.
  const known = places && all.every((t) => t && sameShape(t.places, places)) && (kind !== gru || places[2] === 2);
  if (known) return [places, ...all.map((t) => t!.stored)];
  return [iota(kind.gates), w, r, ...(b ? b.split([rows, rows], 0) : [])];
}

/** The weights of direction d. Biases of both kinds are added together where nothing stands between them. */
function weightsOf(call: NodeCall, kind: Kind, d: number, activations: readonly Activation[]): Weights {
  const [given, givenR, b] = [entry(call.input(1), d), entry(call.input(2), d), call.inputs[3]];
  const hidden = givenR.shape[1]!;
  const rows = kind.gates * hidden;
  if (given.shape[0] !== rows || givenR.shape[0] !== rows)
    call.refuse(`its weights do not have ${kind.gates} gates of ${hidden} rows`);
  const [places, w, r, ofInput, ofState] = inOneOrder(kind, given, givenR, b && entry(b, d));
  const separate = kind === gru && call.flag('linear_before_reset', false);
  const limit = call.has('clip') ? call.float('clip') : undefined;
  const cell: Cell = {
    hidden,
    places,
    recurrence: r!.transpose([1, 0]),
    recurrentBias: separate ? ofState : undefined,
    peepholes: kind === lstm && call.inputs[7] ? entry(call.inputs[7], d).split(3, 0) : undefined,
    activations,
    clip: limit === undefined ? (x) => x : (x) => x.clip(-limit, limit),
    variant: call.flag(kind === lstm ? 'input_forget' : 'linear_before_reset', false),
  };
  const bias = ofInput && ofState && !separate ? ofInput.add(ofState) : ofInput;
  return { cell, input: w!.transpose([1, 0]), bias };
}

interface Direction {
  /** Hidden states of all steps, `[time, batch, hidden]`. */
  readonly sequence: Tensor;
  readonly last: readonly Tensor[];
}

/** One direction over x `[time, batch, inputs]`. Behind the end of a sequence the state stays and the output is 0. */
function run(
  kind: Kind,
  weights: Weights,
  x: Tensor,
  init: readonly Tensor[],
  lengths: Tensor | undefined,
  reverse: boolean,
): Direction {
  const { cell, input, bias } = weights;
  const products = x.matmul(input);
  const inputs = bias ? products.add(bias) : products;
  const steps = x.shape[0]!;
  const active = lengths
    ? numbers(iota(steps), lengths.dtype)
        .reshape([steps, 1, 1])
        .less(lengths.reshape([1, lengths.size, 1]))
    : undefined;
  const { carry, ys } = scan(
    (states, [slice, on]) => {
      const next = kind.step(cell, slice!, states);
      if (!on) return { carry: next, y: [next[0]!] };
      return { carry: next.map((s, i) => on.where(s, states[i]!)), y: [on.where(next[0]!, 0)] };
    },
    init,
    active ? [inputs, active] : [inputs],
    { reverse },
  );
  return { sequence: ys[0]!, last: carry };
}

const importer =
  (kind: Kind): Importer =>
  (call) => {
    const batchFirst = call.flag('layout', false);
    const x = batchFirst ? call.input(0).transpose([1, 0, 2]) : call.input(0);
    const direction = call.string('direction', 'forward').toLowerCase();
    const count = direction === 'bidirectional' ? 2 : 1;
    const activations = activationsOf(call, kind, count);
    const states = kind === lstm ? 2 : 1;
    const hidden = call.input(2).shape[2]!;
    const initial = (s: number, d: number): Tensor => {
      const given = call.inputs[5 + s];
      if (given === undefined) return full(0, x.dtype).expand([x.shape[1]!, hidden]);
      return entry(batchFirst ? given.transpose([1, 0, 2]) : given, d);
    };
    const runs = iota(count).map((d) => {
      const own = activations.slice(d * kind.activations.length, (d + 1) * kind.activations.length);
      const init = iota(states).map((s) => initial(s, d));
      return run(kind, weightsOf(call, kind, d, own), x, init, call.inputs[4], direction === 'reverse' || d === 1);
    });
    // [time, directions, batch, hidden] and [directions, batch, hidden], or with the batch in front.
    const sequence = concat(
      runs.map((r) => r.sequence.unsqueeze(1)),
      1,
    );
    const last = iota(states).map((s) =>
      concat(
        runs.map((r) => r.last[s]!.unsqueeze(0)),
        0,
      ),
    );
    if (!batchFirst) return [sequence, ...last];
    return [sequence.transpose([2, 0, 1, 3]), ...last.map((t) => t.transpose([1, 0, 2]))];
  };

export const recurrent: OperatorTable = { GRU: importer(gru), LSTM: importer(lstm), RNN: importer(rnn) };
