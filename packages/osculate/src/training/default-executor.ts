import { inNode, nodeExecutor } from '../data/environment.js';
import { type Executor, referenceExecutor } from '../runtime/index.js';

/** An executor, and what its user should know of the choice. */
export interface ChosenExecutor {
  /** The executor. */
  readonly executor: Executor;
  /** What its user should know, where it is not the fastest. */
  readonly note?: string;
}

/**
 * The best executor at hand: ONNX Runtime in Node where `onnxruntime-node` is installed, the reference executor elsewhere, with a note. In a
 * browser make one by `ortExecutorFrom(ort)` of `onnxruntime-web` and pass it.
 * @example
 * const { executor, note } = await defaultExecutor();
 * if (note) console.log(note);
 */
export async function defaultExecutor(): Promise<ChosenExecutor> {
  const slow = 'the reference executor computes, many times slower than ONNX Runtime';
  if (!inNode) return { executor: referenceExecutor(), note: `${slow}; pass { executor: ortExecutorFrom(ort) }` };
  try {
    return { executor: await nodeExecutor() };
  } catch (error) {
    return {
      executor: referenceExecutor(),
      note: `${slow}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
