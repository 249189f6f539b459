import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

/** Bytes that the process may have: those of the machine, or of the control group where that allows less. */
export function machineMemory(): number {
  const limit = constrainedMemory();
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem();
}
