import * as ort from 'onnxruntime-web';
import { ortExecutorFrom } from '../../src/runtime/index.js';
import { executorContract } from './contract.js';

ort.env.wasm.numThreads = 1;

executorContract('ortExecutorFrom(onnxruntime-web)', async () => ortExecutorFrom(ort));
