import { ortExecutor } from '../../src/runtime/node.js';
import { executorContract } from './contract.js';

executorContract('ortExecutor', () => ortExecutor());
