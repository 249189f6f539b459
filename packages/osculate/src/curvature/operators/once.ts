/** Runs `make` at the first call and gives all others its result; after a failure the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made === null) {
      const pending = make();
      made = pending;
      pending.catch(() => {
        made = null;
      });
    }
    return made;
  };
}
