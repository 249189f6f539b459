import { arrayCases } from './cases/arrays.js';
import { opSuite } from './suite.js';

opSuite(arrayCases);
