import { compile } from '../../src/compile/index.js';
import type { Executor, Feeds } from '../../src/runtime/executor.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { isFloat } from '../../src/tensor/dtype.js';
import { type NDArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';
import type { OpCase } from './case.js';
import { expectClose, type Values } from './closeness.js';
import { type Forms, type Point, trace } from './forms.js';

/** The executors under test: made once for a file, on first use. */
export class Executors {
  private readonly made = new Map<string, Promise<Executor>>();

  get(kind: 'reference' | 'ort'): Promise<Executor> {
    let executor = this.made.get(kind);
    if (!executor) {
      executor = kind === 'ort' ? ortExecutor({ threads: 1 }) : Promise.resolve(referenceExecutor());
      this.made.set(kind, executor);
    }
    return executor;
  }

  async dispose(): Promise<void> {
    for (const executor of this.made.values()) await (await executor).dispose();
  }
}

function feedsOf({ x, v, u }: Forms, at: Point): Feeds {
  const feed = (tensors: readonly Tensor[], values: readonly number[][]): [string, NDArray][] =>
    tensors.map((t, i) => [inputName(t), ndarray(t.dtype, values[i]!, t.shape)]);
  return Object.fromEntries([...feed(x, at.x), ...feed(v, at.v), ...feed(u, at.u)]);
}

/** Values, gradient and Hessian-vector product of a case on an executor, in one program, against given values. */
export async function checkExecutor(
  executor: Executor,
  c: OpCase,
  float: 'f32' | 'f64',
  at: Point,
  wanted: Readonly<Record<'y' | 'jtu' | 'hv', readonly Values[]>>,
  tolerance: number,
): Promise<void> {
  const forms = trace(c, float);
  const { y, jtu, hv } = forms;
  const executable = await executor.load(compile({ y, jtu, hv }, { inputs: [...forms.x, ...forms.v, ...forms.u] }));
  const results = await executable.run(feedsOf(forms, at));
  await executable.dispose();
  // Every order of derivative multiplies rounding errors by the condition of the one before.
  const orders = { y: 1, jtu: 2, hv: 10 };
  for (const group of ['y', 'jtu', 'hv'] as const) {
    forms[group].forEach((t, k) => {
      const exact = isFloat(t.dtype) ? tolerance * orders[group] : 0;
      const name = `${group}.${k}` as const;
      expectClose(`${executor.name} ${float}: ${name}`, toNumbers(results[name]!), wanted[group][k]!, exact, 0.01);
    });
  }
}
