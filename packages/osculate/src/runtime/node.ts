import { availableParallelism } from 'node:os';
import { checkNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { Executor } from './executor.js';
import { keepFreedMemory } from './node/keep-freed-memory.js';
import { ortExecutorFrom } from './ort/executor.js';
import type { OrtModule } from './ort/module.js';
import type { OrtOptions } from './ort/options.js';
import { ortOptions } from './ort/options.js';

async function onnxruntime(): Promise<OrtModule> {
  try {
    const module = await import('onnxruntime-node');
    return module.default ?? module;
  } catch (cause) {
    throw new InputError(
      `ortExecutor: the package onnxruntime-node cannot be loaded (${(cause as Error).message}); install it with "npm install onnxruntime-node --ignore-scripts"`,
      { cause },
    );
  }
}

/**
 * The executor on native ONNX Runtime kernels, by the package `onnxruntime-node`, which the application installs.
 * `threads` defaults to the number of processors, but at most 4: programs of small and medium networks gain nothing
 * beyond.
 *
 * @throws InputError when `onnxruntime-node` is not installed.
 * @example
 * const executor = await ortExecutor({ threads: 2 });
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), executor, steps: 2 });
 * await executor.dispose();
 */
export async function ortExecutor(options: OrtOptions = {}): Promise<Executor> {
  checkNames('ortExecutor', options, ortOptions);
  keepFreedMemory();
  return ortExecutorFrom(await onnxruntime(), { threads: Math.min(availableParallelism(), 4), ...options });
}
