import { Failure, never } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { debianCodenames } from "../inventory/release-name.ts";
import type { EpssScores, FeedReading, KevEntry } from "./feed-format.ts";
import type { Statement } from "./model.ts";

/**
 * Writes the parts of the starter snapshot in the wire formats of their publishers: ids, versions,
 * states, dates, scores and SSVC values, no texts. Sorted, so that equal input gives equal bytes.
 */
export interface PartContext {
  /** Ids that the other parts name; scores are kept for these. */
  readonly namedIds: ReadonlySet<string>;
}

/** Above this score an id is kept whether or not another part names it. */
const TOP_SCORE = 0.1;

export function partText(reading: FeedReading, context: PartContext): string {
  const { content } = reading;
  switch (content.kind) {
    case "advisories":
      return trackerText(content.statements, reading.label);
    case "kev":
      return kevText(content.entries, reading);
    case "epss":
      return epssText(content.scores, reading, context);
    case "records":
      return recordsText(content);
    case "vex":
    case "lifecycle":
      throw new Failure("invalid", "The starter carries no VEX and no support dates.");
    default:
      return never(content);
  }
}

/** The ids of a part, for choosing scores. */
export function idsOf(reading: FeedReading): readonly string[] {
  const { content } = reading;
  switch (content.kind) {
    case "advisories":
      return content.statements.map((s) => s.vulnerability);
    case "kev":
      return content.entries.map((entry) => entry.id);
    case "records":
      return content.texts.map((text) => text.id);
    case "epss":
    case "vex":
    case "lifecycle":
      return [];
    default:
      return never(content);
  }
}

function trackerText(statements: readonly Statement[], label: string): string {
  const codenames = new Map(
    Object.entries(debianCodenames).map(([name, n]) => [`Debian:${n}`, name]),
  );
  // A derived excerpt stays one: the mark is what makes its readers say so.
  const derived = /^derived from (\S+)/.exec(label)?.[1];
  const sources: Record<string, Record<string, { releases: Record<string, object> }>> = {};
  const sorted = statements.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  for (const s of sorted) {
    const codename = codenames.get(s.ecosystem);
    if (codename === undefined) continue;
    sources[s.packageName] ??= {};
    const entries = sources[s.packageName] ?? {};
    entries[s.vulnerability] ??= {
      releases: {},
      ...(derived === undefined ? {} : { x_derived_from: derived }),
    };
    const entry = entries[s.vulnerability];
    if (entry !== undefined) entry.releases[codename] = releaseOf(s);
  }
  return `${JSON.stringify(sources)}\n`;
}

function sortKey(s: Statement): string {
  return `${s.packageName} ${s.vulnerability} ${s.ecosystem}`;
}

function releaseOf({ state, urgency }: Statement): object {
  switch (state.kind) {
    case "fixed":
      return { status: "resolved", fixed_version: state.version, urgency };
    case "never-affected":
      return { status: "resolved", fixed_version: "0", urgency };
    case "deferred":
      return { status: "open", nodsa: "", nodsa_reason: "postponed", urgency };
    case "ignored":
      return { status: "open", nodsa: "", nodsa_reason: "ignored", urgency };
    case "undetermined":
      return { status: "undetermined", urgency };
    case "open":
    case "end-of-life":
      return { status: "open", urgency };
    case "ranges":
    case "cpe":
      return { status: "undetermined", urgency };
    default:
      return never(state);
  }
}

function kevText(entries: readonly KevEntry[], reading: FeedReading): string {
  const day = (instant: number): string => instantToText(instant).slice(0, 10);
  return `${JSON.stringify({
    catalogVersion: reading.label.replace(/^catalogue /, ""),
    ...(reading.asOf === null ? {} : { dateReleased: instantToText(reading.asOf) }),
    count: entries.length,
    vulnerabilities: entries
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((entry) => ({
        cveID: entry.id,
        dateAdded: day(entry.addedAt),
        ...(entry.dueAt === null ? {} : { dueDate: day(entry.dueAt) }),
        knownRansomwareCampaignUse: entry.isRansomware ? "Known" : "Unknown",
      })),
  })}\n`;
}

function epssText(scores: EpssScores, reading: FeedReading, context: PartContext): string {
  const date = reading.asOf === null ? "" : `,score_date:${instantToText(reading.asOf)}`;
  const rows = scores.ids.flatMap((id, index) => {
    const score = scores.scores[index] ?? 0;
    const isKept = score >= TOP_SCORE || context.namedIds.has(id);
    const percentile = scores.percentiles[index] ?? 0;
    return isKept ? [`${id},${score.toFixed(5)},${percentile.toFixed(5)}`] : [];
  });
  return `#model_version:${reading.label}${date}\ncve,epss,percentile\n${rows.sort().join("\n")}\n`;
}

function recordsText(content: Extract<FeedReading["content"], { kind: "records" }>): string {
  const ssvc = new Map(content.ssvc.map((entry) => [entry.id, entry]));
  return content.texts
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((text) => {
      const decision = ssvc.get(text.id);
      const scores = text.cvss.map((c) => ({
        providerMetadata: { shortName: c.source },
        metrics: [
          {
            [`cvssV${c.version.replace(".", "_")}`]: {
              version: c.version,
              vectorString: c.vector,
              baseScore: c.score,
            },
          },
        ],
      }));
      const values =
        decision === undefined
          ? []
          : [
              { Exploitation: decision.exploitation },
              { Automatable: decision.isAutomatable ? "yes" : "no" },
              { "Technical Impact": decision.technicalImpact },
            ];
      const metrics = [{ other: { type: "ssvc", content: { options: values } } }];
      const adp = { providerMetadata: { shortName: "CISA-ADP" }, metrics };
      return `${JSON.stringify({
        dataType: "CVE_RECORD",
        cveMetadata: {
          cveId: text.id,
          state: text.status === "rejected" ? "REJECTED" : "PUBLISHED",
          ...(text.publishedAt === null ? {} : { datePublished: instantToText(text.publishedAt) }),
        },
        containers: {
          cna: text.status === "disputed" ? { tags: ["disputed"] } : {},
          adp: decision === undefined ? scores : [...scores, adp],
        },
      })}\n`;
    })
    .join("");
}
