/** Ctrl-C and termination ask for a clean end; a second Ctrl-C ends at once. */
export function cancellation(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    // A terminal and npm may both pass the same Ctrl-C on.
    if (controller.signal.aborted && Date.now() - first > 500) process.exit(130);
    if (!controller.signal.aborted) first = Date.now();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return controller.signal;
}
