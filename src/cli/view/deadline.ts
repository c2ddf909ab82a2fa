import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";
import { whenText } from "./when.ts";

/** Dates on the terminal: which counts, which stand beside it, and why. */
type CandidateDate = components["schemas"]["CandidateDate"];
type Excepted = components["schemas"]["Excepted"];

/** What stands where a date would: the clock stands, or nothing dated is asked. */
export function undatedText(date: Pick<CandidateDate, "pause" | "period">): string {
  const since = date.pause?.since;
  if (since != null) return `clock stands since ${since.slice(0, 10)}: no fix is offered`;
  return date.period === "" ? "next upgrade" : date.period;
}

export function dateLine(date: CandidateDate): string {
  const when = date.at === null ? undatedText(date) : date.at.slice(0, 10);
  return `${when}  ${date.preset}, rule ${date.rule}`;
}

export interface DatesShown {
  readonly about: { readonly label: string };
  readonly deadline: CandidateDate | null;
  readonly excepted: Excepted | null;
  readonly dates: readonly (CandidateDate & { readonly excepted: Excepted | null })[];
  readonly total: number;
  readonly policy: { readonly file: string; readonly version: string };
}

export function datesText(shown: DatesShown, now: Instant): string {
  const { deadline, dates, total, policy } = shown;
  if (deadline === null) {
    return `Nothing that is known of ${shown.about.label} asks for a date. Is everything scanned and fed?`;
  }
  const first =
    deadline.at === null
      ? undatedText(deadline)
      : `${deadline.at.slice(0, 10)} (${whenText(deadline.at, now)})`;
  const table = renderTable(dates, [
    { head: "date", cell: (d) => (d.at === null ? undatedText(d) : d.at.slice(0, 10)) },
    { head: "preset", cell: (d) => d.preset },
    { head: "rule", cell: (d) => d.rule },
    { head: "period", cell: (d) => d.period },
    { head: "for", cell: (d) => d.vulnerability },
    { head: "exposure", cell: (d) => d.exposure },
    { head: "clock from", cell: (d) => `${d.clockStartedAt.slice(0, 10)}, ${d.startedBy}` },
    { head: "assumed", cell: (d) => d.assumed.join(", ") },
    { head: "excepted", cell: (d) => grantsText(d.excepted) },
  ]);
  const more = total > dates.length ? [`… and ${total - dates.length} more`] : [];
  return [
    `${shown.about.label}: ${first}`,
    `because ${deadline.sentence}`,
    ...exceptedLines(shown.excepted, now),
    ...(deadline.needsForensicTriage ? ["collect forensic evidence before patching"] : []),
    `policy ${policy.file} (${policy.version.slice(0, 12)})`,
    "",
    table,
    ...more,
  ].join("\n");
}

function grantsText(excepted: Excepted | null): string {
  if (excepted === null) return "";
  const grants = excepted.by.map((one) => `${one.ref} until ${one.until.slice(0, 10)}`).join(", ");
  return excepted.isExcepted ? grants : `${grants}, not on all hosts`;
}

/** The date that counts where an exception moves the one above. */
function exceptedLines(excepted: Excepted | null, now: Instant): readonly string[] {
  if (excepted === null) return [];
  const { effective, sentence } = excepted;
  const counts =
    effective === null
      ? ""
      : `  counts now: ${effective.slice(0, 10)} (${whenText(effective, now)})`;
  return [sentence, ...(counts === "" ? [] : [counts.trim()])];
}

type CaseForecast = components["schemas"]["CaseForecast"];

export function forecastText(cases: readonly CaseForecast[], now: Instant): string {
  if (cases.length === 0) return "No open case has a date. See: fettle patch list --cases";
  return cases
    .flatMap((item) => [
      `${item.ref}  ${item.title}  due ${item.at.slice(0, 10)} (${whenText(item.at, now)}): ${item.label}`,
      ...(item.excepted === null ? [] : [`    ${item.excepted.sentence}`]),
      ...item.groups.map(groupLine),
    ])
    .join("\n");
}

function groupLine(group: CaseForecast["groups"][number]): string {
  const names = group.names.join(", ");
  const more = group.hosts > group.names.length ? ", …" : "";
  return `    ${counted(group.hosts, "host")} ${group.label}: ${group.sentence} ${names}${more}`;
}
