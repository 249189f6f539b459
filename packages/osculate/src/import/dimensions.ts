import type { TypeProto, ValueInfoProto } from '../onnx/index.js';
import type { OptionNames } from '../tensor/check-options.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { checkShape, type Shape, showShape } from '../tensor/shape.js';

/** What binds the sizes that a file leaves open. */
export interface DimensionOptions {
  /** Sizes of symbolic dimensions by their names in the file. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** Whole shapes of inputs by name; needed where dimensions have no name. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
}

export const dimensionOptions: OptionNames<DimensionOptions> = { dimensions: 1, inputShapes: 1 };

/** The file's shape of an input as text: sizes, names, `?` for any. */
function describeShape(type: TypeProto | undefined): string {
  const dims = type?.tensorType?.shape?.dim;
  return dims === undefined ? 'of unknown rank' : `[${dims.map((d) => d.dimValue ?? (d.dimParam || '?')).join(', ')}]`;
}

function fitShape({ name = '', type }: ValueInfoProto, shape: Shape): Shape {
  checkShape(shape, `shape of input '${name}'`);
  const dims = type?.tensorType?.shape?.dim;
  const fits =
    dims === undefined || (dims.length === shape.length && dims.every((d, i) => (d.dimValue ?? shape[i]) === shape[i]));
  if (!fits) {
    throw new ShapeError(
      `importOnnx: the shape ${showShape(shape)} given for input '${name}' does not fit ${describeShape(type)} in the file`,
    );
  }
  return shape;
}

/** An open first dimension counts rows, of which a call may have any number: it is tried with these. */
const openRows = 2;

/** The static shape of an input, or undefined where some dimension is open. */
function staticShape(value: ValueInfoProto, options: DimensionOptions): Shape | undefined {
  const given = options.inputShapes?.[value.name ?? ''];
  if (given !== undefined) return fitShape(value, given);
  const dims = value.type?.tensorType?.shape?.dim;
  const sizes = dims?.map(
    (d, axis) => d.dimValue ?? options.dimensions?.[d.dimParam ?? ''] ?? (axis === 0 ? openRows : undefined),
  );
  if (sizes === undefined || !sizes.every((d) => d !== undefined)) return undefined;
  checkShape(sizes, `shape of input '${value.name ?? ''}'`);
  return sizes;
}

/**
 * Static shapes of all inputs.
 * @throws InputError that lists every input with open dimensions; ShapeError for a given shape that contradicts the file.
 */
export function bindDimensions(inputs: readonly ValueInfoProto[], options: DimensionOptions): Map<string, Shape> {
  const open: string[] = [];
  const shapes = new Map<string, Shape>();
  for (const value of inputs) {
    const shape = staticShape(value, options);
    if (shape === undefined) open.push(`'${value.name ?? ''}' ${describeShape(value.type)}`);
    else shapes.set(value.name ?? '', shape);
  }
  if (open.length > 0) {
    throw new InputError(
      `importOnnx: sizes are open in input${open.length === 1 ? '' : 's'} ${open.join(', ')}; give named ones by options.dimensions, others by options.inputShapes`,
    );
  }
  return shapes;
}
