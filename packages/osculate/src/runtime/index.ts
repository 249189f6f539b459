export {
  type Executable,
  ExecutionError,
  type ExecutionReport,
  type Executor,
  type Feeds,
} from './executor.js';
export { ortExecutorFrom } from './ort/executor.js';
export type { OrtModule } from './ort/module.js';
export type { OrtOptions } from './ort/options.js';
export { referenceExecutor } from './reference/executor.js';
