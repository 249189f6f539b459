/** Something wrong with what the user asked for: the message is for them, without a stack trace; exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
