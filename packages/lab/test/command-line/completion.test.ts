import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  root.command('shell').addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']));
  addCompletion(root, () => {});
  return root;
}

const names = { problems: ['rosenbrock', 'beale', 'quadratic'], optimizers: ['adam', 'adamw', 'newton'] };
const script = (shell: Shell): string => completionScript(shell, program(), names);
const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osculate-completion-'));
  writeFileSync(join(folder, 'my model.onnx'), '');
  mkdirSync(join(folder, 'my runs'));
  for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(folder, shell), script(shell));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash would offer for the last of the words; it takes `--flag=value` for three. */
function offered(...words: string[]): string[] {
  const code = `source ./bash
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _osculate
    ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"; :`;
  const found = execFileSync('bash', ['-c', code, 'bash', 'osculate', ...words], { cwd: folder, encoding: 'utf8' });
  return found.split('\n').slice(0, -1).sort();
}

describe.runIf(has('bash'))('completion in bash', () => {
  it.each([
    [['co'], ['compare', 'completion']],
    [
      ['compare', ''],
      ['beale', 'quadratic', 'rosenbrock'],
    ],
    [
      ['compare', '--o'],
      ['--optimizers', '--out'],
    ],
    [
      ['compare', '-'],
      ['--budget', '--help', '--json', '--optimizers', '--out', '-b', '-h', '-o'],
    ],
    [
      ['compare', '--optimizers', 'ada'],
      ['adam', 'adamw'],
    ],
    [
      ['compare', '-o', 'newton,adamw,ad'],
      ['newton,adamw,adam', 'newton,adamw,adamw'],
    ],
    [['compare', 'beale', '--optimizers', '=', 'n'], ['newton']],
    [
      ['compare', '--optimizers', '='],
      ['adam', 'adamw', 'newton'],
    ],
    [['compare', '--budget', ''], []],
    [['compare', '--out', 'my'], ['my runs']],
    [
      ['train', 'my'],
      ['my model.onnx', 'my runs'],
    ],
    [['train', 'x.onnx', '--data', 'my m'], ['my model.onnx']],
    [
      ['train', '-l', 's'],
      ['softmax', 'squared'],
    ],
    [['train', '--optimizer', 'n'], ['newton']],
    [['shell', 'z'], ['zsh']],
    [['completion', 'f'], ['fish']],
    [['help', 'tr'], ['train']],
    [['nothing', ''], []],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  it('is registered for the program', () => {
    const code = 'source ./bash; complete -p osculate';
    const found = execFileSync('bash', ['-c', code], { cwd: folder, encoding: 'utf8' });
    expect(found).toBe('complete -F _osculate osculate\n');
  });
});

describe('completion scripts', () => {
  it.each(['bash', 'zsh', 'fish'] as const)('%s takes the script for a valid one, where it is installed', (shell) => {
    if (!has(shell)) return;
    const checked = spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  it('for zsh escapes what has a meaning in descriptions', () => {
    expect(script('zsh')).toContain(`'compare:compare \\[all\\] of Newton'\\''s methods\\: quickly'`);
    expect(script('zsh')).toContain(
      `'(-o --optimizers)'{-o,--optimizers}'[names]:value:_values -s , name adam adamw newton'`,
    );
    expect(script('zsh')).toContain(`--out'[the runs]:value:_files -/'`);
    expect(script('zsh')).toContain(`'*:argument:(rosenbrock beale quadratic)'`);
  });

  it('for fish escapes what has a meaning in quotes', () => {
    expect(script('fish')).toContain(`-a compare -d 'compare [all] of Newton\\'s methods: quickly'`);
    expect(script('fish')).toContain(`-n '__fish_seen_subcommand_from train' -l data -r -F -d 'examples'`);
    expect(script('fish')).toContain(`-n '__fish_seen_subcommand_from compare' -a 'rosenbrock beale quadratic'`);
  });
});

describe('osculate completion', () => {
  it('refuses a shell that it does not know', async () => {
    const root = program().configureOutput({ writeErr: () => {} });
    for (const command of root.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    await expect(root.parseAsync(['node', 'osculate', 'completion', 'csh'])).rejects.toThrow(/bash, zsh, fish/);
  });
});
