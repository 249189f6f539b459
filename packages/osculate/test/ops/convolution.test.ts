import { convolutionCases, poolingCases } from './cases/convolution.js';
import { opSuite } from './suite.js';

opSuite(convolutionCases);
opSuite(poolingCases);
