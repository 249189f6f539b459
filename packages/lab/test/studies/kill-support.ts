import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { readSafetensors } from 'osculate/data';
import Papa from 'papaparse';

const cli = fileURLToPath(new URL('../../bin/osculate.js', import.meta.url));

/** Why the runs cannot be killed; undefined where they can. */
export const noKills = existsSync(`/proc/${process.pid}/task/${process.pid}/children`)
  ? undefined
  : '/proc does not list the children of a process';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Processes that a process has started and that still run. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/**
 * Kills a command without warning: as `kill -9` of its process does, whose runs then find their parent gone; or with all its runs, as
 * the end of a container does.
 */
function kill(command: ChildProcess, whole: boolean): void {
  const { pid } = command;
  if (pid === undefined || command.exitCode !== null || command.signalCode !== null) return;
  const runs = whole ? childrenOf(pid) : [];
  // Runs are in groups of their own, so that Ctrl-C does not reach them.
  for (const target of [-pid, ...runs]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch (error) {
      // It ended by itself a moment ago.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** When a command is killed: so many milliseconds after its start, alone or with its runs. */
export interface Kill {
  readonly after: number;
  readonly whole: boolean;
}

/** Runs the built command in a process group of its own. */
export function osculate(cwd: string, args: readonly string[], killed?: Kill): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const command = spawn(process.execPath, [cli, ...args], {
      cwd,
      detached: true,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    command.stdout.on('data', (data) => {
      stdout += data;
    });
    command.stderr.on('data', (data) => {
      stderr += data;
    });
    const timer = killed && setTimeout(() => kill(command, killed.whole), killed.after);
    command.on('error', reject);
    // Not `close`: a run that outlives its parent holds on to standard error.
    command.on('exit', (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => resolve({ code, signal, stdout, stderr }));
    });
  });
}

/** All files in a folder and below, relative to it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Which writing of a file is there: it changes when the file is written again. */
export function writing(file: string): string {
  const { ino, mtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${mtimeNs}`;
}

/** What depends on the clock and the machine, and is not a result. */
const circumstances = new Set(['seconds', 'targetSeconds', 'peakMemory', 'environment', 'report', 'runs']);

/** A value of JSON without what depends on the clock and the machine. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !circumstances.has(key));
  return Object.fromEntries(kept.map(([key, part]) => [key, timeless(part)]));
}

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

function checkpoint(bytes: Uint8Array): unknown {
  const { tensors, metadata } = readSafetensors(bytes);
  const parsed = { ...metadata, progress: JSON.parse(metadata.progress!), state: JSON.parse(metadata.state!) };
  return { tensors, metadata: parsed };
}

/** What a file holds, without what depends on the clock; of pages and event files, which are made of the others, that they are there. */
async function contents(file: string): Promise<unknown> {
  const bytes = new Uint8Array(readFileSync(file));
  const text = () => new TextDecoder().decode(bytes);
  if (file.endsWith('.json')) return timeless(JSON.parse(text()));
  if (file.endsWith('.jsonl')) return timeless(lines(text()));
  if (file.endsWith('.csv')) return timeless(Papa.parse(text(), { header: true }).data);
  if (file.endsWith('.parquet')) return timeless(await parquetReadObjects({ file: bytes.buffer as ArrayBuffer }));
  if (file.endsWith('.safetensors')) return timeless(checkpoint(bytes));
  return bytes.length > 0;
}

/** What all files in a folder hold, by name. */
export async function resultsIn(folder: string): Promise<Record<string, unknown>> {
  const found = filesIn(folder).map(async (name) => [name, await contents(join(folder, name))]);
  return Object.fromEntries(await Promise.all(found)) as Record<string, unknown>;
}
