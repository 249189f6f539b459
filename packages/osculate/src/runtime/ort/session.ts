import type { Program } from '../../compile/program.js';
import { encodeModel } from '../../onnx/index.js';
import type { AnyTypedArray, DType } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { inputName } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { showShape } from '../../tensor/shape.js';
import { ExecutionError, type ExecutionReport, type Feeds } from '../executor.js';
import { bind, checkNames } from '../feeds.js';
import { type LoweredProgram, lowerProgram } from './lower.js';
import type { OrtModule, OrtSession, OrtTensor, OrtType } from './module.js';
import { type OrtOptions, sessionOptions } from './options.js';

const types: Record<DType, OrtType> = { f32: 'float32', f64: 'float64', i32: 'int32', i64: 'int64', bool: 'bool' };

const show = (name: string, t: Tensor): string => `"${name}" ${t.dtype} ${showShape(t.shape)}`;

/** The program's inputs and outputs, for messages: `("x" f32 [2, 3]) → ("y" f32 [2])`; long lists are cut. */
function signature(program: Program): string {
  const list = (items: readonly string[]): string =>
    items.length > 8 ? `${items.slice(0, 8).join(', ')}, and ${items.length - 8} more` : items.join(', ');
  const inputs = program.inputs.map((t) => show(inputName(t), t));
  const outputs = Object.entries(program.outputs).map(([name, t]) => show(name, t));
  return `(${list(inputs)}) → (${list(outputs)})`;
}

function wrapped(what: string, program: Program, cause: unknown): ExecutionError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ExecutionError(`${what} of the program ${signature(program)} failed in ONNX Runtime: ${text}`, { cause });
}

/** An ONNX Runtime session of one program. */
export class Session {
  private constructor(
    private readonly ort: OrtModule,
    private readonly program: Program,
    private readonly lowered: Omit<LoweredProgram, 'model'>,
    private readonly session: OrtSession,
  ) {}

  static async create(ort: OrtModule, program: Program, options: OrtOptions, block = 0): Promise<Session> {
    const { model, ...lowered } = lowerProgram(program, { block });
    const bytes = encodeModel(model);
    try {
      const session = await ort.InferenceSession.create(bytes, sessionOptions(program, lowered, options));
      return new Session(ort, program, lowered, session);
    } catch (cause) {
      throw wrapped('load', program, cause);
    }
  }

  get report(): ExecutionReport {
    const { decomposed } = this.lowered;
    const notes = decomposed.map(
      (op) => `${op} has no kernel of its own in ONNX Runtime: it runs as an expression of other ops`,
    );
    return { executor: 'onnxruntime', notes };
  }

  async run(feeds: Feeds): Promise<Record<string, NDArray>> {
    const results = await this.execute(this.bind(feeds));
    const outputs = Object.entries(this.program.outputs).map(([name, t], i) => {
      const data = results[this.lowered.outputNames[i]!]!.data as AnyTypedArray;
      if (data.length !== t.size) throw new Error(`onnxruntime: output ${show(name, t)} has ${data.length} elements`);
      return [name, { dtype: t.dtype, shape: t.shape, data }] as const;
    });
    return Object.fromEntries(outputs);
  }

  release(): Promise<void> {
    return this.session.release();
  }

  /** Checked feeds as tensors over the caller's memory. */
  private bind(feeds: Feeds): Record<string, OrtTensor> {
    checkNames(this.program, feeds);
    const { inputs } = this.program;
    const entries = inputs.map((t, i) => {
      const tensor = new this.ort.Tensor(types[t.dtype], bind(t, feeds), t.shape);
      return [this.lowered.inputNames[i]!, tensor] as const;
    });
    return Object.fromEntries(entries);
  }

  private async execute(inputs: Record<string, OrtTensor>): ReturnType<OrtSession['run']> {
    try {
      return await this.session.run(inputs);
    } catch (cause) {
      throw wrapped('run', this.program, cause);
    }
  }
}
