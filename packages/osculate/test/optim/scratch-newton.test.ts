import { it } from 'vitest';
import { finish, minimize, adaptiveCubic, trustRegion } from '../../src/optim/index.js';
import { isKnownMinimum, mghProblems } from './mgh/problems.js';
it('scan', async () => {
  const problems = mghProblems();
  for (const factor of [1, 10]) for (const [name, optimizer] of [...[0.1,0.25,0.5,1,2,10,100].map((r) => ['tr' + r, trustRegion({radius: r})] as const), ...[0.01,0.1,1,10].map((r) => ['arc' + r, adaptiveCubic({weight: r})] as const)]) {
    const bad: string[] = []; let steps = 0;
    for (const p of problems) {
      const start = Float64Array.from(p.start, (v) => v * factor);
      const r = await finish(minimize(p.objective(), start, optimizer, { maxSteps: 1000, tolerance: 1e-10 }));
      steps += r.steps;
      if (!isKnownMinimum(p, r.f)) bad.push(`${p.number}:${r.status}:${r.f.toPrecision(4)}`);
    }
    console.log(factor, name, 35 - bad.length, steps, bad.join(' '));
  }
}, 100000);
