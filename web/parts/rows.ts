import { useEffect, useRef, useState } from "react";
import { onHint } from "../app/live.ts";

export interface Slice<T> {
  readonly items: readonly T[];
  readonly total: number;
}

export interface RowsSource<T> {
  /** Names the list with all that it depends on. (`key` is React's own.) */
  readonly listKey: readonly unknown[];
  readonly topics: readonly string[];
  readonly load: (range: { readonly skip: number; readonly limit: number }) => Promise<Slice<T>>;
  readonly rowId: (row: T) => string;
}

export interface Rows<T> {
  /** Null until the first answer. */
  readonly total: number | null;
  readonly at: (index: number) => T | undefined;
  readonly cause: unknown;
  /** The server has another order by now; rows keep their places until `showNew`. */
  readonly hasNew: boolean;
  readonly showNew: () => void;
  readonly want: (first: number, last: number) => void;
}

export const SLICE_ROWS = 100;
/** Slices kept at once; rows scrolled far away are asked for again. */
const SLICES_MAX = 40;

interface Held<T> {
  total: number | null;
  readonly slices: Map<number, readonly T[]>;
  readonly pending: Set<number>;
  /** Made old while on their way: asked once more when they have come. */
  readonly late: Set<number>;
  visible: readonly number[];
}

/**
 * The rows of a long list, slice by slice as they come into view. After a live hint the visible slices
 * are asked again: rows change in place, and a new order waits until the reader asks for it, so that
 * nothing moves under the mouse.
 */
export function useRows<T>(source: RowsSource<T>): Rows<T> {
  const name = JSON.stringify(source.listKey);
  const held = useRef<Held<T>>(emptyHeld());
  const latest = useRef(source);
  latest.current = source;
  const [, redraw] = useState(0);
  const [cause, setCause] = useState<unknown>(null);
  const [hasNew, setHasNew] = useState(false);
  const shown = useRef(name);
  if (shown.current !== name) {
    shown.current = name;
    held.current = emptyHeld();
  }

  const fetchSlice = async (slice: number, how: "fill" | "refresh") => {
    const of = held.current;
    if (of.pending.has(slice)) {
      if (how === "refresh") of.late.add(slice);
      return;
    }
    of.pending.add(slice);
    try {
      const answer = await latest.current.load({ skip: slice * SLICE_ROWS, limit: SLICE_ROWS });
      if (of !== held.current) return;
      if (how === "fill") place(of, slice, answer);
      else if (isSameOrder(of, slice, answer, latest.current.rowId)) place(of, slice, answer);
      else {
        updateInPlace(of, answer, latest.current.rowId);
        setHasNew(true);
      }
      setCause(null);
    } catch (thrown) {
      if (of === held.current) setCause(thrown);
    } finally {
      of.pending.delete(slice);
      redraw((count) => count + 1);
      if (of.late.delete(slice) && of === held.current) void again.current(slice, "refresh");
    }
  };
  const again = useRef(fetchSlice);
  again.current = fetchSlice;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the name stands for the whole key.
  useEffect(() => {
    setHasNew(false);
    setCause(null);
    void again.current(0, "fill");
    return onHint((topics) => {
      if (!["all", ...latest.current.topics].some((topic) => topics.includes(topic))) return;
      for (const slice of held.current.visible) void again.current(slice, "refresh");
    });
  }, [name]);

  return {
    total: held.current.total,
    at: (index) => held.current.slices.get(Math.floor(index / SLICE_ROWS))?.[index % SLICE_ROWS],
    cause,
    hasNew,
    showNew: () => {
      const { visible } = held.current;
      const total = held.current.total;
      held.current = { ...emptyHeld<T>(), total, visible };
      setHasNew(false);
      for (const slice of visible.length === 0 ? [0] : visible) void again.current(slice, "fill");
    },
    want: (first, last) => {
      const from = Math.floor(Math.max(0, first) / SLICE_ROWS);
      const to = Math.floor(Math.max(0, last) / SLICE_ROWS);
      const visible = Array.from({ length: to - from + 1 }, (_, at) => from + at);
      held.current.visible = visible;
      for (const slice of visible) {
        if (!held.current.slices.has(slice)) void again.current(slice, "fill");
      }
    },
  };
}

function emptyHeld<T>(): Held<T> {
  return { total: null, slices: new Map(), pending: new Set(), late: new Set(), visible: [0] };
}

function place<T>(held: Held<T>, slice: number, answer: Slice<T>): void {
  held.total = answer.total;
  held.slices.set(slice, answer.items);
  for (const old of held.slices.keys()) {
    if (held.slices.size <= SLICES_MAX) break;
    if (!held.visible.includes(old)) held.slices.delete(old);
  }
}

function isSameOrder<T>(
  held: Held<T>,
  slice: number,
  answer: Slice<T>,
  rowId: (row: T) => string,
): boolean {
  const old = held.slices.get(slice);
  if (old === undefined) return true;
  const isSame = old.length === answer.items.length && held.total === answer.total;
  return isSame && old.every((row, at) => rowId(row) === rowId(answer.items[at] as T));
}

function updateInPlace<T>(held: Held<T>, answer: Slice<T>, rowId: (row: T) => string): void {
  const byId = new Map(answer.items.map((row) => [rowId(row), row]));
  for (const [slice, rows] of held.slices) {
    held.slices.set(
      slice,
      rows.map((row) => byId.get(rowId(row)) ?? row),
    );
  }
}
