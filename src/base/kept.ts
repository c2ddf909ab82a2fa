/**
 * Answers that are kept for the next who asks the same: a few, and the one that was asked for longest
 * ago goes first. Whoever keeps them names how many, and why they hold.
 */

/** Puts an answer last among those kept, and lets go of the first when there are too many. */
export function keepLast<Key, Answer>(
  kept: Map<Key, Answer>,
  max: number,
  [key, answer]: readonly [Key, Answer],
): Answer {
  kept.delete(key);
  kept.set(key, answer);
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) kept.delete(oldest);
  return answer;
}

/** The answers that hold as long as what they were made from is in use. */
export function keptFor<Owner extends object, Key, Answer>(
  all: WeakMap<Owner, Map<Key, Answer>>,
  owner: Owner,
): Map<Key, Answer> {
  const found = all.get(owner) ?? new Map<Key, Answer>();
  all.set(owner, found);
  return found;
}
