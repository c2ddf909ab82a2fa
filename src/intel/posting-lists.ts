/**
 * Lists of small whole numbers, one behind the other in two arrays: list `i` is
 * `values[starts[i]] … values[starts[i + 1]]`, in rising order. A fleet in which no two machines are
 * alike has tens of millions of (package, machine) entries; four bytes each and no object a list is
 * what lets them stay in memory and be walked in a fraction of a second.
 */
export interface PostingLists {
  readonly starts: Uint32Array;
  readonly values: Uint32Array;
}

const none = new Uint32Array(0);

/** A look at one list, not a copy; a number that has no list has an empty one. */
export function listAt({ starts, values }: PostingLists, at: number): Uint32Array {
  const from = starts[at];
  const to = starts[at + 1];
  return from === undefined || to === undefined || from === to ? none : values.subarray(from, to);
}

/** What of a row goes into the lists: nothing, every entry, or those entries that `holds` allows. */
export const leftOut = 0;
export const taken = 1;
export const asked = 2;

/**
 * Turns rows around: which rows hold each number. `kinds` says of each number whether its list is
 * made; `holds(number, row)` is asked only about numbers marked so, for it costs a call an entry.
 */
export function inverted(of: {
  readonly rows: readonly ArrayLike<number>[];
  readonly kinds: Uint8Array;
  readonly holds: (value: number, row: number) => boolean;
}): PostingLists {
  const { rows, kinds, holds } = of;
  const starts = new Uint32Array(kinds.length + 1);
  eachEntry(rows, kinds, holds, (value) => {
    starts[value + 1] = (starts[value + 1] ?? 0) + 1;
  });
  for (let at = 1; at < starts.length; at += 1) {
    starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  }
  const values = new Uint32Array(starts.at(-1) ?? 0);
  const ends = starts.slice();
  eachEntry(rows, kinds, holds, (value, row) => {
    const end = ends[value] ?? 0;
    values[end] = row;
    ends[value] = end + 1;
  });
  return { starts, values };
}

function eachEntry(
  rows: readonly ArrayLike<number>[],
  kinds: Uint8Array,
  holds: (value: number, row: number) => boolean,
  take: (value: number, row: number) => void,
): void {
  for (let row = 0; row < rows.length; row += 1) {
    const values = rows[row] ?? none;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] ?? 0;
      const kind = kinds[value] ?? leftOut;
      if (kind === leftOut || (kind === asked && !holds(value, row))) continue;
      take(value, row);
    }
  }
}

/** Joins lists of numbers below `size`; each number once, in no particular order. */
export function joiner(size: number): (lists: readonly Uint32Array[]) => Uint32Array {
  const seen = new Uint32Array(size);
  const found = new Uint32Array(size);
  let turn = 0;
  return (lists) => {
    if (lists.length === 1) return lists[0] ?? none;
    turn += 1;
    let count = 0;
    for (const list of lists) {
      for (let at = 0; at < list.length; at += 1) {
        const value = list[at] ?? 0;
        if (seen[value] === turn) continue;
        seen[value] = turn;
        found[count] = value;
        count += 1;
      }
    }
    return found.subarray(0, count);
  };
}
