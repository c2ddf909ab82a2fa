import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import {
  type CpeMatch,
  CVE_ID,
  cleanText,
  detailOf,
  type FeedFormat,
  type FeedReading,
  ProblemList,
  TITLE_LENGTH_MAX,
  type VulnerabilityText,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";

/**
 * The NVD's API 2.0: pages of CVE records with texts, scores of several sources and CPE matches. One
 * page is a part; pages from the first to the last are the whole. Since 2026 most records carry
 * neither CPE nor score, so what is missing here means nothing. CPE matches are kept as they are; they
 * never decide about packages of a distribution.
 */
export const nvd: FeedFormat = {
  name: "nvd",
  recognise: (head) =>
    /"format"\s*:\s*"NVD_CVE"/.test(head) ||
    (/"totalResults"\s*:/.test(head) && /"vulnerabilities"\s*:/.test(head)) ||
    (/"cve"\s*:\s*\{/.test(head) && /"vulnStatus"\s*:|"configurations"\s*:/.test(head)),
  begin() {
    const draft: Draft = { records: new Map(), problems: new ProblemList(), total: null };
    return {
      add: (document) => readPage(draft, document.text, document.place),
      finish: () => [readingOf(draft)],
    };
  },
};

/**
 * Corrections of the NVD's CPE matches that others publish in its form (nvd-data-overrides): one
 * record a file, whose id stands in the annotation.
 */
export const nvdOverrides: FeedFormat = {
  name: "nvd-overrides",
  recognise: (head) => /"_annotation"\s*:\s*\{/.test(head) && /"cve_id"\s*:/.test(head),
  begin() {
    const cpes = new Map<string, readonly CpeMatch[]>();
    const problems = new ProblemList();
    return {
      add({ text, place }) {
        const parsed = tryParse(text);
        const record = overrideSchema.safeParse(parsed.ok ? parsed.value : null);
        if (!record.success) {
          problems.add(place, "is no correction of a CVE");
          return;
        }
        const id = record.data._annotation.cve_id;
        cpes.set(id, cpesOf(id, record.data.cve.configurations));
      },
      finish: () => [
        {
          feed: "nvd-overrides",
          extent: cpes.size > 1 ? "whole" : "part",
          asOf: null,
          label: "",
          isComplete: false,
          entryCount: cpes.size,
          content: { kind: "records", texts: [], ssvc: [], cpes: [...cpes.values()].flat() },
          problems,
        },
      ],
    };
  },
};

interface NvdRecord {
  readonly text: VulnerabilityText;
  readonly cpes: readonly CpeMatch[];
  readonly at: Instant;
}

interface Draft {
  readonly records: Map<string, NvdRecord>;
  readonly problems: ProblemList;
  total: number | null;
}

const pageSchema = z.object({
  totalResults: z.number().int().optional(),
  vulnerabilities: z.array(z.unknown()),
});

const matchSchema = z.object({
  vulnerable: z.boolean(),
  criteria: z.string().max(500),
  versionStartIncluding: z.string().optional(),
  versionStartExcluding: z.string().optional(),
  versionEndIncluding: z.string().optional(),
  versionEndExcluding: z.string().optional(),
});

const configurationsSchema = z
  .array(z.object({ nodes: z.array(z.object({ cpeMatch: z.array(z.unknown()) })) }))
  .optional();

const overrideSchema = z.object({
  _annotation: z.object({ cve_id: z.string().regex(CVE_ID) }),
  cve: z.object({ configurations: configurationsSchema }),
});

const recordSchema = z.object({
  cve: z.object({
    id: z.string().regex(CVE_ID),
    published: z.string().optional(),
    lastModified: z.string().optional(),
    vulnStatus: z.string().optional(),
    cveTags: z.array(z.object({ tags: z.array(z.string()) })).optional(),
    descriptions: z.array(z.object({ lang: z.string(), value: z.string() })).optional(),
    metrics: z.record(z.string(), z.array(z.unknown())).optional(),
    configurations: configurationsSchema,
    references: z.array(z.object({ url: z.string() })).optional(),
    weaknesses: z
      .array(z.object({ description: z.array(z.object({ value: z.string() })) }))
      .optional(),
  }),
});

const metricSchema = z.object({
  source: z.string().default(""),
  cvssData: z.object({
    version: z.string().max(8),
    vectorString: z.string().max(200),
    baseScore: z.number().min(0).max(10),
  }),
});

function readPage(draft: Draft, text: string, place: string): void {
  const parsed = tryParse(text);
  const page = pageSchema.safeParse(parsed.ok ? parsed.value : null);
  // Single records are handed around without their page.
  const items = page.success ? page.data.vulnerabilities : parsed.ok ? [parsed.value] : [];
  if (!parsed.ok) draft.problems.add(place, "is no page of the NVD, or was cut short");
  if (page.success) draft.total = Math.max(draft.total ?? 0, page.data.totalResults ?? 0);
  for (const [at, item] of items.entries()) {
    const record = recordSchema.safeParse(item);
    if (!record.success) {
      draft.problems.add(`${place} [${at}]`.trim(), "is no CVE record of the NVD");
      continue;
    }
    const made = recordOf(record.data.cve);
    const known = draft.records.get(made.text.id);
    if (known === undefined || known.at <= made.at) draft.records.set(made.text.id, made);
  }
}

function recordOf(cve: z.output<typeof recordSchema>["cve"]): NvdRecord {
  const english = (cve.descriptions ?? []).find((d) => d.lang === "en")?.value ?? "";
  const isDisputed = (cve.cveTags ?? []).some(({ tags }) => tags.includes("disputed"));
  const at = instantFromText(zoned(cve.lastModified)) ?? 0;
  const detail = detailOf({
    description: english,
    references: (cve.references ?? []).map(({ url }) => url),
    weaknesses: (cve.weaknesses ?? []).flatMap((w) => w.description.map(({ value }) => value)),
    modifiedAt: at === 0 ? null : at,
  });
  return {
    text: {
      id: cve.id,
      title: cleanText(english, TITLE_LENGTH_MAX),
      publishedAt: instantFromText(zoned(cve.published)),
      status: /^reject/i.test(cve.vulnStatus ?? "")
        ? "rejected"
        : isDisputed
          ? "disputed"
          : "published",
      cvss: Object.values(cve.metrics ?? {})
        .flat()
        .flatMap(scoreOf),
      modifiedAt: at,
      ...(detail === undefined ? {} : { detail }),
    },
    cpes: cpesOf(cve.id, cve.configurations),
    at,
  };
}

function cpesOf(
  id: string,
  configurations: z.output<typeof configurationsSchema>,
): readonly CpeMatch[] {
  return (configurations ?? []).flatMap(({ nodes }) =>
    nodes.flatMap(({ cpeMatch }) => cpeMatch.flatMap((raw) => cpeOf(id, raw))),
  );
}

/** The API writes times of UTC without saying so. */
function zoned(text: string | undefined): string {
  return text === undefined ? "" : /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
}

function scoreOf(raw: unknown): VulnerabilityText["cvss"][number][] {
  const metric = metricSchema.safeParse(raw);
  if (!metric.success) return [];
  const { version, vectorString: vector, baseScore: score } = metric.data.cvssData;
  return [
    { source: cleanText(metric.data.source, 60), version, vector: cleanText(vector, 200), score },
  ];
}

function cpeOf(id: string, raw: unknown): CpeMatch[] {
  const match = matchSchema.safeParse(raw);
  if (!match.success || !match.data.vulnerable) return [];
  const { criteria, ...of } = match.data;
  return [
    {
      id,
      criteria: cleanText(criteria, 500),
      from: of.versionStartIncluding ?? of.versionStartExcluding ?? null,
      isFromIncluded: of.versionStartExcluding === undefined,
      to: of.versionEndIncluding ?? of.versionEndExcluding ?? null,
      isToIncluded: of.versionEndExcluding === undefined,
    },
  ];
}

function readingOf({ records, problems, total }: Draft): FeedReading {
  const all = [...records.values()];
  const newest = all.reduce((max, { at }) => Math.max(max, at), 0);
  return {
    feed: "nvd",
    extent: total !== null && all.length >= total ? "whole" : "part",
    asOf: newest === 0 ? null : newest,
    label: "",
    isComplete: total !== null && all.length >= total,
    entryCount: all.length,
    content: {
      kind: "records",
      texts: all.map(({ text }) => text),
      ssvc: [],
      cpes: all.flatMap(({ cpes }) => cpes),
    },
    problems,
  };
}
