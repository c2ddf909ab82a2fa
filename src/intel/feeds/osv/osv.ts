import { parse } from "yaml";
import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import { issueText } from "../../../base/issue-text.ts";
import { normalName } from "../../../inventory/package-name.ts";
import { canonicalEcosystem, osvFeedOf } from "../../ecosystem-name.ts";
import {
  cleanText,
  detailOf,
  type FeedDocument,
  type FeedFormat,
  type FeedReading,
  HEAD_BYTES,
  ProblemList,
  TITLE_LENGTH_MAX,
  VULNERABILITY_ID,
  type VulnerabilityText,
} from "../../feed-format.ts";
import { jsonRecords } from "../../json-records.ts";
import type { Statement, VersionRange } from "../../model.ts";
import { isModuleBuild, streamsInTitle } from "../../module-stream.ts";
import { ecosystemBase } from "../../versions/order.ts";
import { type Affected, affectedSchema } from "./affected.ts";
import { rangesOf } from "./ranges.ts";
import { vulnerabilitiesOf } from "./vulnerability-ids.ts";

/**
 * OSV records (schema 1.x), one per file, per line or in an array. Each ecosystem is a feed of its
 * own (`osv-go`), because each has its own publisher, size and freshness. A withdrawn record makes no
 * statement. Ranges over commits say nothing about packages and are passed over.
 */
export const osv: FeedFormat = {
  name: "osv",
  recognise: (head) => isJsonRecord(head) || isYamlRecord(head),
  begin() {
    const records = new Map<string, OsvRecord>();
    const problems = new ProblemList();
    let isArchived = false;
    return {
      add(document) {
        isArchived ||= document.isArchived;
        for (const { place, value } of recordsIn(document, problems)) {
          const record = readRecord(place, value, problems);
          if (record === null) continue;
          // Archives repeat a record for each release it names; of two versions the newest counts.
          const known = records.get(record.text.id);
          if (known === undefined || known.modifiedAt <= record.modifiedAt) {
            records.set(record.text.id, record);
          }
        }
      },
      finish: () => readingsOf([...records.values()], isArchived, problems),
    };
  },
};

/** What other documents with an id and a time say at their head, and no record does. */
const FOREIGN =
  /"cveMetadata"|"CVE_RECORD"|"bomFormat"|"spdxVersion"|"csaf_version"|openvex|"cveID"|"timestamp"\s*:/;

function isJsonRecord(head: string): boolean {
  if (!/^\s*[[{]/.test(head) || !/"id"\s*:\s*"/.test(head)) return false;
  // Records of many packages are longer than what is looked at, and their time comes last.
  const isCut = head.length >= HEAD_BYTES && /"ecosystem"\s*:\s*"/.test(head);
  return (
    (isCut || /"modified"\s*:\s*"\d{4}-/.test(head)) &&
    /"(affected|withdrawn|summary|details|schema_version|aliases)"\s*:/.test(head) &&
    !FOREIGN.test(head.slice(0, 4_096))
  );
}

/** The Python database keeps its records as YAML, the same fields. */
function isYamlRecord(head: string): boolean {
  if (!/^(---\s*\n)?(#[^\n]*\n)*[a-z_]+:/.test(head)) return false;
  return /^id: *"?[A-Z]/m.test(head) && /^(affected|modified|withdrawn):/m.test(head);
}

function* recordsIn(
  document: FeedDocument,
  problems: ProblemList,
): Generator<{ readonly place: string; readonly value: unknown }> {
  if (/^\s*[[{]/.test(document.text)) {
    yield* jsonRecords(document, problems);
    return;
  }
  const value = yamlRecord(document.text);
  if (value === undefined) problems.add(document.place, "is not YAML, or was cut short");
  else yield { place: document.place, value };
}

/** Every scalar stays the text it is: as a number, version 1.10 would become 1.1. */
function yamlRecord(text: string): unknown {
  try {
    return parse(text, { schema: "failsafe", logLevel: "silent", maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

interface OsvRecord {
  readonly text: VulnerabilityText;
  readonly modifiedAt: Instant;
  readonly statements: readonly Statement[];
  readonly bases: readonly string[];
}

const recordSchema = z.object({
  id: z.string().regex(VULNERABILITY_ID),
  modified: z.string(),
  published: z.string().nullish(),
  withdrawn: z.string().nullish(),
  summary: z.string().nullish(),
  details: z.string().nullish(),
  aliases: z.array(z.string()).nullish(),
  upstream: z.array(z.string()).nullish(),
  related: z.array(z.string()).nullish(),
  affected: z.array(z.unknown()).nullish(),
  references: z
    .array(z.object({ url: z.string() }))
    .nullish()
    .catch(null),
});

function readRecord(place: string, raw: unknown, problems: ProblemList): OsvRecord | null {
  const parsed = recordSchema.safeParse(raw);
  const modifiedAt = parsed.success ? instantFromText(parsed.data.modified) : null;
  if (!parsed.success || modifiedAt === null) {
    const issue = parsed.success ? undefined : parsed.error.issues[0];
    problems.add(
      place,
      `is no OSV record: ${issue?.path.join(".") ?? "modified"} ${issue === undefined ? "is no time" : issueText(issue)}`,
    );
    return null;
  }
  const record = parsed.data;
  const affected = (record.affected ?? []).flatMap((item) => {
    const one = affectedSchema.safeParse(item);
    if (!one.success) problems.add(place || record.id, "has an affected entry that cannot be read");
    return one.success && one.data.package !== undefined
      ? [{ ...one.data, package: one.data.package }]
      : [];
  });
  const ecosystems = [...new Set(affected.map((a) => a.package.ecosystem))].sort();
  const detail = detailOf({
    description: record.details ?? "",
    references: (record.references ?? []).map(({ url }) => url),
    aliases: record.aliases ?? [],
    upstream: [...(record.upstream ?? []), ...(record.related ?? [])],
    modifiedAt,
  });
  return {
    text: {
      id: record.id,
      title: cleanText(record.summary || record.details || "", TITLE_LENGTH_MAX),
      publishedAt: instantFromText(record.published ?? ""),
      status: record.withdrawn ? "withdrawn" : "published",
      cvss: [],
      modifiedAt,
      ...(detail === undefined ? {} : { detail }),
    },
    modifiedAt,
    statements: record.withdrawn ? [] : statementsOf(record, affected, problems),
    bases: [...new Set(ecosystems.map(ecosystemBase))],
  };
}

type WithPackage = Affected & { readonly package: NonNullable<Affected["package"]> };

/** One statement per package and vulnerability; several entries for one package are one statement. */
function statementsOf(
  record: z.output<typeof recordSchema>,
  affected: readonly WithPackage[],
  problems: ProblemList,
): readonly Statement[] {
  const byPackage = Map.groupBy(
    affected.filter((a) => isUsable(a, record.id, problems)),
    (a) => `${a.package.ecosystem}\n${a.package.name}`,
  );
  const idsByBase = new Map<string, readonly string[]>();
  return [...byPackage.values()].flatMap((entries) => {
    const [first] = entries;
    if (first === undefined) return [];
    const { ecosystem, name } = first.package;
    const ranges = entries.flatMap((entry) => rangesOf(entry, record.id, problems));
    const versions = [...new Set(entries.flatMap((entry) => entry.versions ?? []))].sort();
    if (ranges.length === 0 && versions.length === 0) return [];
    const urgency = first.ecosystem_specific?.["urgency"];
    const base = ecosystemBase(ecosystem);
    // All but the id is the same for all that the record is about, and is written once.
    const said: Omit<Statement, "vulnerability"> = {
      feed: osvFeedOf(base),
      ecosystem: canonicalEcosystem(cleanText(ecosystem, 100)),
      packageName: normalName(ecosystem, cleanText(name, 300)),
      matches: sourceBases.has(base) ? "source" : "binary",
      advisory: record.id,
      state: { kind: "ranges", ranges, versions: versions.map((v) => cleanText(v, 200)) },
      urgency: typeof urgency === "string" ? cleanText(urgency, 60) : "",
      ...streamsOf(record.summary ?? "", ranges),
    };
    const ids = idsByBase.get(base) ?? vulnerabilitiesOf(record, base);
    idsByBase.set(base, ids);
    return ids.map((vulnerability) => ({ ...said, vulnerability }));
  });
}

/** The records name a module's stream in their title only. */
function streamsOf(
  summary: string,
  ranges: readonly VersionRange[],
): { readonly streams?: readonly string[] } {
  const isModular = ranges.some((range) => isModuleBuild(range.fixed ?? range.lastAffected ?? ""));
  return isModular ? { streams: streamsInTitle(cleanText(summary, TITLE_LENGTH_MAX)) } : {};
}

/** Distributions whose records name source packages (OSV schema, "affected[].package"). */
const sourceBases: ReadonlySet<string> = new Set([
  "Alpaquita",
  "Alpine",
  "Chainguard",
  "Debian",
  "Mageia",
  "MinimOS",
  "Ubuntu",
  "Wolfi",
  "openEuler",
]);

/** Distributions with releases: a record without one cannot be judged for any. */
const withReleases: ReadonlySet<string> = new Set([
  "AlmaLinux",
  "Alpine",
  "Debian",
  "Mageia",
  "Red Hat",
  "Rocky Linux",
  "SUSE",
  "Ubuntu",
  "openEuler",
  "openSUSE",
]);

function isUsable(entry: WithPackage, id: string, problems: ProblemList): boolean {
  const { ecosystem } = entry.package;
  if (!withReleases.has(ecosystem)) return true;
  problems.add(id, `names ${ecosystem} without a release`);
  return false;
}

function readingsOf(
  records: readonly OsvRecord[],
  isArchived: boolean,
  problems: ProblemList,
): readonly FeedReading[] {
  const bases = [...new Set(records.flatMap((record) => record.bases))].sort();
  const extent = isArchived || records.length > 1 ? "whole" : "part";
  return bases.map((base, index) => {
    const own = records.filter((record) => record.bases.includes(base));
    const feed = osvFeedOf(base);
    // The Go database writes the year 1 for "not known".
    const newest = own.reduce((max, record) => Math.max(max, record.modifiedAt), 0);
    return {
      feed,
      extent,
      asOf: newest === 0 ? null : newest,
      label: "",
      isComplete: true,
      entryCount: own.length,
      content: {
        kind: "advisories",
        statements: own.flatMap((r) => r.statements.filter((s) => s.feed === feed)),
        texts: own.map((record) => record.text),
      },
      problems: index === 0 ? problems : new ProblemList(),
    };
  });
}
