import { reductionCases } from './cases/reductions.js';
import { opSuite } from './suite.js';

opSuite(reductionCases);
