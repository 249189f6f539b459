import { referenceExecutor } from '../../src/runtime/index.js';
import { executorContract } from './contract.js';

executorContract('referenceExecutor', async () => referenceExecutor());
executorContract('referenceExecutor, interpreting,', async () => referenceExecutor({ interpret: true }));
