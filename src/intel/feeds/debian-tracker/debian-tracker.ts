import { z } from "zod";
import { Failure } from "../../../base/failure.ts";
import { issueText } from "../../../base/issue-text.ts";
import { debianCodenames } from "../../../inventory/release-name.ts";
import {
  cleanText,
  type FeedFormat,
  type FeedReading,
  giveWay,
  ProblemList,
  TITLE_LENGTH_MAX,
  VULNERABILITY_ID,
  type VulnerabilityText,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";
import type { Statement } from "../../model.ts";
import { parseDebVersion } from "../../versions/deb.ts";

/**
 * The Debian security tracker's `data/json`: source → id → releases → state.
 *
 * Traps of the format: `fixed_version: "0"` means never affected; `open` says nothing about whether a
 * fix will come (`nodsa`, `nodsa_reason` do); `unimportant` means that the code is not in what the
 * package ships; `undetermined` is not affected; `end-of-life` stands in the urgency; a list stands
 * where an empty object is meant. The file has no date.
 */
export const debianTracker: FeedFormat = {
  name: "debian-tracker",
  recognise: (head) =>
    /^\s*\{\s*"[a-z0-9][a-z0-9+.-]*"\s*:\s*\{\s*"(CVE|TEMP|DSA|DLA)-[^"]{1,60}"\s*:\s*\{/.test(
      head,
    ),
  begin() {
    let reading: FeedReading | null = null;
    return {
      async add(document) {
        if (reading !== null) throw notOne();
        reading = await readTracker(document.text);
      },
      finish: () => (reading === null ? [] : [reading]),
    };
  },
};

export const DEBIAN_TRACKER = "debian-tracker";

const releaseSchema = z.object({
  status: z.enum(["open", "resolved", "undetermined"]),
  fixed_version: z.string().optional(),
  urgency: z.string().max(60).default(""),
  nodsa: z.string().optional(),
  nodsa_reason: z.string().nullish(),
});

const entrySchema = z.object({
  description: z.string().nullish(),
  releases: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).max(0)]),
  x_derived_from: z.string().optional(),
});

const SOURCE_NAME = /^[a-z0-9][a-z0-9+.-]{0,99}$/;

interface Draft {
  readonly statements: Statement[];
  readonly texts: Map<string, VulnerabilityText>;
  readonly problems: ProblemList;
  entryCount: number;
  derivedFrom: string;
}

/** Entries between two turns: some milliseconds of work. */
const TURN_ENTRIES = 2_000;

async function readTracker(text: string): Promise<FeedReading> {
  const parsed = tryParse(text);
  if (!parsed.ok || !isObject(parsed.value)) throw cutShort();
  const draft: Draft = {
    statements: [],
    texts: new Map(),
    problems: new ProblemList(),
    entryCount: 0,
    derivedFrom: "",
  };
  let turnEnd = TURN_ENTRIES;
  for (const [source, entries] of Object.entries(parsed.value)) {
    if (draft.entryCount >= turnEnd) {
      turnEnd = draft.entryCount + TURN_ENTRIES;
      await giveWay();
    }
    if (!SOURCE_NAME.test(source) || !isObject(entries)) {
      draft.problems.add(source, "is not a source package with its entries");
      continue;
    }
    for (const [id, entry] of Object.entries(entries)) readEntry(draft, source, id, entry);
  }
  return {
    feed: DEBIAN_TRACKER,
    extent: "whole",
    asOf: null,
    label: draft.derivedFrom === "" ? "" : derivedLabel(draft.derivedFrom),
    isComplete: draft.derivedFrom === "",
    entryCount: draft.entryCount,
    content: {
      kind: "advisories",
      statements: draft.statements,
      texts: [...draft.texts.values()],
    },
    problems: draft.problems,
  };
}

function readEntry(draft: Draft, source: string, id: string, raw: unknown): void {
  const place = `${source} ${id}`;
  const entry = entrySchema.safeParse(raw);
  if (!VULNERABILITY_ID.test(id) || !entry.success) {
    draft.problems.add(place, entry.success ? "has no readable id" : describe(entry.error));
    return;
  }
  draft.entryCount++;
  draft.derivedFrom ||= (entry.data.x_derived_from ?? "").split(" ")[0] ?? "";
  if (!draft.texts.has(id)) draft.texts.set(id, textOf(id, entry.data.description ?? ""));
  if (Array.isArray(entry.data.releases)) return;
  for (const [codename, release] of Object.entries(entry.data.releases)) {
    if (codename === "sid") continue;
    const number = Object.hasOwn(debianCodenames, codename) ? debianCodenames[codename] : undefined;
    if (number === undefined) draft.problems.add(place, `names the unknown release ${codename}`);
    else readRelease(draft, { source, id, ecosystem: `Debian:${number}`, place }, release);
  }
}

function readRelease(
  draft: Draft,
  at: { source: string; id: string; ecosystem: string; place: string },
  raw: unknown,
): void {
  const release = releaseSchema.safeParse(raw);
  if (!release.success) {
    draft.problems.add(`${at.place} ${at.ecosystem}`, describe(release.error));
    return;
  }
  const state = stateOf(release.data);
  if (typeof state === "string") {
    draft.problems.add(`${at.place} ${at.ecosystem}`, state);
    return;
  }
  draft.statements.push({
    feed: DEBIAN_TRACKER,
    ecosystem: at.ecosystem,
    packageName: at.source,
    matches: "source",
    vulnerability: at.id,
    advisory: "",
    state,
    urgency: release.data.urgency,
  });
}

/** The state, or why there is none. */
function stateOf(release: z.output<typeof releaseSchema>): Statement["state"] | string {
  const { status, fixed_version: fixed, nodsa } = release;
  if (status === "undetermined") return { kind: "undetermined" };
  if (status === "resolved") {
    if (fixed === "0") return { kind: "never-affected" };
    if (fixed === undefined) return "is resolved but names no version";
    if (parseDebVersion(fixed) !== null) return { kind: "fixed", version: fixed };
    return `names a version that is none: ${fixed}`;
  }
  if (release.urgency === "end-of-life") return { kind: "end-of-life" };
  const reason = (release.nodsa_reason ?? "").toLowerCase();
  const why = cleanText(nodsa ?? "", 200);
  if (reason === "ignored") return { kind: "ignored", why };
  if (reason === "postponed") return { kind: "deferred", why: why || "postponed" };
  // Without a reason, a fix may still come with the next point release.
  return nodsa === undefined ? { kind: "open" } : { kind: "deferred", why };
}

function textOf(id: string, description: string): VulnerabilityText {
  const title = cleanText(description, TITLE_LENGTH_MAX);
  return { id, title, publishedAt: null, status: "published", cvss: [] };
}

function derivedLabel(from: string): string {
  return `derived from ${cleanText(from, 60)} entries: an excerpt that knows fixed versions only, so a package it does not name may still be vulnerable`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "is malformed" : `${issue.path.join(".")}: ${issueText(issue)}`;
}

function cutShort(): Failure {
  return new Failure(
    "invalid",
    "The file looks like the Debian security tracker's data, but is not complete JSON. It was probably cut short; fetch it again.",
  );
}

function notOne(): Failure {
  return new Failure(
    "invalid",
    "The archive holds more than one file of the Debian security tracker. Load the one that is current.",
  );
}
