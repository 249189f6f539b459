import { elementwiseCases } from './cases/elementwise.js';
import { opSuite } from './suite.js';

opSuite(elementwiseCases);
