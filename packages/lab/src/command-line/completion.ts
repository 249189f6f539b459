import { Argument, type Command } from 'commander';
import type { Shell } from './completion/shells.js';
import type { End } from './exit-status.js';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** Adds `osculate completion`. */
export function addCompletion(root: Command, end: End): void {
  root
    .command('completion')
    .description('print a script that makes a shell complete commands, flags, problems, optimizers and files')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      '\nbash:  source <(osculate completion bash)     in ~/.bashrc' +
        '\nzsh:   source <(osculate completion zsh)      in ~/.zshrc, after compinit' +
        '\nfish:  osculate completion fish | source      in ~/.config/fish/config.fish' +
        '\nExit status: 0 done, 2 wrong use.',
    )
    .action(async (shell: Shell) => {
      const [{ completionScript }, { families }, { optimizerNames }] = await Promise.all([
        import('./completion/shells.js'),
        import('../problems/index.js'),
        import('../contestants.js'),
      ]);
      const names = { problems: families.map(({ name }) => name), optimizers: optimizerNames };
      process.stdout.write(completionScript(shell, root, names));
      end(0);
    });
}
