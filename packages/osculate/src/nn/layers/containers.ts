import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { parameters } from '../../tensor/parameters.js';
import { generator } from '../../tensor/random.js';
import { type Shape, sameShape, showShape, sizeOf } from '../../tensor/shape.js';
import { children, leaves } from '../../tensor/tree.js';
import { trainingContext } from '../context.js';
import { type AnyLayer, asLayer, type Layer, type LayerLike, type Parameters } from '../layer.js';

/** Layers one after another. */
export interface Sequential extends Layer {
  /**
   * The layers as a table: names, kinds, numbers of parameters, and the shapes of their outputs for inputs of a shape (that of one row).
   * @example
   * sequential([dense(2, 32), tanh(), dense(32, 2)]).summary([2]);
   */
  summary(inputShape?: Shape): string;
}

interface NamedLayer {
  readonly name: string;
  readonly layer: AnyLayer;
}

/** Rows of a table as text: numbers to the right, all else to the left. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function summaryOf(named: readonly NamedLayer[], inputShape?: Shape): string {
  const rows: string[][] = [['layer', 'kind', 'parameters', ...(inputShape ? ['output'] : [])]];
  const context = trainingContext();
  // Two rows: one could be taken for an axis that is broadcast.
  let x = inputShape && input('x', 'f32', [2, ...inputShape]);
  let total = 0;
  for (const { name, layer } of named) {
    const arrays = layer.init(generator(0));
    const count = leaves<NDArray>(arrays).reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
    total += count;
    if (x) x = layer.apply(parameters(arrays, `${name}.`), x, context);
    rows.push([name, layer.label ?? 'layer', String(count), ...(x ? [`[rows, ${x.shape.slice(1).join(', ')}]`] : [])]);
  }
  rows.push(['total', '', String(total), ...(inputShape ? [''] : [])]);
  return tableOf(rows);
}

/**
 * Layers one after another; a function of a tensor is a layer without parameters. A list names parameters by position (`0.weight`, as
 * PyTorch's Sequential); an object by its keys, in their order.
 * @throws InputError for anything that is no layer.
 * @example
 * const net = sequential([dense(2, 32), tanh(), (x) => x.mul(2), dense(32, 2)]);
 */
export function sequential(layers: readonly LayerLike[] | Readonly<Record<string, LayerLike>>): Sequential {
  if (typeof layers !== 'object' || layers === null || 'init' in layers) {
    throw new InputError(
      'sequential: give the layers in a list, as sequential([dense(2, 3), tanh()]), or in an object by name',
    );
  }
  const named = Object.entries(layers).map(([name, part]) => ({
    name,
    layer: asLayer(`sequential: layer "${name}"`, part),
  }));
  return {
    label: `sequential of ${named.length}`,
    summary: (shape) => summaryOf(named, shape),
    init: (generator, dtype = 'f32') => {
      const drawn = named.map(({ name, layer }): [string, Parameters] => [name, layer.init(generator, dtype)]);
      return Array.isArray(layers) ? drawn.map(([, parameters]) => parameters) : Object.fromEntries(drawn);
    },
    apply: (weights, x, context) => {
      const own = new Map(children<Tensor>(weights));
      return named.reduce((value, { name, layer }) => {
        const found = own.get(name);
        if (found === undefined) throw new InputError(`sequential: there are no weights for layer "${name}"`);
        return layer.apply(found, value, context);
      }, x);
    },
  };
}

/**
 * x + layer(x); shapes must agree.
 * @example
 * const net = sequential([dense(2, 32), residual(sequential([dense(32, 32), tanh()])), dense(32, 2)]);
 */
export function residual<P>(layer: Layer<P>): Layer<P> {
  asLayer('residual: the argument', layer);
  return {
    label: `residual ${layer.label ?? ''}`.trimEnd(),
    init: (generator, dtype) => layer.init(generator, dtype),
    apply: (weights, x, context) => {
      const change = layer.apply(weights, x, context);
      // Addition would broadcast, which is never meant here.
      if (!sameShape(change.shape, x.shape)) {
        throw new ShapeError(`residual: the layer turns ${describe(x)} into shape ${showShape(change.shape)}`);
      }
      return x.add(change);
    },
  };
}
