import { decodeModel, type ModelProto } from 'osculate/onnx';
import { InputError } from 'osculate/tensor';
import { exitStatus } from '../../command-line/exit-status.js';
import { contentsOf } from '../../file-contents.js';
import { inspectText } from '../../report/inspect/text.js';
import type { Terminal } from '../../report/progress.js';
import { UsageError } from '../../usage-error.js';
import { type InspectGiven, inspectModel } from './model.js';

export interface InspectOptions extends InspectGiven {
  readonly file: string;
  readonly json: boolean;
  readonly stdout: Terminal;
}

/** The model in a file. @throws UsageError unless it is ONNX */
export function modelIn(file: string, bytes: Uint8Array): ModelProto {
  let model: ModelProto | undefined;
  try {
    model = decodeModel(bytes);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new UsageError(`${file} is no ONNX model: ${error.message}`);
  }
  if (model.graph === undefined) throw new UsageError(`${file} is no ONNX model: it holds no graph`);
  return model;
}

/**
 * Prints what there is to know of an ONNX file. Resolves to the exit status: 1 when something of it cannot be imported, which is listed.
 * @throws UsageError for a file that cannot be read or is no ONNX model, and for inputs that it does not have.
 */
export async function inspect({ file, shapes, values, json, stdout }: InspectOptions): Promise<number> {
  const bytes = contentsOf(file);
  const model = modelIn(file, bytes);
  const inspection = inspectModel(file, bytes.length, model, { shapes, values });
  stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : `${inspectText(inspection)}\n`);
  return inspection.problems.length === 0 ? exitStatus.done : exitStatus.failed;
}
