/** A function of your own: call it, differentiate it, minimise it. */
import { fn, grad, hvp, minimize, trustRegion } from 'osculate';

const rosenbrock = fn((x) => x.at(1).sub(x.at(0).square()).square().mul(100).add(x.at(0).sub(1).square()));
console.log(await rosenbrock([-1.2, 1]));
console.log(await grad(rosenbrock)([-1.2, 1]), await hvp(rosenbrock)([-1.2, 1], [1, 0]));
console.log(await minimize(rosenbrock, [-1.2, 1], { method: trustRegion() }));
