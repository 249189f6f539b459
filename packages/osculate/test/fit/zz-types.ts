import { curveFit, globalFit, variableProjection, orthogonalDistanceFit, fitReport, fitBands } from '../../src/fit/index.js';
import { parseTies } from '../../src/fit/expression.js';
const x = [0, 1, 2], y = [1, 2, 3], newX = [0.5];
const fit = curveFit((x, { a, k, c }) => a.mul(x.mul(k).neg().exp()).add(c), { x, y }, { start: { a: 4, k: 1, c: 0 } });
console.log(fitReport(fit)); fit.predict(newX); fit.values.a.toFixed();
// @ts-expect-error no such parameter
fit.values.q;
// @ts-expect-error no such parameter
curveFit((x, { a, q }) => a.mul(x).add(q), { x, y }, { start: { a: 4 } });
const f2 = curveFit((x, { a, k, c, d }) => a.mul(x.mul(k).neg().exp()).add(c).add(d), { x, y }, { start: { a: 4, k: 1 }, fixed: { c: 0 }, tied: parseTies({ d: '2*a' }) });
f2.values.d.toFixed(); f2.values.c.toFixed();
curveFit((x, [a, k]) => a.mul(x).add(k), { x, y }, { start: [1, 2] });
curveFit((x, [a, k]) => a.mul(x).add(k), { x, y }, { start: Float64Array.of(1, 2) });
// @ts-expect-error three of two
curveFit((x, [a, k, c]) => a.mul(x).add(k).add(c), { x, y }, { start: [1, 2] });
curveFit({ model: ([t], { a, b }) => a * t + b, gradient: ([t], _p) => ({ a: t, b: 1 }) }, { x, y }, { start: { a: 1, b: 1 } });
curveFit({ model: ([t], [a, b]) => a * t + b }, { x, y }, { start: [1, 1] });
interface P { a: number; b: number }
const p: P = { a: 1, b: 2 };
curveFit((x, { a, b }) => a.mul(x).add(b), { x, y }, { start: p });
const g = globalFit([{ model: (x, { a, k }) => a.mul(x).add(k), x, y }, { model: { model: ([t], { a, k }) => a * t + k }, x, y }], { start: { a: [1, 2], k: 1, 'k[1]': 3 }, shared: ['a'] });
g.sets[0]!.values.a.toFixed(); fitBands(g.sets[0]!, [1]); fitReport(g);
const v = variableProjection((x, { k }) => [k.mul(x).exp(), x], { x, y }, { start: { k: 1 }, linearNames: ['a', 'b'] });
v.values.a.toFixed(); v.values.k.toFixed(); v.predict(x);
orthogonalDistanceFit((x, { a, b }) => a.add(x.mul(b)), { x, y, sigmaX: 1, sigmaY: 1 }, { start: { a: 1, b: 1 }, bounds: { a: [0, 1] } }).values.a;
