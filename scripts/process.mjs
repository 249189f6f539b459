/** Running child processes and talking to the person at the terminal. Uses nothing but Node itself. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** An expected failure: its message is for the person at the terminal, without a stack trace. */
export class SetupError extends Error {}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @type {NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Passes signals on to a child; answers how to stop. A terminal already sends Ctrl-C to the whole foreground group,
 * and npm sends it once more, so SIGINT is passed on only when there is no terminal, and repeats within 200 ms count once.
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  /** @type {Map<string, number>} */
  const last = new Map();
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    const now = Date.now();
    if (now - (last.get(signal) ?? 0) < 200) return;
    last.set(signal, now);
    child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  return () => {
    for (const signal of forwarded) process.off(signal, forward);
  };
}

/**
 * Runs a command in the repository root until it ends; resolves to its exit status (128 + n after signal n) and,
 * with `capture`, all it wrote. Without `capture` it writes to `stdout` (1 or 2) and stderr.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ capture?: boolean, stdout?: 1 | 2, stdin?: 'inherit' | 'ignore', shell?: boolean }} [options]
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null, output: string }>}
 */
export function run(command, args, options = {}) {
  const { capture = false, stdout = 1, stdin = 'ignore', shell = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      shell,
      stdio: capture ? [stdin, 'pipe', 'pipe'] : [stdin, stdout, 2],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    const stop = forwardSignals(child);
    child.on('error', (error) => {
      stop();
      reject(new SetupError(`Cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      stop();
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), signal, output });
    });
  });
}

/**
 * Runs a script of an installed package with this same Node.
 * @param {string} script path inside node_modules
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runTool(script, args, options) {
  return run(process.execPath, [`node_modules/${script}`, ...args], options);
}

/**
 * Runs a script's main function and ends the process with the status that it resolves to.
 * @param {() => Promise<number>} main
 */
export async function entry(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
