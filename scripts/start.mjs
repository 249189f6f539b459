/** `npm start [-- arguments]`: sets everything up, then runs `osculate compare` with the arguments. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entry, root, run, SetupError } from './process.mjs';
import { build, prepare } from './setup.mjs';

const cli = 'packages/lab/bin/osculate.js';

await entry(async () => {
  await prepare();
  if ((await build()) !== 0) {
    throw new SetupError('set-up: the build failed (errors above). Correct them and run the command again.');
  }
  if (!existsSync(join(root, cli)))
    throw new SetupError(`set-up: the build left no ${cli}; delete dist and run again.`);
  const { code } = await run(process.execPath, [cli, 'compare', ...process.argv.slice(2)], { stdin: 'inherit' });
  return code;
});
