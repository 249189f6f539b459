import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { visible } from '../../src/command-line/visible.js';
import { page } from '../../src/report/page.js';

const cli = fileURLToPath(new URL('../../bin/osculate.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'osculate-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const osculate = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: 'utf8' });
const points = 'x,y\n0,1\n1,3\n2,5.1\n3,6.9\n';
const file = (name: string, text = points): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

const fit = ['fit', file('d.csv'), '--model', 'a*x+b', '--start', 'a=1,b=1'] as const;
/** Every command that writes a file that is named, with arguments that it would run with. */
const commands: readonly (readonly string[])[] = [
  fit,
  ['spectrum', 'quadratic:dimension=5'],
  ['landscape', 'quadratic:dimension=5'],
  ['curvature', 'quadratic:dimension=5'],
  ['map', 'himmelblau'],
  ['sweep', 'condition'],
  ['roofline', 'quadratic:dimension=5'],
  ['report', file('runs', '')],
  ['train', file('m.onnx', ''), '--data', 'd.csv', '--loss', 'softmax'],
];

describe('a file that a command is to write', () => {
  it.each(commands)('%s: is no file of another making', (command, ...args) => {
    const notes = file(`${command}-notes.html`, '<p>mine</p>');
    const foreign = osculate(command, ...args, '--html', notes);
    expect([foreign.status, foreign.stdout]).toEqual([2, '']);
    expect(foreign.stderr).toMatch(/not a page of osculate; give another name, or --force/);
    expect(readFileSync(join(folder, notes), 'utf8')).toBe('<p>mine</p>');
  });

  it('must not be a folder, and its folder must exist', () => {
    mkdirSync(join(folder, 'page.html'));
    for (const [name, message] of [
      ['page.html', /this is a folder/],
      ['missing/page.html', /folder ".*missing" does not exist/],
      ['d.csv/page.html', /is a file, not a folder/],
      [`${'n'.repeat(250)}.html`, /name of the file is too long/],
    ] as const) {
      const { status, stderr } = osculate(...fit, '--html', name);
      expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });

  it('is never one that is read, by whatever name', () => {
    linkSync(join(folder, 'd.csv'), join(folder, 'hard.csv'));
    symlinkSync('d.csv', join(folder, 'soft.csv'));
    for (const name of ['./d.csv', 'hard.csv', 'soft.csv']) {
      const { status, stderr } = osculate(...fit, '--html', name, '--force');
      expect([status, stderr]).toEqual([2, expect.stringMatching(/this file is read/)]);
    }
    const train = osculate('train', 'm.onnx', '--data', 'd.csv', '--loss', 'softmax', '--out', 'd.csv');
    expect([train.status, train.stderr]).toEqual([2, expect.stringMatching(/this file is read \(--data d\.csv\)/)]);
    expect(osculate('train', 'm.onnx', '--data', 'd.csv', '--loss', 'softmax', '--out', 'm.onnx').stderr).toMatch(
      /read \(the input m\.onnx\)/,
    );
    expect(readFileSync(join(folder, 'd.csv'), 'utf8')).toBe(points);
  });

  it('is written over where it is a page of ours, or by --force', () => {
    file('old.html', page('old', ''));
    file('other.html', 'other');
    for (const args of [['old.html'], ['other.html', '--force'], ['new.html'], ['new.html']]) {
      expect(osculate(...fit, '--html', ...args).status).toBe(0);
      expect(readFileSync(join(folder, args[0]!), 'utf8')).toMatch(/<svg/);
    }
  });
});

describe('names from files', () => {
  it('tell the terminal nothing', () => {
    expect(visible('a\u001b]0;title\u0007b\u009b2J\u202e\r')).toBe('a\\u{1b}]0;title\\u{7}b\\u{9b}2J\\u{202e}\\u{d}');
    expect(visible('\u001b[31mred\u001b[39m\tand\nmore')).toBe('\u001b[31mred\u001b[39m\tand\nmore');
    const csv = file('odd.csv', 'x\u001b]0;owned\u0007,y\n1,2\n2,3\n3,4\n');
    const { stdout, stderr } = osculate('fit', csv, '--model', 'a*x+b', '--start', 'a=1,b=1');
    expect([...(stdout + stderr)].filter((c) => c === '\u001b' || c === '\u0007')).toEqual([]);
    expect(stdout + stderr).toContain('\\u{1b}]0;owned');
  });
});
