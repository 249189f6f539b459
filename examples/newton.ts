/** Newton's method on Rosenbrock's function, with an exact Hessian. */
import { fn, grad, hessian, lu, luSolve, matrix } from 'osculate';

const rosenbrock = fn((x) => x.at(1).sub(x.at(0).square()).square().mul(100).add(x.at(0).sub(1).square()));
let point = Float64Array.of(-1.2, 1);
for (let step = 0; step <= 6; step++) {
  console.log(`step ${step}: f = ${(await rosenbrock(point)).toPrecision(10)} at (${point.join(', ')})`);
  const [g, h] = [await grad(rosenbrock)(point), await hessian(rosenbrock)(point)];
  const newton = luSolve(lu(matrix(2, 2, Float64Array.from(h.data, Number))), g);
  point = point.map((value, i) => value - newton[i]!);
}
