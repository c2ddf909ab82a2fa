import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import {
  configurationsOf,
  configurationsSchema,
  cpeStatements,
  type RawConfigurations,
} from "../../cpe-configuration.ts";
import {
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
import type { Statement } from "../../model.ts";

/**
 * The NVD's API 2.0: pages of CVE records with texts, scores of several sources and CPE matches. One
 * page is a part; pages from the first to the last are the whole. Since 2026 most records carry
 * neither CPE nor score, so what is missing here means nothing. What it says by CPE names decides last,
 * and never about packages of a distribution.
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
    const records = new Map<string, readonly Statement[]>();
    const problems = new ProblemList();
    return {
      add({ text, place }) {
        const parsed = tryParse(text);
        const record = overrideSchema.safeParse(parsed.ok ? parsed.value : null);
        if (!record.success) {
          problems.add(place, "is no correction of a CVE");
          return;
        }
        const { cve_id: id } = record.data._annotation;
        const { configurations } = record.data.cve;
        records.set(id, statementsOf("nvd-overrides", { id, configurations, place, problems }));
      },
      finish: () => [
        {
          feed: "nvd-overrides",
          extent: records.size > 1 ? "whole" : "part",
          asOf: null,
          label: "",
          isComplete: false,
          entryCount: records.size,
          content: {
            kind: "records",
            texts: [],
            ssvc: [],
            statements: [...records.values()].flat(),
          },
          problems,
        },
      ],
    };
  },
};

interface NvdRecord {
  readonly text: VulnerabilityText;
  readonly statements: readonly Statement[];
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
    const made = recordOf(record.data.cve, { place: `${place} [${at}]`.trim(), ...draft });
    const known = draft.records.get(made.text.id);
    if (known === undefined || known.at <= made.at) draft.records.set(made.text.id, made);
  }
}

function recordOf(
  cve: z.output<typeof recordSchema>["cve"],
  of: { readonly place: string; readonly problems: ProblemList },
): NvdRecord {
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
    statements: statementsOf("nvd", { ...of, id: cve.id, configurations: cve.configurations }),
    at,
  };
}

function statementsOf(
  feed: string,
  of: {
    readonly id: string;
    readonly configurations: RawConfigurations;
    readonly place: string;
    readonly problems: ProblemList;
  },
): readonly Statement[] {
  const configurations = configurationsOf(of.configurations, of);
  return cpeStatements({ feed, id: of.id, configurations, problems: of.problems });
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
      statements: all.flatMap(({ statements }) => statements),
    },
    problems,
  };
}
