import { describe } from 'vitest';

/** `describe`; where there is a reason not to run the tests they are skipped with it in their names, which `npm test` gathers. */
export function describeUnless(reason: string | undefined): (name: string, body: () => void) => void {
  return reason === undefined ? describe : (name, body) => describe.skip(`${name} [skipped: ${reason}]`, body);
}
