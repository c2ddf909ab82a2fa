import { Failure } from "../base/failure.ts";
import { parseSelector, type Selector } from "../base/labels.ts";

/** `all`, or a label expression: what says nothing about hosts must not quietly mean all of them. */
export function hostsOf(text: string): Selector {
  if (text.trim() === "all") return [];
  const selector = parseSelector(text);
  if (selector.length > 0) return selector;
  throw new Failure("invalid", "Name the hosts by a label expression, or write all.");
}
