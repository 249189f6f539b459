/** `npm run build`: installs what is missing and compiles packages/<name>/src into packages/<name>/dist. */
import { entry } from './process.mjs';
import { build, prepare } from './setup.mjs';

await entry(async () => {
  await prepare();
  return build();
});
