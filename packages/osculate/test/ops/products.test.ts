import { productCases } from './cases/products.js';
import { opSuite } from './suite.js';

opSuite(productCases);
