import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProgressMessage, RunMessage, RunRequest } from './messages.js';

const worker = fileURLToPath(new URL('./worker.js', import.meta.url));

export interface Supervision {
  /** Aborting asks the run to save and end. */
  readonly signal: AbortSignal;
  progress(message: ProgressMessage): void;
  /** Told before the run what a user should know of its objective. */
  note(text: string): void;
}

/** Runs one contestant in a process of its own. Resolves to false when it was cancelled; rejects when it failed. */
export function supervise(request: RunRequest, { signal, progress, note }: Supervision): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Detached: Ctrl-C at a terminal reaches this process alone, which then asks the run to save.
    const child = fork(worker, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true });
    const cancel = (): void => {
      child.kill('SIGTERM');
    };
    let outcome: (() => void) | undefined;
    child.on('message', (message: RunMessage) => {
      if (message.kind === 'progress') progress(message);
      else if (message.kind === 'note') note(message.text);
      else if (message.kind === 'ended') outcome = () => resolve(message.finished);
      else outcome = () => reject(new Error(message.message));
    });
    child.on('error', reject);
    child.on('close', (code, how) => {
      signal.removeEventListener('abort', cancel);
      if (outcome) outcome();
      else reject(new Error(`the process of ${request.optimizer} ended unexpectedly (${how ?? `status ${code}`})`));
    });
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    child.send(request);
  });
}
