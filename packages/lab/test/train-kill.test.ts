import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainResult } from '../src/commands/train/result.js';
import { trainCommand } from '../src/commands/train/train.js';
import { classifier, groups, trainOptions, writeArrays, writeModel } from './train-files.js';

const cli = fileURLToPath(new URL('../bin/osculate.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('osculate train, in a process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-train-kill-'));
    writeModel(folder, 'm.onnx', classifier());
    writeArrays(folder, 'd.npz', groups(60));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const arguments_ = (optimizer: string, steps: number, out: string): string[] => [
    ...['train', 'm.onnx', '--data', 'd.npz', '--loss', 'softmax', '--output', 'z', '--optimizer', optimizer],
    ...['--batch', '16', '--steps', String(steps), '--validation', '0.2', '--seed', '3', '--executor', 'reference'],
    ...['--every', '20', '--checkpoint', `${out}.saved`, '--out', out, '--json'],
  ];

  /** Runs the built command; sends `signal` so many milliseconds after the first checkpoint unless it ended before. */
  function osculate(args: readonly string[], kill?: { signal: NodeJS.Signals; after: number }): Promise<Outcome> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (d) => {
        stdout += d;
      });
      child.stderr.on('data', (d) => {
        stderr += d;
      });
      const saved = join(folder, 'killed.onnx.saved', 'checkpoint.safetensors');
      const timer = setInterval(() => {
        if (!kill || !existsSync(saved)) return;
        clearInterval(timer);
        setTimeout(() => child.kill(kill.signal), kill.after);
      }, 5);
      child.on('close', (code, signal) => {
        clearInterval(timer);
        resolve({ code, signal, stdout, stderr });
      });
    });
  }

  const bytes = (name: string): Buffer => readFileSync(join(folder, name));
  const curve = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout) as TrainResult).points.map(({ step, values }) => ({ step, values }));

  /** The curve of the same run in this process. */
  async function undisturbed(optimizer: string, count: number) {
    let stdout = '';
    const write = (text: string) => {
      stdout += text;
    };
    const change = { optimizer, steps: count, seed: 3, validation: '0.2', out: join(folder, 'whole.onnx') };
    expect(await trainCommand(trainOptions(folder, { ...change, stdout: { write } }))).toBe(0);
    return curve({ stdout });
  }

  /** Steps, and how often the run is killed. */
  const runs = { adamw: [800, 2], 'kfac:damping=0.1': [400, 1] } as const;

  it.each(Object.keys(runs) as (keyof typeof runs)[])(
    '%s, killed at random moments and resumed, ends exactly where an undisturbed run does',
    async (optimizer) => {
      const [steps, mostKills] = runs[optimizer];
      const whole = await undisturbed(optimizer, steps);
      const args = [...arguments_(optimizer, steps, 'killed.onnx'), '--resume'];
      let [kills, latest] = [0, 100];
      let end: Outcome;
      for (;;) {
        const after = Math.round(Math.random() * latest);
        end = await osculate(args, kills < mostKills ? { signal: 'SIGKILL', after } : undefined);
        expect(existsSync(join(folder, 'killed.onnx'))).toBe(end.signal === null);
        if (end.signal !== null) kills++;
        else if (kills > 0 || latest === 0) break;
        else {
          // A machine so fast that the run was over before its first kill: once more, with an earlier one.
          latest = Math.floor(latest / 4);
          rmSync(join(folder, 'killed.onnx'));
          rmSync(join(folder, 'killed.onnx.saved'), { recursive: true, force: true });
        }
      }
      expect([end.code, kills > 0]).toEqual([0, true]);
      expect(bytes('killed.onnx').equals(bytes('whole.onnx'))).toBe(true);
      expect(curve(end)).toEqual(whole);
    },
    120_000,
  );

  it('Ctrl-C saves and ends with status 130', async () => {
    const args = arguments_('adamw', 10_000, 'killed.onnx');
    const { code, stdout, stderr } = await osculate(args, { signal: 'SIGINT', after: 20 });
    expect(stderr).toMatch(/interrupted at step \d+: the same command with --resume goes on from killed.onnx.saved/);
    expect([code, stdout]).toEqual([130, '']);
    expect(existsSync(join(folder, 'killed.onnx'))).toBe(false);
  }, 120_000);
});
