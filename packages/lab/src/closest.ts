/** Levenshtein's distance: the least number of letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The name that was probably meant: the one that at most a third of its letters, and at most three, tell apart. */
export function closest(name: string, names: readonly string[]): string | undefined {
  const plain = name.toLowerCase();
  // What begins several names is rather one of those, cut short, than another name misspelt.
  const longer = names.filter((other) => plain !== '' && other.toLowerCase().startsWith(plain));
  if (longer.length > 0) return longer.length === 1 ? longer[0] : undefined;
  const near = names
    .map((other) => ({ other, far: distance(plain, other.toLowerCase()) }))
    .filter(({ other, far }) => far <= Math.min(3, Math.ceil(other.length / 3)))
    .sort((a, b) => a.far - b.far);
  return near[0]?.other;
}

/** `; did you mean "adam"? There are adam, adamw`: what follows the complaint about a name that does not exist. */
export function alternatives(name: string, names: readonly string[]): string {
  if (names.length === 0) return '; it has none';
  const meant = closest(name, names);
  return meant === undefined
    ? `; there are ${names.join(', ')}`
    : `; did you mean "${meant}"? There are ${names.join(', ')}`;
}
