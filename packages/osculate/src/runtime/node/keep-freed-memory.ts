import { MessageChannel } from 'node:worker_threads';

/** glibc adapts to freed blocks of up to 32 MiB; this one stays below. Its pages are never touched, so it costs no memory. */
const largestAdapted = 32 * 2 ** 20 - 2 ** 16;

let done = false;

/**
 * Makes the process keep freed memory (up to 64 MiB) for the next allocation instead of giving it back to the system.
 *
 * The results of every run are fresh arrays. By default glibc returns arrays of this size to the system as soon as they
 * are collected, so that each run faults its pages in again: 1 MB of gradients cost 3 ms, twice the computation, on a
 * virtual machine. glibc raises its thresholds for that when a large block is freed (`M_MMAP_THRESHOLD` in mallopt(3)),
 * and a message that nobody can receive any more is freed at once. Without glibc it changes nothing.
 */
export function keepFreedMemory(): void {
  if (done) return;
  done = true;
  const { port1, port2 } = new MessageChannel();
  const block = new ArrayBuffer(largestAdapted);
  port1.postMessage(block, [block]);
  port1.close();
  port2.close();
}
