import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeUnless } from '../../../osculate/test/support/describe-unless.js';
import { completionScript, type Shell } from '../../src/command-line/completion/shells.js';
import { addCompletion } from '../../src/command-line/completion.js';

/** Commands with every kind of argument and value that there is. */
function program(): Command {
  const root = new Command('osculate').exitOverride();
  root
    .command('compare')
    .description("compare [all] of Newton's methods: quickly")
    .argument('[problem]', 'what to optimize')
    .option('-o, --optimizers <list>', 'names')
    .option('-b, --budget <seconds>', 'seconds')
    .option('--out <folder>', 'the runs')
    .option('--json', 'print JSON');
  root
    .command('train')
    .argument('<model>', 'an ONNX file')
    .option('--data <files...>', 'examples')
    .addOption(new Option('-l, --loss <name>', 'loss').choices(['softmax', 'squared']))
    .option('--optimizer <name>', 'one');
  root.command('sweep').command('condition').option('--size <number>', 'variables');
  root.command('shell').addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']));
  addCompletion(root, () => {});
  return root;
}

const names = { problems: ['rosenbrock', 'beale', 'quadratic'], optimizers: ['adam', 'adamw', 'newton'] };
const script = (shell: Shell): string => completionScript(shell, program(), names);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osculate-completion-'));
  writeFileSync(join(folder, 'my model.onnx'), '');
  mkdirSync(join(folder, 'my runs'));
  for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(folder, shell), script(shell));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The lines that a shell prints. */
function output(shell: Shell, args: readonly string[]): string[] {
  return execFileSync(shell, args, { cwd: folder, encoding: 'utf8', timeout: 30_000 }).split('\n');
}

/** What bash would offer for the last word; it takes `--flag=value` for three. */
function inBash(line: string): string[] {
  const code = `source ./bash
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _osculate
    ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"; :`;
  const words = line.split(/ |(=)/).filter((word) => word !== undefined);
  // An empty word after the sign is none to bash.
  if (line.endsWith('=')) words.pop();
  return output('bash', ['-c', code, 'bash', ...words]);
}

/** What fish offers; a tab and a description follow each. */
function inFish(line: string): string[] {
  const code = 'source ./fish; complete -C "$argv[1]"';
  return output('fish', ['--no-config', '-c', code, line]).map((offer) => offer.replace(/\t.*/, ''));
}

/** What zsh offers, with its escapes, from a shell on a pseudo-terminal. */
function inZsh(line: string): string[] {
  const harness = fileURLToPath(new URL('./zsh-offers.zsh', import.meta.url));
  return output('zsh', ['-f', harness, './zsh', line]).map((offer) => offer.replaceAll('\\', '').trim());
}

const shells = { bash: inBash, fish: inFish, zsh: inZsh };

/** What a shell offers for a line as a whole word: fish and zsh put what precedes a value before it or not, a slash after a folder or not. */
function offered(shell: Shell, line: string): string[] {
  const bare = shells[shell](line).map((offer) => offer.replace(/^--[^=]+=/, '').replace(/\/$/, ''));
  return [...new Set(bare)].filter(Boolean).sort();
}

/** A line, and what every shell offers for its last word. */
const lines: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ['osculate co', ['compare', 'completion']],
  ['osculate compare ', ['beale', 'quadratic', 'rosenbrock']],
  ['osculate compare --o', ['--optimizers', '--out']],
  ['osculate compare -', ['--budget', '--help', '--json', '--optimizers', '--out', '-b', '-h', '-o']],
  ['osculate compare --optimizers ada', ['adam', 'adamw']],
  ['osculate compare -o newton,ad', ['newton,adam', 'newton,adamw']],
  ['osculate compare beale --optimizers=n', ['newton']],
  ['osculate compare --optimizers=', ['adam', 'adamw', 'newton']],
  ['osculate compare --budget ', []],
  ['osculate compare --out my', ['my runs']],
  ['osculate train my', ['my model.onnx', 'my runs']],
  ['osculate train x.onnx --data my', ['my model.onnx', 'my runs']],
  ['osculate train -l s', ['softmax', 'squared']],
  ['osculate train --optimizer n', ['newton']],
  ['osculate train compare q', []],
  ['osculate sweep c', ['condition']],
  ['osculate sweep condition --s', ['--size']],
  ['osculate shell z', ['zsh']],
  ['osculate completion f', ['fish']],
  ['osculate help tr', ['train']],
  ['osculate help compare b', []],
  ['osculate nothing ', []],
];

const missing = (shell: Shell): string | undefined =>
  spawnSync(shell, ['--version']).status === 0 ? undefined : `${shell} is not installed`;

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  describeUnless(missing(shell))(`completion in ${shell}`, () => {
    it.each(lines)('%s', (line, offers) => {
      expect(offered(shell, line)).toEqual(offers);
    });

    it('takes the script for a valid one', () => {
      const checked = spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' });
      expect([checked.status, checked.stderr]).toEqual([0, '']);
    });
  });
}

describeUnless(missing('bash'))('completion of bash', () => {
  it('is registered for the program', () => {
    const code = 'source ./bash; complete -p osculate';
    expect(output('bash', ['-c', code])).toEqual(['complete -F _osculate osculate', '']);
  });
});

describe('completion scripts', () => {
  it('for zsh escapes what has a meaning in descriptions', () => {
    expect(script('zsh')).toContain(`'compare:compare \\[all\\] of Newton'\\''s methods\\: quickly'`);
    expect(script('zsh')).toContain(
      `'(-o --optimizers)'{-o+,--optimizers=}'[names]:value:_values -s , name adam adamw newton'`,
    );
    expect(script('zsh')).toContain(`--out='[the runs]:value:_files -/'`);
    expect(script('zsh')).toContain(`'*:argument:(rosenbrock beale quadratic)'`);
  });

  it('for fish escapes what has a meaning in quotes', () => {
    expect(script('fish')).toContain(`-a compare -d 'compare [all] of Newton\\'s methods: quickly'`);
    expect(script('fish')).toContain(`-n '__osculate_command train' -l data -r -F -d 'examples'`);
    expect(script('fish')).toContain(`-n '__osculate_command compare' -a 'rosenbrock beale quadratic'`);
  });
});

describe('osculate completion', () => {
  it('refuses a shell that it does not know', async () => {
    const root = program().configureOutput({ writeErr: () => {} });
    for (const command of root.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    await expect(root.parseAsync(['node', 'osculate', 'completion', 'csh'])).rejects.toThrow(/bash, zsh, fish/);
  });
});
