import { type TensorProto, tensorOf } from '../../onnx/index.js';
import { int64Tensor } from '../../onnx/tensors.js';
import { allocate, type DType } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { showShape } from '../../tensor/shape.js';
import type { Names } from './names.js';

/** Most bytes of constants: a protobuf message ends at 2 GiB, and the nodes need some of them. */
const largestConstants = 2 ** 31 - 2 ** 26;

/** The constants of a model. All stand in the outermost graph, where subgraphs see them too, and equal ones are shared. */
export class Initializers {
  readonly tensors: TensorProto[] = [];
  private readonly byKey = new Map<string, string>();
  private readonly byArray = new Map<NDArray, string>();
  private bytes = 0;

  constructor(private readonly names: Names) {}

  scalar(value: number, dtype: DType): string {
    return this.shared(`${dtype} ${Object.is(value, -0) ? '-0' : value}`, (name) => {
      const data = allocate(dtype, 1);
      data[0] = dtype === 'i64' ? BigInt(value) : value;
      return tensorOf(name, { dtype, shape: [], data });
    });
  }

  ints(values: readonly number[]): string {
    return this.shared(`[${values.join()}]`, (name) => int64Tensor(name, values));
  }

  /** The array's memory is referenced, and copied once when the model is encoded. */
  constant(array: NDArray): string {
    const { dtype, shape, data } = array;
    if (shape.length === 0 && Number.isSafeInteger(Number(data[0]))) return this.scalar(Number(data[0]), dtype);
    let name = this.byArray.get(array);
    if (name === undefined) {
      this.bytes += data.byteLength;
      if (this.bytes > largestConstants) {
        throw new InputError(
          `load: with the constant of ${dtype} ${showShape(shape)} the program's constants take ${this.bytes} bytes, but an ONNX model ends at 2 GiB; pass large arrays as inputs`,
        );
      }
      name = this.names.fresh('c');
      this.byArray.set(array, name);
      this.tensors.push(tensorOf(name, array));
    }
    return name;
  }

  private shared(key: string, make: (name: string) => TensorProto): string {
    let name = this.byKey.get(key);
    if (name === undefined) {
      name = this.names.fresh('c');
      this.byKey.set(key, name);
      this.tensors.push(make(name));
    }
    return name;
  }
}
