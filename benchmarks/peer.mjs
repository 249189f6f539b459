import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * A Python script of this folder in a process of its own: it answers each line with a line of JSON. The variables by which the
 * engine's OpenBLAS is steered are not passed on: the peer's has its own defaults.
 *
 * @param {string} name @param {{ parameters?: string[], env?: Record<string, string> }} [options]
 */
export function peer(name, { parameters = [], env = {} } = {}) {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...inherited } = process.env;
  const child = spawn(process.env.PYTHON ?? '/usr/bin/python3', [script, ...parameters], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...inherited, ...env },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** @param {string} question @returns {Promise<any>} */
    ask: async (question) => {
      child.stdin.write(`${question}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} ended: are python3-torch and python3-scipy installed?`);
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}
