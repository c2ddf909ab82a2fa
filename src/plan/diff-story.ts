import { durationToText, instantToText, SECOND_MS } from "../base/instant.ts";
import { ringName } from "../base/ring-name.ts";
import { partToText } from "../policy/rings-waves.ts";
import type { PlannedWave } from "./model.ts";
import type { DiffSide, PlanDiff } from "./plan-diff.ts";
import { stopToText } from "./plan-story.ts";

/**
 * What another plan does differently, told in sentences in the order in which people ask: which hosts,
 * in which wave, to which versions, when and how carefully, under whose rules. The exact lines stand in
 * the difference itself.
 */
export function diffStory(diff: PlanDiff, from: DiffSide, to: DiffSide): readonly string[] {
  const story = [
    ...hostSentences(diff),
    ...moveSentences(from, to),
    ...versionSentences(diff),
    ...waveSentences(from, to),
    ...ruleSentences(diff),
    ...(diff.orderChangedAt === null
      ? []
      : [`From ${diff.orderChangedAt} on hosts come in another order.`]),
  ];
  return story.length === 0 ? ["Both do exactly the same."] : story;
}

const NAMES_MAX = 8;

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(", ");
  const rest = names.length - NAMES_MAX;
  return rest > 0 ? `${shown} and ${rest.toLocaleString("en")} more` : shown;
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count.toLocaleString("en")} hosts`;
}

function hostSentences({ hostsAdded, hostsRemoved }: PlanDiff): string[] {
  const told: string[] = [];
  if (hostsAdded.length > 0) {
    told.push(`Adds ${hosts(hostsAdded.length)}: ${namesText(hostsAdded)}.`);
  }
  if (hostsRemoved.length > 0) {
    told.push(`Leaves out ${hosts(hostsRemoved.length)}: ${namesText(hostsRemoved)}.`);
  }
  return told;
}

/** Hosts that are in both and come in another wave, together with those that move alike. */
function moveSentences(from: DiffSide, to: DiffSide): string[] {
  const [before, after] = [labelsByNumber(from), labelsByNumber(to)];
  const was = new Map(from.hosts.map((host) => [host.name, before.get(host.wave)]));
  const moved = to.hosts.flatMap(({ name, wave }) => {
    const [old, next] = [was.get(name), after.get(wave)];
    const isMoved = old !== undefined && next !== undefined && old !== next;
    return isMoved ? [{ name, way: `from ${old} to ${next}` }] : [];
  });
  return [...Map.groupBy(moved, ({ way }) => way)].map(([way, alike]) => {
    const verb = alike.length === 1 ? "moves" : "move";
    return `${hosts(alike.length)} ${verb} ${way}: ${namesText(alike.map(({ name }) => name))}.`;
  });
}

function labelsByNumber({ waves }: DiffSide): ReadonlyMap<number, string> {
  return new Map(waves.map((wave) => [wave.number, labelOf(wave)]));
}

function labelOf({ ring, part }: PlannedWave): string {
  const of = partToText(part);
  return of === "" ? ringName(ring) : `${ringName(ring)} (${of})`;
}

/** Steps of one kind on one package are told together, by the versions that they end with. */
function versionSentences({ steps }: PlanDiff): string[] {
  const forward = steps.filter(({ step }) => !step.startsWith("to go back: "));
  const groups = Map.groupBy(forward, ({ step }) => step.split(" ").slice(0, 2).join(" "));
  const told = [...groups].map(([what, alike]) => {
    const isPackage = /^(upgrade|downgrade|install) /.test(what);
    if (isPackage) return versionSentence(what, alike);
    return `${what}: on ${hosts(sum(alike, "to"))} instead of ${sum(alike, "from")}.`;
  });
  const isBackOther = steps.length > forward.length;
  return isBackOther ? [...told, "The way back changes with them."] : told;
}

function versionSentence(what: string, alike: PlanDiff["steps"]): string {
  const versionOf = (step: string): string => step.split(" ")[4] ?? "";
  const gone = alike.find(({ to }) => to === 0);
  const come = alike.find(({ from }) => from === 0);
  const isExchange = alike.length === 2 && gone !== undefined && come !== undefined;
  if (isExchange && gone.from === come.to) {
    return `${what} to ${versionOf(come.step)} instead of ${versionOf(gone.step)}, on ${hosts(come.to)}.`;
  }
  const each = alike.map(
    ({ step, from, to }) => `to ${versionOf(step)} on ${hosts(to)} instead of ${from}`,
  );
  return `${what} ${each.join(", ")}.`;
}

function sum(rows: PlanDiff["steps"], key: "from" | "to"): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

function waveSentences(from: DiffSide, to: DiffSide): string[] {
  const before = new Map(from.waves.map((wave) => [labelOf(wave), wave]));
  const after = new Map(to.waves.map((wave) => [labelOf(wave), wave]));
  const labels = new Set([...before.keys(), ...after.keys()]);
  return [...labels].flatMap((label) => {
    const [old, next] = [before.get(label), after.get(label)];
    if (old === undefined)
      return [`There is a new wave, ${label}, of ${hosts(next?.hostCount ?? 0)}.`];
    if (next === undefined) return [`There is no wave ${label} any more.`];
    const changes = waveChanges(old, next);
    return changes.length === 0 ? [] : [`Wave ${label} ${changes.join("; ")}.`];
  });
}

function waveChanges(old: PlannedWave, next: PlannedWave): string[] {
  const rows: readonly (readonly [what: string, of: (wave: PlannedWave) => string])[] = [
    ["begins", (wave) => instantToText(wave.notBefore)],
    ["must be done by", (wave) => instantToText(wave.notAfter)],
    ["is open", windowsText],
    ["has", (wave) => hosts(wave.hostCount)],
    ["starts at once", ({ limits }) => hosts(limits.batchSize)],
    ["has its files", ({ limits }) => filesText(limits.stageSeconds)],
    ["has under way", ({ limits }) => `up to ${hosts(limits.inFlightMax)}`],
    ["halts", ({ limits, hostCount }) => stopToText(limits, hostCount)],
    ["needs", ({ limits }) => `${Math.round(limits.successRateMin * 1000) / 10} % verified`],
    ["soaks", ({ limits }) => durationToText(limits.soakSeconds * SECOND_MS)],
    ["rolls back", ({ limits }) => limits.rollback],
  ];
  return rows.flatMap(([what, of]) => {
    const [before, after] = [of(old), of(next)];
    return before === after ? [] : [`${what} ${after} instead of ${before}`];
  });
}

function filesText(seconds: number | null): string {
  return seconds === null ? "with the job" : `${durationToText(seconds * SECOND_MS)} before`;
}

const WINDOWS_MAX = 3;

function windowsText({ windows }: PlannedWave): string {
  if (windows.length === 0) return "throughout";
  const shown = windows
    .slice(0, WINDOWS_MAX)
    .map(({ from, to }) => `${instantToText(from)} to ${instantToText(to)}`);
  const rest = windows.length - WINDOWS_MAX;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest} times more` : ""}`;
}

const ruleWords: Readonly<Record<string, string>> = {
  need: "Approvals needed",
  class: "Class",
  change: "Change",
  title: "Title",
  requester: "Asked for by",
  permit: "Permit",
  revert: "May be reverted",
  attempts: "Attempts of each host",
  hostpolicy: "Lowest host policy",
  tenant: "Deployment",
};

function ruleSentences({ fields }: PlanDiff): string[] {
  return fields.map(({ field, from, to }) => {
    if (field === "policy") {
      return `It was planned by another rings policy: ${to.slice(0, 12)} instead of ${from.slice(0, 12)}.`;
    }
    return `${ruleWords[field] ?? field}: ${to} instead of ${from}.`;
  });
}
