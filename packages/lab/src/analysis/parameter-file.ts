import { readSafetensors, type SafetensorsFile } from 'osculate/data';
import { InputError, type NDArray, type ParameterLayout } from 'osculate/tensor';
import { contentsOf } from '../file-contents.js';
import { UsageError } from '../usage-error.js';

function flatIn({ tensors }: SafetensorsFile, file: string, layout: ParameterLayout): NDArray['data'] | undefined {
  const flat = tensors['state.parameters'];
  if (flat === undefined) return undefined;
  if (flat.data.length === layout.size) return flat.data;
  throw new UsageError(
    `${file}: the checkpoint has ${flat.data.length} parameters and this model ${layout.size}; it is of another model`,
  );
}

function namedIn({ tensors }: SafetensorsFile, file: string, layout: ParameterLayout): Float64Array {
  const flat = new Float64Array(layout.size);
  for (const { name, shape, offset } of layout.slots) {
    const array = tensors[name];
    if (array === undefined) {
      const there = Object.keys(tensors).slice(0, 8).join(', ');
      throw new UsageError(`${file}: there is no tensor "${name}"; the file holds ${there || 'none'}`);
    }
    if (array.shape.length !== shape.length || array.shape.some((d, i) => d !== shape[i])) {
      throw new UsageError(
        `${file}: "${name}" has shape [${array.shape.join(', ')}], the parameter [${shape.join(', ')}]`,
      );
    }
    for (let i = 0; i < array.data.length; i++) flat[offset + i] = Number(array.data[i]);
  }
  return flat;
}

/**
 * The parameters in a safetensors file as a flat vector: those of a checkpoint of a run, or one tensor for each parameter by its name.
 * @throws UsageError for a file that cannot be read or is of another model
 */
export function parametersIn(file: string, layout: ParameterLayout): Float32Array | Float64Array {
  const bytes = contentsOf(file);
  try {
    const content = readSafetensors(bytes);
    const values = flatIn(content, file, layout) ?? namedIn(content, file, layout);
    return layout.dtype === 'f32'
      ? Float32Array.from(values as Float64Array)
      : Float64Array.from(values as Float64Array);
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}
