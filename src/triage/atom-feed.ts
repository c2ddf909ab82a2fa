import { type Instant, instantToText } from "../base/instant.ts";

/** A list of news as an Atom feed (RFC 4287); all text is data, so all of it is escaped. */
export interface AtomEntry {
  /** Never another one's, also when it moves (RFC 4287 §4.2.6). */
  readonly id: string;
  readonly title: string;
  readonly updated: Instant;
  readonly published: Instant;
  readonly href: string;
  readonly summary: string;
  readonly text: string;
}

export function atomFeed(of: {
  readonly id: string;
  readonly title: string;
  readonly self: string;
  readonly author: string;
  readonly updated: Instant;
  readonly entries: readonly AtomEntry[];
}): string {
  const entries = of.entries.map((entry) =>
    [
      "  <entry>",
      `    <id>${escaped(entry.id)}</id>`,
      `    <title>${escaped(entry.title)}</title>`,
      `    <updated>${instantToText(entry.updated)}</updated>`,
      `    <published>${instantToText(entry.published)}</published>`,
      `    <link rel="alternate" href="${escaped(entry.href)}"/>`,
      `    <summary>${escaped(entry.summary)}</summary>`,
      `    <content type="text">${escaped(entry.text)}</content>`,
      "  </entry>",
    ].join("\n"),
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>${escaped(of.id)}</id>`,
    `  <title>${escaped(of.title)}</title>`,
    `  <updated>${instantToText(of.updated)}</updated>`,
    `  <author><name>${escaped(of.author)}</name></author>`,
    `  <link rel="self" href="${escaped(of.self)}"/>`,
    ...entries,
    "</feed>",
    "",
  ].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** XML 1.0 §2.2 allows no other control characters, not even escaped. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text.replace(NOT_XML, "\u{fffd}").replace(/[&<>"']/g, (one) => entities[one] ?? one);
}
