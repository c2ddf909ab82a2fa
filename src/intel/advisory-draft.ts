import type { Instant } from "../base/instant.ts";
import {
  cleanText,
  type FeedDocument,
  type FeedReading,
  ProblemList,
  TITLE_LENGTH_MAX,
  type VulnerabilityText,
} from "./feed-format.ts";
import type { Statement } from "./model.ts";

/**
 * What a reader of advisories collects. Records are counted by their key, so that one that comes
 * twice counts once; of two with the same key the later one replaces what the earlier said.
 */
export class AdvisoryDraft {
  readonly problems = new ProblemList();
  private readonly records = new Map<string, Recorded>();

  /** One record of the feed: what it says, and about what. */
  record(key: string, said: Recorded): void {
    const known = this.records.get(key);
    if (known === undefined || (known.at ?? 0) <= (said.at ?? 0)) this.records.set(key, said);
  }

  get count(): number {
    return this.records.size;
  }

  reading(of: {
    readonly feed: string;
    readonly extent: "whole" | "part";
    readonly asOf?: Instant | null;
    readonly label?: string;
    readonly isComplete?: boolean;
  }): FeedReading {
    const texts = new Map<string, VulnerabilityText>();
    const statements = new Map<string, Statement>();
    let newest: Instant | null = null;
    for (const { said, about, at } of this.records.values()) {
      for (const s of said) statements.set(JSON.stringify(s), s);
      for (const text of about) if (!texts.has(text.id)) texts.set(text.id, text);
      if (at !== undefined && at !== null) newest = Math.max(newest ?? 0, at);
    }
    return {
      feed: of.feed,
      extent: of.extent,
      asOf: of.asOf ?? newest,
      label: of.label ?? "",
      isComplete: of.isComplete ?? true,
      entryCount: this.records.size,
      content: {
        kind: "advisories",
        statements: [...statements.values()],
        texts: [...texts.values()],
      },
      problems: this.problems,
    };
  }
}

export interface Recorded {
  readonly said: readonly Statement[];
  readonly about: readonly VulnerabilityText[];
  /** When the record was last changed, by its own word. */
  readonly at?: Instant | null;
}

export function textAbout(
  id: string,
  of: { readonly title?: string; readonly publishedAt?: Instant | null } = {},
): VulnerabilityText {
  const title = cleanText(of.title ?? "", TITLE_LENGTH_MAX);
  return { id, title, publishedAt: of.publishedAt ?? null, status: "published", cvss: [] };
}

/** CVE ids in a text, each once. */
export function cvesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bCVE-\d{4}-\d{4,19}\b/g) ?? [])];
}

/** Feeds that come as one document or as many: many together, or an archive, are the whole. */
export class Extent {
  private documents = 0;
  private isArchived = false;

  add(document: FeedDocument): void {
    this.documents++;
    this.isArchived ||= document.isArchived;
  }

  /** A record with a place of its own within the document is one more. */
  addRecord(document: FeedDocument, place: string): void {
    if (place !== document.place) this.documents++;
  }

  get value(): "whole" | "part" {
    return this.isArchived || this.documents > 1 ? "whole" : "part";
  }
}
