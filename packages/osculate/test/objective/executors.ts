import type { Program } from '../../src/compile/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { InputError } from '../../src/tensor/index.js';

/** Fails to load the first time. */
export function flaky(executor: Executor): Executor {
  let failed = false;
  return {
    ...executor,
    load: async (program) => {
      if (failed) return executor.load(program);
      failed = true;
      throw new InputError('the device is busy');
    },
  };
}

/** An executor that counts the runs of each program. `before` is called before each. */
export function counted(before: (program: Program) => void = () => {}) {
  const runs = new Map<Program, number>();
  const inner = referenceExecutor();
  const executor: Executor = {
    name: inner.name,
    dispose: () => inner.dispose(),
    load: async (program) => {
      const executable = await inner.load(program);
      return {
        program,
        report: executable.report,
        dispose: () => executable.dispose(),
        run: async (feeds) => {
          before(program);
          runs.set(program, (runs.get(program) ?? 0) + 1);
          return executable.run(feeds);
        },
      };
    },
  };
  return { executor, runs };
}
