import { type NativeNotation, notationOf } from "./native-notation.ts";
import { orderOfType, type Vers, type VersReading } from "./vers.ts";
import { constraintsOf, intervalsOf, NotComparable } from "./version-intervals.ts";

/**
 * Ranges as tools write them (`^1.2.3`, `~> 2.0`, `[1.0,2.0)`, `~=3.1`, `<< 1:2.0`), as version range
 * specifiers. Each notation is read as its own tool reads it, into intervals; the specifier is the one
 * canonical text of these, whatever the notation wrote twice or out of order.
 */
export function versFromNative(type: string, text: string): VersReading {
  const order = orderOfType(type);
  const notation: NativeNotation | null = notationOf(type);
  if (order === null || notation === null) {
    return { range: null, problem: `no notation of the type ${JSON.stringify(type)} is known` };
  }
  if (text.length > LENGTH_MAX) return { range: null, problem: "it is too long" };
  try {
    const alternatives = notation(text.trim());
    if (alternatives === null)
      return { range: null, problem: "it is not written as such ranges are" };
    const { intersect, merge, compare } = intervalsOf(order);
    const held = alternatives.flatMap((parts) => parts.reduce(intersect));
    const merged = merge(held);
    if (merged.length === 0) return { range: null, problem: "it holds no version" };
    const range: Vers = { type, constraints: constraintsOf(merged, compare) };
    return { range, problem: null };
  } catch (cause) {
    if (!(cause instanceof NotComparable)) throw cause;
    return {
      range: null,
      problem: `${JSON.stringify(cause.message)} is no version of the type ${type}`,
    };
  }
}

const LENGTH_MAX = 10_000;
