interface Disposable {
  dispose(): Promise<void>;
}

type Loaded = Disposable | null;

/** Disposes of what was loaded, whatever else failed to load, and of all of it before the first failure is thrown. */
export async function disposeAll(loaded: Iterable<Loaded | Promise<Loaded>>): Promise<void> {
  const found = await Promise.allSettled(loaded);
  const ends = await Promise.allSettled(
    found.map(async (entry) => (entry.status === 'fulfilled' ? entry.value?.dispose() : undefined)),
  );
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
