import { parse } from "yaml";
import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import {
  cleanText,
  type FeedDocument,
  type FeedFormat,
  type FeedReading,
  HEAD_BYTES,
  ProblemList,
  type SupportCycle,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";

/**
 * endoflife.date: product pages (YAML between `---` lines) and bodies of its API v1. An end is a date,
 * or only true or false where nobody knows the day.
 */
export const endoflife: FeedFormat = {
  name: "endoflife",
  recognise: (head) =>
    (/^---\r?\n/.test(head) && /^releases:/m.test(head) && /^permalink: /m.test(head)) ||
    (/^\s*\{/.test(head) && /"eolFrom"\s*:|"isEol"\s*:/.test(head)) ||
    isReleaseData(head),
  begin() {
    const products = new Map<string, readonly SupportCycle[]>();
    const problems = new ProblemList();
    return {
      add(document) {
        const read = readDocument(document, problems);
        if (typeof read === "string") problems.add(document.place, read);
        else for (const [name, cycles] of read) products.set(name, cycles);
      },
      finish: () => [readingOf(products, problems)],
    };
  },
};

/** The project's release data: one file a product, whose name is the file's. */
function isReleaseData(head: string): boolean {
  return /^\s*\{\s*"releases"\s*:\s*\{/.test(head) && /"releaseDate"\s*:/.test(head);
}

function readDocument(document: FeedDocument, problems: ProblemList): Products | string {
  if (isReleaseData(document.text.slice(0, HEAD_BYTES))) return readReleases(document);
  return /^\s*\{/.test(document.text) ? readApi(document, problems) : readPage(document.text);
}

const endSchema = z.union([z.string(), z.boolean()]).optional();

const pageSchema = z.object({
  permalink: z.string().min(2).max(100),
  releases: z.array(
    z.object({
      releaseCycle: z.string(),
      releaseDate: z.string().optional(),
      eol: endSchema,
      eoes: endSchema,
      latest: z.string().optional(),
    }),
  ),
});

type Products = ReadonlyMap<string, readonly SupportCycle[]>;

function readPage(text: string): Products | string {
  const front = /^---\r?\n([\s\S]*?)^---\s*$/m.exec(text)?.[1];
  if (front === undefined) return "has no whole front matter";
  let value: unknown;
  try {
    value = parse(front, { schema: "failsafe", logLevel: "silent" });
  } catch {
    return "is not YAML";
  }
  const page = pageSchema.safeParse(value);
  if (!page.success) return `is no product page: ${page.error.issues[0]?.path.join(".") ?? ""}`;
  const product = page.data.permalink.replace(/^\//, "");
  const cycles = page.data.releases.map((release) => ({
    product,
    cycle: cleanText(release.releaseCycle, 60),
    releasedAt: instantFromText(release.releaseDate ?? ""),
    supportEnds: endOf(release.eol),
    extendedEnds: endOf(release.eoes),
    latest: cleanText(release.latest ?? "", 60),
  }));
  return new Map([[product, cycles]]);
}

const releasesSchema = z.object({
  releases: z.record(
    z.string(),
    z.object({ releaseDate: z.string().optional(), eol: endSchema, eoes: endSchema }),
  ),
});

function readReleases({ text, place }: FeedDocument): Products | string {
  const product = /([^/]{1,200})\.json$/.exec(place)?.[1];
  const parsed = tryParse(text);
  const file = releasesSchema.safeParse(parsed.ok ? parsed.value : null);
  if (!file.success) return "is no release data, or was cut short";
  if (product === undefined) return "does not say of which product it is";
  const cycles = Object.entries(file.data.releases).map(([cycle, release]) => ({
    product,
    cycle: cleanText(cycle, 60),
    releasedAt: instantFromText(release.releaseDate ?? ""),
    supportEnds: endOf(release.eol),
    extendedEnds: endOf(release.eoes),
    latest: "",
  }));
  return new Map([[product, cycles]]);
}

const apiProductSchema = z.object({
  name: z.string().min(1).max(100),
  releases: z.array(
    z.object({
      name: z.string(),
      releaseDate: z.string().nullish(),
      isEol: z.boolean().optional(),
      eolFrom: z.string().nullish(),
      eoesFrom: z.string().nullish(),
      latest: z.object({ name: z.string() }).nullish(),
    }),
  ),
});

type ApiProduct = z.output<typeof apiProductSchema>;

const apiSchema = z.object({
  result: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
});

function readApi({ text, place }: FeedDocument, problems: ProblemList): Products | string {
  const parsed = tryParse(text);
  const body = apiSchema.safeParse(parsed.ok ? parsed.value : null);
  if (!body.success) return "is no answer of the API, or was cut short";
  const products = new Map<string, readonly SupportCycle[]>();
  for (const [at, raw] of body.data.result.entries()) {
    const product = apiProductSchema.safeParse(raw);
    if (product.success) products.set(product.data.name, cyclesOf(product.data));
    else problems.add(`${place} result[${at}]`.trim(), "is no product with its releases");
  }
  return products;
}

function cyclesOf({ name, releases }: ApiProduct): readonly SupportCycle[] {
  return releases.map((release) => ({
    product: name,
    cycle: cleanText(release.name, 60),
    releasedAt: instantFromText(release.releaseDate ?? ""),
    supportEnds: instantFromText(release.eolFrom ?? "") ?? release.isEol ?? null,
    extendedEnds: instantFromText(release.eoesFrom ?? ""),
    latest: cleanText(release.latest?.name ?? "", 60),
  }));
}

/** In this reading of YAML every scalar is text, the words for yes and no too. */
function endOf(value: string | boolean | undefined): Instant | boolean | null {
  if (value === undefined) return null;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  return instantFromText(value);
}

function readingOf(products: Products, problems: ProblemList): FeedReading {
  return {
    feed: "endoflife",
    extent: products.size > 1 ? "whole" : "part",
    asOf: null,
    label: "",
    isComplete: products.size > 1,
    entryCount: products.size,
    content: { kind: "lifecycle", cycles: [...products.values()].flat() },
    problems,
  };
}
