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

/** Writes the numbers of several lists into a room, one list behind the other; the part written. */
export function chained(
  { starts, values }: PostingLists,
  ats: Uint32Array,
  room: Uint32Array,
): Uint32Array {
  let place = 0;
  for (let index = 0; index < ats.length; index += 1) {
    const at = ats[index] ?? 0;
    const end = starts[at + 1] ?? 0;
    for (let from = starts[at] ?? 0; from < end; from += 1) {
      room[place] = values[from] ?? 0;
      place += 1;
    }
  }
  return room.subarray(0, place);
}

/** What of a row goes into the lists: nothing, every entry, or those entries that `holds` allows. */
export const leftOut = 0;
export const taken = 1;
export const asked = 2;

/**
 * Turns rows around: which rows hold each number. The numbers of a row rise. `kinds` says of each
 * number whether its list is made; `holds(number, row)` is asked only about numbers marked so, for it
 * costs a call an entry.
 */
export function inverted(of: {
  readonly rows: readonly ArrayLike<number>[];
  readonly kinds: Uint8Array;
  readonly holds: (value: number, row: number) => boolean;
}): PostingLists {
  const starts = countsOf(of);
  for (let at = 1; at < starts.length; at += 1) {
    starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  }
  const values = new Uint32Array(starts.at(-1) ?? 0);
  fill(of, values, starts.slice());
  return { starts, values };
}

/** The length of the list of each number, at the place behind it. */
function countsOf({ rows, kinds, holds }: Parameters<typeof inverted>[0]): Uint32Array {
  const counts = new Uint32Array(kinds.length + 1);
  for (let row = 0; row < rows.length; row += 1) {
    const values = rows[row] ?? none;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] ?? 0;
      const kind = kinds[value] ?? leftOut;
      if (kind === leftOut || (kind === asked && !holds(value, row))) continue;
      counts[value + 1] = (counts[value + 1] ?? 0) + 1;
    }
  }
  return counts;
}

/** Rows whose numbers stay in a processor's cache while band after band of them is written. */
const BLOCK_ROWS = 4096;
/** Lists that are written to in turn: each is on a page of its own, of which few are found at once. */
const BAND_LISTS = 4096;

/**
 * The same walk once more, a block of rows and a band of lists at a time: writing each row to lists
 * that lie all over the memory takes half as long again. Within a row the cursor goes on where the band
 * before has ended, as its numbers rise.
 */
function fill(
  { rows, kinds, holds }: Parameters<typeof inverted>[0],
  into: Uint32Array,
  ends: Uint32Array,
): void {
  const cursors = new Uint32Array(BLOCK_ROWS);
  for (let block = 0; block < rows.length; block += BLOCK_ROWS) {
    cursors.fill(0);
    const blockEnd = Math.min(rows.length, block + BLOCK_ROWS);
    for (let band = BAND_LISTS; band < kinds.length + BAND_LISTS; band += BAND_LISTS) {
      for (let row = block; row < blockEnd; row += 1) {
        const values = rows[row] ?? none;
        cursors[row - block] = fillRow(values, { row, from: cursors[row - block] ?? 0, band });
      }
    }
  }

  function fillRow(
    values: ArrayLike<number>,
    of: { readonly row: number; readonly from: number; readonly band: number },
  ): number {
    const { row, from, band } = of;
    let at = from;
    for (; at < values.length; at += 1) {
      const value = values[at] ?? 0;
      if (value >= band) break;
      const kind = kinds[value] ?? leftOut;
      if (kind === leftOut || (kind === asked && !holds(value, row))) continue;
      const end = ends[value] ?? 0;
      into[end] = row;
      ends[value] = end + 1;
    }
    return at;
  }
}

/** A set of numbers, one bit each: joining lists costs no search and no sorting. */
export type Bits = Uint32Array;

export function bitsFor(size: number): Bits {
  return new Uint32Array((size + 31) >>> 5);
}

/** Makes the set what is in any of the lists. */
export function join(bits: Bits, lists: readonly Uint32Array[]): void {
  bits.fill(0);
  for (const list of lists) {
    for (let at = 0; at < list.length; at += 1) {
      const value = list[at] ?? 0;
      bits[value >>> 5] = (bits[value >>> 5] ?? 0) | (1 << (value & 31));
    }
  }
}

/** The sum of the weights of all numbers in the set. */
export function weightOf(bits: Bits, weights: Uint32Array): number {
  let sum = 0;
  for (let word = 0; word < bits.length; word += 1) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      sum += weights[(word << 5) + 31 - Math.clz32(rest & -rest)] ?? 0;
    }
  }
  return sum;
}

/** How many numbers are in the set (bits counted side by side, Warren, Hacker's Delight 5-1). */
export function sizeOf(bits: Bits): number {
  let size = 0;
  for (let at = 0; at < bits.length; at += 1) {
    const word = bits[at] ?? 0;
    const pairs = word - ((word >>> 1) & 0x55555555);
    const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
    size += Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return size;
}

/** Writes the numbers in the set into a room, in rising order; the part that was written. */
export function numbersIn(bits: Bits, room = new Uint32Array(sizeOf(bits))): Uint32Array {
  let at = 0;
  for (let word = 0; word < bits.length; word += 1) {
    const base = (word << 5) + 31;
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      room[at] = base - Math.clz32(rest & -rest);
      at += 1;
    }
  }
  return room.subarray(0, at);
}
