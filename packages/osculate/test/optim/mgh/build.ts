export { scalars } from '../../../../lab/src/problems/mgh/build.js';
