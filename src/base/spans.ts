import type { Instant } from "./instant.ts";

/** Half-open stretches of time, and what is left of them when others are laid over them. Pure. */
export interface Span {
  readonly from: Instant;
  /** Not included. */
  readonly to: Instant;
}

/** In order, with overlaps and neighbours made one; empty ones are dropped. */
export function joined(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  const sorted = spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  for (const { from, to } of sorted) {
    const last = out.at(-1);
    if (last === undefined || from > last.to) out.push({ from, to });
    else out[out.length - 1] = { from: last.from, to: Math.max(last.to, to) };
  }
  return out;
}

/** What lies in both; both are in order and without overlaps, as `joined` makes them. */
export function overlap(left: readonly Span[], right: readonly Span[]): Span[] {
  const out: Span[] = [];
  let at = 0;
  for (const one of left) {
    while ((right[at]?.to ?? Number.POSITIVE_INFINITY) <= one.from) at += 1;
    for (let i = at; i < right.length; i += 1) {
      const other = right[i] as Span;
      if (other.from >= one.to) break;
      out.push({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) });
    }
  }
  return out;
}

/** What of `spans` none of `taken` covers; both as `joined` makes them. */
export function without(spans: readonly Span[], taken: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const { from, to } of spans) {
    let begin = from;
    for (const other of taken) {
      if (other.to <= begin) continue;
      if (other.from >= to) break;
      if (other.from > begin) out.push({ from: begin, to: other.from });
      begin = Math.max(begin, other.to);
    }
    if (begin < to) out.push({ from: begin, to });
  }
  return out;
}

/** Whether one of them, as `joined` makes them, holds the whole of `span`. */
export function covers(spans: readonly Span[], span: Span): boolean {
  return spans.some(({ from, to }) => from <= span.from && span.to <= to);
}
