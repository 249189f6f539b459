/** The process of one contestant's run: its memory is its own, and a crash takes nothing else with it. */

import { ortExecutor } from 'osculate/node';
import { referenceExecutor } from 'osculate/runtime';
import { InputError } from 'osculate/tensor';
import { parseContestant } from '../contestants.js';
import { problemNamed } from '../problems/index.js';
import { UsageError } from '../usage-error.js';
import { runContestant } from './contestant-run.js';
import { RunFolder } from './folder.js';
import { progressTeller, type RunMessage, type RunRequest } from './messages.js';

function tell(message: RunMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

/** What went wrong: for errors in what was asked for their message, which is for the user; for others where they come from too. */
function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofUser = error instanceof UsageError || error instanceof InputError;
  return ofUser ? error.message : (error.stack ?? error.message);
}

async function run(request: RunRequest, signal: AbortSignal): Promise<boolean> {
  const problem = problemNamed(request.problem);
  const loaded = await problem.load(request.seed);
  const executor =
    problem.executor === 'reference' ? referenceExecutor() : await ortExecutor({ threads: request.threads });
  const summary = await runContestant({
    problem,
    loaded,
    contestant: parseContestant(request.optimizer),
    executor,
    budget: request.budget,
    warmup: request.warmup ?? 0,
    ...(request.points !== undefined && { points: request.points }),
    seed: request.seed,
    ...(request.saveEvery !== undefined && { saveEvery: request.saveEvery }),
    folder: new RunFolder(request.folder),
    signal,
    peakMemory: () => 1024 * process.resourceUsage().maxRSS,
    note: (text) => void tell({ kind: 'note', text }),
    progress: progressTeller((message) => void tell(message)),
  });
  await executor.dispose();
  return summary !== undefined;
}

const cancel = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => cancel.abort());
// A parent that is gone cannot be told anything: save and end.
process.on('disconnect', () => cancel.abort());

process.once('message', async (request: RunRequest) => {
  // It may have gone while this process was still loading, before anybody listened.
  if (!process.connected) cancel.abort();
  try {
    const finished = await run(request, cancel.signal);
    await tell({ kind: 'ended', finished });
  } catch (error) {
    await tell({ kind: 'failed', message: failureText(error) });
    process.exitCode = 1;
  }
  if (process.connected) process.disconnect();
});
