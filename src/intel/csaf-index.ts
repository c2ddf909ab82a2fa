import { z } from "zod";
import { type Instant, instantFromText } from "../base/instant.ts";

/**
 * Where a publisher of CSAF lists its documents (CSAF 2.0, 7.1): a directory with `changes.csv`
 * (7.1.13), or ROLIE feeds (7.1.15), both named by `provider-metadata.json` (7.1.7).
 */
export interface ListedDocument {
  readonly url: string;
  readonly changedAt: Instant;
  /** Where its digest is, if the list says so. */
  readonly digestUrl: string | null;
}

const LIST_MAX = 2_000_000;

/** Rows `"path","time"`, newest first in most files; times in any order here. */
export function documentsInChanges(text: string, base: string): readonly ListedDocument[] {
  return text
    .split("\n")
    .slice(0, LIST_MAX)
    .flatMap((line) => {
      const match = /^"?([^",\s]+\.json)"?\s*,\s*"?([^",\s]+)"?\s*$/.exec(line);
      const url = urlBelow(base, match?.[1] ?? "");
      const changedAt = instantFromText(wholeSeconds(match?.[2] ?? ""));
      return url === null || changedAt === null ? [] : [{ url, changedAt, digestUrl: null }];
    });
}

/** Some publishers write more digits of a second than a time may have elsewhere. */
function wholeSeconds(text: string): string {
  return text.replace(/\.\d+/, "");
}

/** A document of this publisher, on the same host; null for anything else. */
function urlBelow(base: string, path: string): string | null {
  if (path === "" || !URL.canParse(path, base)) return null;
  const url = new URL(path, base);
  return url.href.startsWith(base) ? url.href : null;
}

const linkSchema = z.object({ rel: z.string(), href: z.string() });

const entrySchema = z.object({
  updated: z.string(),
  link: z.array(linkSchema).default([]),
  content: z.object({ src: z.string() }).optional(),
});

const rolieSchema = z.object({ feed: z.object({ entry: z.array(z.unknown()).default([]) }) });

/** RFC 8322 as CSAF uses it; null when it is no such feed. */
export function documentsInRolie(text: string): readonly ListedDocument[] | null {
  const feed = rolieSchema.safeParse(parsed(text));
  if (!feed.success) return null;
  return feed.data.feed.entry.flatMap((raw) => {
    const entry = entrySchema.safeParse(raw);
    if (!entry.success) return [];
    const { link, content, updated } = entry.data;
    const url = content?.src ?? link.find(({ rel }) => rel === "self")?.href ?? "";
    const hashes = link.filter(({ rel }) => rel === "hash").map(({ href }) => href);
    const changedAt = instantFromText(wholeSeconds(updated));
    if (changedAt === null || !URL.canParse(url)) return [];
    return [{ url, changedAt, digestUrl: hashes.find((href) => URL.canParse(href)) ?? null }];
  });
}

const metadataSchema = z.object({
  publisher: z.object({ name: z.string() }),
  distributions: z
    .array(
      z.object({
        directory_url: z.string().optional(),
        rolie: z
          .object({
            feeds: z.array(z.object({ url: z.string(), tlp_label: z.string().optional() })),
          })
          .optional(),
      }),
    )
    .default([]),
});

export type CsafList =
  | { readonly kind: "rolie"; readonly url: string }
  | { readonly kind: "changes"; readonly url: string };

/** The public lists of a publisher; null when the text is no metadata of a provider. */
export function listsInMetadata(text: string): readonly CsafList[] | null {
  const metadata = metadataSchema.safeParse(parsed(text));
  if (!metadata.success) return null;
  const all = metadata.data.distributions;
  const feeds = all
    .flatMap(({ rolie }) => rolie?.feeds ?? [])
    // TLP 1 and 2; the others are for those who sign in.
    .filter(({ tlp_label: label }) => label === undefined || /^(WHITE|CLEAR)$/.test(label))
    .filter(({ url }) => URL.canParse(url));
  if (feeds.length > 0) return feeds.map(({ url }) => ({ kind: "rolie", url }));
  return all
    .flatMap(({ directory_url: url }) => (url === undefined || !URL.canParse(url) ? [] : [url]))
    .map((url) => ({ kind: "changes", url: url.endsWith("/") ? url : `${url}/` }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by the schema, which a missing value does not fit.
    return undefined;
  }
}

/** The digest in a file such as sha256sum writes; null when there is none. */
export function digestIn(
  text: string,
): { readonly algorithm: "sha256" | "sha512"; readonly hex: string } | null {
  const hex = /^\\?([0-9a-f]{64}(?:[0-9a-f]{64})?)\b/i.exec(text.trim())?.[1];
  if (hex === undefined) return null;
  return { algorithm: hex.length === 64 ? "sha256" : "sha512", hex };
}
