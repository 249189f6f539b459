export type { Examples, ExamplesFrom } from './data.js';
export { defaultExecutor } from './default-executor.js';
export { type FitEvent, type FitModelOptions, fitModel } from './fit-model.js';
export type { EarlyStopping, Epoch, Measures } from './history.js';
export { type FitReason, ModelRun } from './model-run.js';
export { trainingProgress } from './progress.js';
export { terminalPlot } from './terminal-plot.js';
export type { NamedModel, Trainable, TrainableModel } from './trainable-model.js';
