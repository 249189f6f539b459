import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { curveFit } from '../../src/fit/index.js';
import { nistProblems } from './nist.js';
test('dump', () => {
  const out: unknown[] = [];
  for (const p of nistProblems()) for (const start of p.starts) {
    const x = p.x[0]!.length === 1 ? p.x.map((r) => r[0]!) : p.x;
    for (const m of [p.traced, { model: p.numeric }]) {
      const f = curveFit(m, { x, y: p.y }, { start });
      out.push([p.name, [...f.parameters], f.cost, f.iterations, f.status, [...f.jacobian].slice(0, 20)]);
    }
  }
  writeFileSync(process.env['DUMP']!, JSON.stringify(out));
});
