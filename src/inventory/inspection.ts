import { type Instant, instantToSeconds } from "../base/instant.ts";
import { ecosystemOf } from "./ecosystem.ts";
import { emptyDraft, type InspectionDraft, lineRules, signedLines } from "./inspection-lines.ts";
import type { BuiltInto, HostFacts, Offer, Package, PackageSetHeader } from "./model.ts";
import { withoutPasswords } from "./redact.ts";
import type { SeenRuntime } from "./runtime.ts";
import { seenRuntime } from "./runtime-lines.ts";
import type { WaysText } from "./ways-in.ts";

/**
 * Turns the lines a host printed for `inspect` into an inspection. A line that breaks the grammar is
 * counted and named and never drops the rest; but an answer without the release, or without a single
 * package, says nothing about the host and is refused: unknown must not read as clean.
 */
export interface Inspection {
  /** The id in the host's own identity file, or null before enrolment. */
  readonly protocolId: string | null;
  readonly ecosystem: string;
  readonly header: PackageSetHeader;
  readonly packages: readonly Package[];
  readonly built: readonly BuiltInto[];
  /** Null when the host has no package lists: what it could get is then unknown, not nothing. */
  readonly offers: readonly Offer[] | null;
  readonly facts: HostFacts;
  /** What runs there; null when the host told nothing of its processes. */
  readonly runtime: SeenRuntime | null;
  /** Who else may become root there, as the host signed it; null when it did not look. */
  readonly ways?: WaysText | null;
  /** The host's clock in Unix seconds, or null when it did not say. */
  readonly clockSeconds: number | null;
  readonly badLineCount: number;
}

export type InspectionResult =
  | { readonly kind: "inspection"; readonly inspection: Inspection }
  | { readonly kind: "unusable"; readonly problem: string };

/** Without root, the processes of other users show nothing: no stale one seen means nothing then. */
export const UNSEEN_PROCESSES =
  "inspected without root: which processes still run replaced code is not known";

/** A clock further off than this makes times of the host misleading, and its permits fail. */
const CLOCK_OFF_MAX_S = 60;

/** What only the server can tell about an inspection it asked for at this time. */
export function notedInspection(
  inspection: Inspection,
  asked: { readonly at: Instant; readonly isRoot: boolean },
): Inspection {
  const { clockSeconds, facts } = inspection;
  const off = clockSeconds === null ? 0 : clockSeconds - instantToSeconds(asked.at);
  const notes = [
    ...(asked.isRoot ? [] : [UNSEEN_PROCESSES]),
    ...(Math.abs(off) > CLOCK_OFF_MAX_S
      ? [`its clock is ${Math.abs(off)} s ${off > 0 ? "ahead" : "behind"}`]
      : []),
  ];
  return { ...inspection, facts: { ...facts, notes: [...notes, ...facts.notes] } };
}

const BAD_LINES_NAMED_MAX = 10;
const NOTES_MAX = 100;

export function parseInspection(lines: Iterable<string>): InspectionResult {
  const draft = emptyDraft();
  const bad: string[] = [];
  let badCount = 0;
  let number = 0;
  for (const line of lines) {
    number++;
    if (acceptLine(draft, line)) continue;
    badCount++;
    if (bad.length < BAD_LINES_NAMED_MAX) {
      bad.push(`line ${number} cannot be read: ${withoutPasswords(line).slice(0, 60)}`);
    }
  }
  return finish(draft, badCount, bad);
}

function acceptLine(draft: InspectionDraft, line: string): boolean {
  const space = line.indexOf(" ");
  const key = space < 0 ? line : line.slice(0, space);
  const rule = Object.hasOwn(lineRules, key) ? lineRules[key] : undefined;
  const rest = space < 0 ? "" : line.slice(space + 1);
  // Any of them may quote what apt or a unit said, with an address in it.
  return rule?.(draft, signedLines.includes(key) ? rest : withoutPasswords(rest)) ?? false;
}

function finish(
  draft: InspectionDraft,
  badLineCount: number,
  bad: readonly string[],
): InspectionResult {
  if (draft.os === null || draft.arch === null || draft.kernel === null || draft.boot === null) {
    const missing = (["os", "arch", "kernel", "boot"] as const).filter((k) => draft[k] === null);
    return unusable(`The host did not say what it runs (no readable ${missing.join(", ")} line).`);
  }
  if (draft.packages.size === 0) {
    return unusable("The host listed no installed package, so what is on it is unknown.");
  }
  const { distribution, release, codename } = draft.os;
  const ecosystem = ecosystemOf(distribution, release, codename);
  const broken = draft.broken.length === 0 ? [] : [brokenNote(draft.broken)];
  const more = badLineCount > bad.length ? [`${badLineCount} lines could not be read in all`] : [];
  return {
    kind: "inspection",
    inspection: {
      protocolId: draft.protocolId,
      ecosystem,
      header: { distribution, release, channel: codename },
      packages: [...draft.packages.values()].map((p) => ({ ...p, ecosystem })),
      built: [...draft.built.values()],
      offers: draft.lists.state === "none" ? null : [...draft.offers.values()],
      facts: factsOf(draft, { distribution, release, codename, arch: draft.arch }, [
        ...broken,
        ...bad,
        ...more,
        ...draft.notes,
      ]),
      runtime: seenRuntime(draft.runtime),
      ways: waysOf(draft),
      clockSeconds: draft.clock,
      badLineCount,
    },
  };
}

function factsOf(
  draft: InspectionDraft,
  system: Pick<HostFacts, "distribution" | "release" | "codename" | "arch">,
  notes: readonly string[],
): HostFacts {
  return {
    ...system,
    kernelRunning: draft.kernel ?? "",
    kernelInstalled: draft.kernelInstalled,
    bootId: draft.boot ?? "",
    uptimeSeconds: draft.uptime ?? 0,
    machine: draft.machine,
    zone: draft.zone,
    program: draft.program,
    reboot: draft.reboot ?? { isNeeded: false, reason: "the host did not say" },
    services: draft.services,
    restarts: draft.restarts,
    sources: draft.sources,
    lists: draft.lists,
    held: [...draft.held].sort(),
    manual: [...draft.manual].sort(),
    notes: notes.slice(0, NOTES_MAX),
  };
}

function waysOf({ ways, waysSignature }: InspectionDraft): WaysText | null {
  if (ways.length === 0) return null;
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
  return { text: text(ways), signature: waysSignature.length === 0 ? null : text(waysSignature) };
}

function brokenNote(broken: readonly string[]): string {
  const named = broken.slice(0, 20).join(", ");
  const count = broken.length === 1 ? "1 package is" : `${broken.length} packages are`;
  return `${count} not fully installed: ${named}; run dpkg --configure -a there`;
}

function unusable(problem: string): InspectionResult {
  return { kind: "unusable", problem };
}
