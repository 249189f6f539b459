import {
  dataTypeName,
  decodeModel,
  decodeTensor,
  type ModelProto,
  tensorValues,
  type ValueInfoProto,
} from '../../src/onnx/index.js';
import type { NDArray } from '../../src/tensor/index.js';
import { nodeTestFiles } from '../support/node-test-archive.js';

/** One of ONNX's node tests: a model and arrays for its inputs and outputs, in their order. */
export interface NodeTest {
  readonly name: string;
  readonly model: ModelProto;
  inputs(): readonly NDArray[];
  outputs(): readonly NDArray[];
}

/** All node tests, sorted by name. */
export function nodeTests(): NodeTest[] {
  const files = new Map<string, Map<string, Uint8Array>>();
  for (const [path, bytes] of nodeTestFiles()) {
    const [test, file] = path.split(/\/(.*)/) as [string, string];
    if (!files.has(test)) files.set(test, new Map());
    files.get(test)!.set(file, bytes);
  }
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, own]) => {
      const model = own.get('model.onnx');
      if (model === undefined) return [];
      const arrays = (kind: string): NDArray[] => {
        const out: NDArray[] = [];
        for (let i = 0; own.has(`test_data_set_0/${kind}_${i}.pb`); i++) {
          out.push(tensorValues(decodeTensor(own.get(`test_data_set_0/${kind}_${i}.pb`)!)).array);
        }
        return out;
      };
      return [{ name, model: decodeModel(model), inputs: () => arrays('input'), outputs: () => arrays('output') }];
    });
}

const own = new Set<string | undefined>(['float', 'double', 'int32', 'int64', 'bool']);

/** What is fed and compared: `own` are tensors of the element types that osculate computes with, `widened` those of other numbers. */
export type Kind = 'own' | 'widened' | 'text, sequences or optional values';

export function kindOf({ model }: NodeTest): Kind {
  const typeOf = ({ type }: ValueInfoProto): string | undefined =>
    type?.tensorType === undefined ? undefined : dataTypeName(type.tensorType.elemType ?? 0);
  const types = [...model.graph!.input, ...model.graph!.output].map(typeOf);
  if (types.includes(undefined) || types.includes('string')) return 'text, sequences or optional values';
  return types.every((type) => own.has(type)) ? 'own' : 'widened';
}
