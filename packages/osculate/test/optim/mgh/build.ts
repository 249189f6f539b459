export { scalars, vector } from '../../../../lab/src/problems/mgh/build.js';
