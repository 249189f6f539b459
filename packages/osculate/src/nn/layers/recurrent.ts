import { concat, scan } from '../../ops/index.js';
import { checkNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { TensorsOf } from '../../tensor/parameters.js';
import { checkChoice, checkSizes } from '../check.js';
import { uniform } from '../initializers.js';
import { asLayer, type Layer } from '../layer.js';

export interface RecurrentOptions {
  /** `sequence`: the hidden state after every step, `[batch, time, hidden]` (default); `last`: after the last, `[batch, hidden]`. */
  readonly output?: 'sequence' | 'last';
  /** Runs from the last step to the first; outputs stay at their positions. */
  readonly reverse?: boolean;
  /** For `rnn`: default tanh. */
  readonly activation?: 'tanh' | 'relu';
}

/** Names and layouts of PyTorch's RNNCell, LSTMCell and GRUCell: `[gates·hidden, inputs]`, `[gates·hidden, hidden]`, `[gates·hidden]` twice. */
export type RecurrentParameters = {
  readonly weight_ih: NDArray;
  readonly weight_hh: NDArray;
  readonly bias_ih: NDArray;
  readonly bias_hh: NDArray;
};

interface Cell {
  readonly name: string;
  readonly gates: number;
  /** Whether the recurrent bias can be added outside the loop together with the input's. */
  readonly hoistBias: boolean;
  /** Next carries from the input's contribution `[batch, gates·hidden]` at one step; the first carry is the hidden state. */
  step(input: Tensor, carries: readonly Tensor[], weights: TensorsOf<RecurrentParameters>): readonly Tensor[];
  readonly carries: number;
}

/** The pieces of the last axis, each of `hidden` elements. */
function pieces(t: Tensor, count: number): Tensor[] {
  const hidden = t.shape[1]! / count;
  return Array.from({ length: count }, (_, i) => t.slice([0, i * hidden], [t.shape[0]!, (i + 1) * hidden]));
}

function recurrent(cell: Cell, inputs: number, hidden: number, options: RecurrentOptions): Layer<RecurrentParameters> {
  const { name } = cell;
  checkSizes(name, { inputs, hidden });
  checkNames<RecurrentOptions>(name, options, { output: 1, reverse: 1, activation: 1 });
  checkChoice(`${name}: output`, options.output, ['sequence', 'last']);
  checkChoice(`${name}: activation`, options.activation, ['tanh', 'relu']);
  const rows = cell.gates * hidden;
  return {
    label: `${name}(${inputs}, ${hidden})`,
    init: (generator, dtype = 'f32') => {
      const draw = uniform(1 / Math.sqrt(hidden));
      return {
        weight_ih: draw(generator, [rows, inputs], dtype),
        weight_hh: draw(generator, [rows, hidden], dtype),
        bias_ih: draw(generator, [rows], dtype),
        bias_hh: draw(generator, [rows], dtype),
      };
    },
    apply: (weights, x) => {
      if (x.rank !== 3 || x.shape[2] !== inputs) {
        throw new ShapeError(
          `${cell.name}(${inputs}, ${hidden}): needs input [batch, time, ${inputs}], got ${describe(x)}`,
        );
      }
      const bias = cell.hoistBias ? weights.bias_ih.add(weights.bias_hh) : weights.bias_ih;
      // One product for all steps: only the recurrent product has to stay in the loop.
      const projected = x.transpose([1, 0, 2]).product(weights.weight_ih, false, true).add(bias);
      const start = full(0, x.dtype).expand([x.shape[0]!, hidden]);
      const { carry, ys } = scan(
        (carries: readonly Tensor[], [step]: readonly Tensor[]) => {
          const next = cell.step(step!, carries, weights);
          return { carry: next, y: options.output === 'last' ? [] : [next[0]!] };
        },
        new Array<Tensor>(cell.carries).fill(start),
        [projected],
        { reverse: options.reverse ?? false },
      );
      return options.output === 'last' ? carry[0]! : ys[0]!.transpose([1, 0, 2]);
    },
  };
}

/**
 * Elman network: h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh).
 * @example
 * const net = sequential([rnn(3, 16, { output: 'last' }), dense(16, 2)]); // [batch, time, 3] → [batch, 2]
 */
export function rnn(inputs: number, hidden: number, options: RecurrentOptions = {}): Layer<RecurrentParameters> {
  const cell: Cell = {
    name: 'rnn',
    gates: 1,
    carries: 1,
    hoistBias: true,
    step: (input, [h], { weight_hh }) => {
      const sum = input.add(h!.product(weight_hh, false, true));
      return [options.activation === 'relu' ? sum.relu() : sum.tanh()];
    },
  };
  return recurrent(cell, inputs, hidden, options);
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997) with gates i, f, g, o in PyTorch's order:
 * c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′).
 * @example
 * const net = sequential([lstm(3, 16, { output: 'last' }), dense(16, 2)]); // [batch, time, 3] → [batch, 2]
 */
export function lstm(inputs: number, hidden: number, options: RecurrentOptions = {}): Layer<RecurrentParameters> {
  const cell: Cell = {
    name: 'lstm',
    gates: 4,
    carries: 2,
    hoistBias: true,
    step: (input, [h, c], { weight_hh }) => {
      const [i, f, g, o] = pieces(input.add(h!.product(weight_hh, false, true)), 4) as [Tensor, Tensor, Tensor, Tensor];
      const next = f.sigmoid().mul(c!).add(i.sigmoid().mul(g.tanh()));
      return [o.sigmoid().mul(next.tanh()), next];
    },
  };
  return recurrent(cell, inputs, hidden, options);
}

/**
 * Gated recurrent unit (Cho et al. 2014) with gates r, z, n in PyTorch's order: n = tanh(x_n + r·(W_hn·h + b_hn)),
 * h′ = (1 − z)·n + z·h.
 * @example
 * const net = sequential([gru(3, 16, { output: 'last' }), dense(16, 2)]); // [batch, time, 3] → [batch, 2]
 */
export function gru(inputs: number, hidden: number, options: RecurrentOptions = {}): Layer<RecurrentParameters> {
  const cell: Cell = {
    name: 'gru',
    gates: 3,
    carries: 1,
    hoistBias: false,
    step: (input, [h], { weight_hh, bias_hh }) => {
      const [xr, xz, xn] = pieces(input, 3) as [Tensor, Tensor, Tensor];
      const [hr, hz, hn] = pieces(h!.product(weight_hh, false, true).add(bias_hh), 3) as [Tensor, Tensor, Tensor];
      const z = xz.add(hz).sigmoid();
      const n = xn.add(xr.add(hr).sigmoid().mul(hn)).tanh();
      return [n.add(z.mul(h!.sub(n)))];
    },
  };
  return recurrent(cell, inputs, hidden, options);
}

/**
 * Runs one recurrent layer forwards and another backwards and joins their outputs on the last axis.
 * @example
 * const net = sequential([bidirectional(lstm(3, 16), lstm(3, 16, { reverse: true })), dense(32, 5)]);
 */
export function bidirectional(
  forwards: Layer<RecurrentParameters>,
  backwards: Layer<RecurrentParameters>,
): Layer<{ readonly forwards: RecurrentParameters; readonly backwards: RecurrentParameters }> {
  asLayer('bidirectional: the layer forwards', forwards);
  asLayer('bidirectional: the layer backwards', backwards);
  return {
    label: `bidirectional ${forwards.label ?? ''}`.trimEnd(),
    init: (generator, dtype = 'f32') => ({
      forwards: forwards.init(generator, dtype),
      backwards: backwards.init(generator, dtype),
    }),
    apply: (weights, x, context) =>
      concat([forwards.apply(weights.forwards, x, context), backwards.apply(weights.backwards, x, context)], -1),
  };
}
