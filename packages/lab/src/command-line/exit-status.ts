/** Exit statuses of the command, the same for every subcommand. */
export const exitStatus = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  /** As shells give it for Ctrl-C; the work is saved. */
  interrupted: 130,
} as const;

/** Takes the exit status of a subcommand. */
export type End = (status: number) => void;
