import { ClockTime } from "./instant.tsx";

/** An exact instant as the server's sentences hold it, with how far away it was when written. */
const INSTANT = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)( \((?:in |now)[^)]*\))?/;

/** A sentence of the server, word for word; its instants stand in the reader's own zone. */
export function Sentence({ text }: { readonly text: string }) {
  const parts = text.split(INSTANT);
  // Split by an expression with two groups: text, instant, distance, text, instant, distance, text.
  return parts.map((part, at) => {
    if (part === undefined || at % 3 === 2) return null;
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence have no other name.
    if (at % 3 === 1) return <ClockTime key={at} at={part} isRelative />;
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence have no other name.
    return <span key={at}>{part}</span>;
  });
}
