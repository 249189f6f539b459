import type { Command } from 'commander';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completionsOf, type Names } from './spec.js';
import { zshScript } from './zsh.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export type Shell = keyof typeof scripts;

/** The script that makes a shell complete a program: made from its commands and flags, so that it knows all of them. */
export function completionScript(shell: Shell, root: Command, names: Names): string {
  return scripts[shell](completionsOf(root, names));
}
