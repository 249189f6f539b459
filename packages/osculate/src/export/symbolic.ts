import { DataType } from '../onnx/data-type.js';
import { type DimensionProto, type GraphProto, type TensorProto, tensorValues } from '../onnx/index.js';
import { InputError } from '../tensor/errors.js';
import { toNumbers } from '../tensor/ndarray.js';
import { type LinearSize, linearSize, showLinearSize } from './linear-size.js';
import { type SizeList, type SymbolSource, withSizes } from './size-nodes.js';

/** A size that is left open. */
export interface SizeSymbol extends SymbolSource {
  readonly name: string;
}

/** Graphs that differ in more than their sizes. */
class Difference extends InputError {}

/**
 * Sizes to trace with. Where one of them is another size of the model by chance, the graphs may differ, and the next are tried. Each
 * trial has small and large ones, so that a model which is another graph from some size on is found out.
 */
const trials = [
  [3, 11, 23],
  [5, 13, 29],
  [7, 17, 31],
] as const;

/** Several graphs of one model, each traced with another size for the symbol, as one graph. */
class Unifier {
  readonly lists = new Map<string, SizeList>();

  constructor(
    private readonly symbol: string,
    private readonly sizes: readonly number[],
  ) {}

  graph(graphs: readonly GraphProto[]): GraphProto {
    const { initializer, ...rest } = graphs[0]!;
    const others = graphs.map(({ initializer: _, ...other }) => other);
    this.equal(
      graphs.map((g) => g.initializer.length),
      'the constants',
    );
    return {
      ...(this.value(others, 'the graph') as typeof rest),
      initializer: initializer.map((_, i) => this.constant(graphs.map((g) => g.initializer[i]!))),
    };
  }

  private constant(protos: readonly TensorProto[]): TensorProto {
    const first = protos[0]!;
    const what = `constant ${first.name}`;
    const heads = protos.map(({ name, dataType, dims }) => `${name} ${dataType} [${dims}]`);
    this.equal(heads, what);
    const arrays = protos.map((proto) => toNumbers(tensorValues(proto).array));
    if (arrays.every((array) => array.every((v, i) => Object.is(v, arrays[0]![i])))) return first;
    if (first.dataType !== DataType.int64 || first.dims.length !== 1) this.fail(what);
    this.lists.set(
      first.name ?? '',
      arrays[0]!.map((_, i) =>
        this.size(
          arrays.map((array) => array[i]!),
          what,
        ),
      ),
    );
    return first;
  }

  /** Values that must agree, but for the dimensions in shapes. */
  private value(values: readonly unknown[], where: string): unknown {
    const first = values[0];
    if (typeof first !== 'object' || first === null) return this.equal(values, where);
    if (ArrayBuffer.isView(first)) {
      this.equal(
        values.map((v) => String(v)),
        where,
      );
      return first;
    }
    if (Array.isArray(first)) {
      const lists = values as readonly (readonly unknown[])[];
      this.equal(
        lists.map((list) => list.length),
        where,
      );
      return first.map((_, i) =>
        this.value(
          lists.map((list) => list[i]),
          where,
        ),
      );
    }
    return this.message(values as readonly Record<string, unknown>[], where);
  }

  private message(messages: readonly Record<string, unknown>[], where: string): unknown {
    const keys = messages.map((message) => Object.keys(message));
    this.equal(
      keys.map((list) => list.join()),
      where,
    );
    const { opType, name } = messages[0]!;
    const place = opType === undefined ? (typeof name === 'string' ? `${where}, ${name}` : where) : `a ${opType}`;
    return Object.fromEntries(
      keys[0]!.map((key) => {
        const values = messages.map((message) => message[key]);
        return [key, key === 'dim' ? this.dimensions(values as DimensionProto[][], place) : this.value(values, place)];
      }),
    );
  }

  private dimensions(shapes: readonly (readonly DimensionProto[])[], where: string): DimensionProto[] {
    this.equal(
      shapes.map((dims) => dims.length),
      where,
    );
    return shapes[0]!.map((_, i) => {
      const size = this.size(
        shapes.map((dims) => dims[i]!.dimValue!),
        where,
      );
      return typeof size === 'number' ? { dimValue: size } : { dimParam: showLinearSize(size, this.symbol) };
    });
  }

  private size(values: readonly number[], where: string): number | LinearSize {
    if (values.every((v) => v === values[0])) return values[0]!;
    return linearSize(values, this.sizes) ?? this.fail(where);
  }

  private equal(values: readonly unknown[], where: string): unknown {
    return values.every((v) => Object.is(v, values[0])) ? values[0] : this.fail(where);
  }

  /** Throws; it may stand wherever a value is needed. */
  private fail(where: string): never {
    throw new Difference(
      `exportOnnx: in ${where} the model depends on the size "${this.symbol}" in a way that a graph cannot state; export it with a number instead`,
    );
  }
}

/**
 * A graph that holds for every size of the symbol, from graphs that `trace` makes with single sizes: these must be the same but
 * for sizes that are linear in the symbol.
 * @throws InputError for a model that is another graph at another size.
 */
export function withOpenSize(symbol: SizeSymbol, trace: (size: number) => GraphProto): GraphProto {
  let difference: unknown;
  for (const sizes of trials) {
    try {
      const unifier = new Unifier(symbol.name, sizes);
      const graph = unifier.graph(sizes.map(trace));
      return withSizes(graph, unifier.lists, symbol);
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
      difference ??= error;
    }
  }
  throw difference;
}
