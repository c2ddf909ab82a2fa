/**
 * Names that somebody may have meant by one that is not known: those that contain it, and those that
 * are a few letters away, nearest first. A third of the letters may differ; more is another name.
 */
export function nearNames(asked: string, known: readonly string[], most = 3): readonly string[] {
  const wanted = asked.toLowerCase();
  const far = Math.max(1, Math.floor(wanted.length / 3));
  return known
    .map((name) => ({ name, steps: stepsBetween(wanted, name.toLowerCase(), far) }))
    .filter(({ steps }) => steps <= far)
    .sort((a, b) => a.steps - b.steps || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** `Did you mean web-1 or web-2?`, with a blank before it; empty when nothing is near. */
export function didYouMean(names: readonly string[]): string {
  if (names.length === 0) return "";
  const last = names.at(-1);
  const others = names.slice(0, -1).join(", ");
  return ` Did you mean ${others === "" ? last : `${others} or ${last}`}?`;
}

/**
 * Letters put in, left out, exchanged or swapped with their neighbour (optimal string alignment);
 * half a step where one name holds the other whole. Above `far` the number means only "further".
 */
function stepsBetween(a: string, b: string, far: number): number {
  const isPart = a.length >= 3 && b.includes(a);
  if (isPart) return a === b ? 0 : 0.5;
  if (Math.abs(a.length - b.length) > far) return far + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (above[j] ?? far) + 1,
        (row[j - 1] ?? far) + 1,
        (above[j - 1] ?? far) + (isSame ? 0 : 1),
        isSwap ? (before[j - 2] ?? far) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? far + 1;
}
