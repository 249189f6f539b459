/** Newton's method on Rosenbrock's function with an exact Hessian. Run after `npm run build`: node examples/newton.mjs */
import { compile, grad, hessian, input } from 'osculate';
import { referenceExecutor } from 'osculate/runtime';

// f(x) = 100 (x₁ − x₀²)² + (1 − x₀)²
const x = input('x', 'f64', [2]);
const [a, b] = [x.slice([0], [1]).sum(), x.slice([1], [2]).sum()];
const slope = b.sub(a.mul(a));
const f = slope.mul(slope).mul(100).add(a.neg().add(1).square());

const program = compile({ f, g: grad(f, x), h: hessian(f, x) });
const executable = await referenceExecutor().load(program);

let point = Float64Array.of(-1.2, 1);
for (let step = 0; step <= 6; step++) {
  const { f, g, h } = await executable.run({ x: point });
  console.log(`step ${step}: f = ${Number(f.data[0]).toPrecision(10)} at (${point.join(', ')})`);
  const [g0, g1] = Array.from(g.data, Number);
  const [h00, h01, h10, h11] = Array.from(h.data, Number);
  const determinant = h00 * h11 - h01 * h10;
  point = Float64Array.of(
    point[0] - (h11 * g0 - h01 * g1) / determinant,
    point[1] - (h00 * g1 - h10 * g0) / determinant,
  );
}
