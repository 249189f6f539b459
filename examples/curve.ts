/** A curve: named parameters, the report with R², predictions at other points. */
import { curveFit, fitReport } from 'osculate';

const data = { x: [0, 1, 2, 3, 4, 5, 6], y: [5.02, 3.41, 2.47, 1.92, 1.49, 1.31, 1.2] };
const start = { a: 4, k: 1, c: 0 };
const fit = curveFit((x, { a, k, c }) => a.mul(x.mul(k).neg().exp()).add(c), data, { start });
console.log(fitReport(fit));
console.log('at 7, 8, 9:', ...fit.predict([7, 8, 9]));
