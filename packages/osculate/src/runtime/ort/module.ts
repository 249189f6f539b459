import type { AnyTypedArray } from '../../tensor/dtype.js';

/**
 * What the executor uses of ONNX Runtime's JavaScript API: the default exports of `onnxruntime-node`, `onnxruntime-web` and
 * `onnxruntime-web/webgpu` fit it.
 */
export interface OrtModule {
  /** Makes sessions from the bytes of models. */
  readonly InferenceSession: {
    create(model: Uint8Array, options?: OrtSessionOptions): Promise<OrtSession>;
  };
  /** Makes tensors from typed arrays. */
  readonly Tensor: OrtTensorConstructor;
}

export interface OrtTensor {
  readonly data: unknown;
  dispose(): void;
}

type OrtTensorConstructor = new (type: OrtType, data: AnyTypedArray, dims: readonly number[]) => OrtTensor;

export type OrtType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

export interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

export type OptimizationLevel = 'disabled' | 'basic' | 'extended' | 'all';

export interface OrtSessionOptions {
  executionProviders?: readonly (string | { readonly name: string })[];
  intraOpNumThreads?: number;
  enableCpuMemArena?: boolean;
  enableMemPattern?: boolean;
  graphOptimizationLevel?: OptimizationLevel;
  executionMode?: 'sequential' | 'parallel';
  logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  extra?: Record<string, unknown>;
}
