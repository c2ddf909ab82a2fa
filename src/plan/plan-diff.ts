import { instantToText } from "../base/instant.ts";
import { partToText } from "../policy/rings-waves.ts";
import { type BodyText, inTransactionsText, parseBody, stepToText } from "./body.ts";
import type { PlannedWave } from "./model.ts";
import { stopToText } from "./plan-story.ts";
import { compareText } from "./planner-hosts.ts";
import { parseStatement, permitToText, revertToText, type Statement } from "./statement.ts";

/** What two plans do differently, for people who approved the one and are asked about the other. */

export interface DiffSide {
  readonly statement: string;
  /** Approvals that the policy demands. */
  readonly need: number;
  readonly waves: readonly PlannedWave[];
  readonly bodies: readonly { readonly digest: string; readonly text: string }[];
  /** In index order. */
  readonly hosts: readonly {
    readonly name: string;
    readonly ring: string;
    readonly wave: number;
    readonly body: string;
  }[];
}

export interface PlanDiff {
  /** Lines of the statement that people judge; digests and counts follow from the rest. */
  readonly fields: readonly {
    readonly field: string;
    readonly from: string;
    readonly to: string;
  }[];
  readonly waves: readonly { readonly ring: string; readonly from: string; readonly to: string }[];
  readonly hostsAdded: readonly string[];
  readonly hostsRemoved: readonly string[];
  readonly ringChanged: readonly {
    readonly host: string;
    readonly from: string;
    readonly to: string;
  }[];
  /** Steps by how many of the hosts that are in both plans take them. */
  readonly steps: readonly { readonly step: string; readonly from: number; readonly to: number }[];
  /** The first host (in both) that comes at another place, or null when the order is the same. */
  readonly orderChangedAt: string | null;
}

export function planDiff(from: DiffSide, to: DiffSide): PlanDiff {
  const before = new Map(from.hosts.map((host) => [host.name, host]));
  const after = new Map(to.hosts.map((host) => [host.name, host]));
  const stayedBefore = from.hosts.filter((host) => after.has(host.name));
  const stayedAfter = to.hosts.filter((host) => before.has(host.name));
  return {
    fields: [...fieldChanges(from.statement, to.statement), ...needChange(from, to)],
    waves: waveChanges(from.waves, to.waves),
    hostsAdded: names(to.hosts.filter((host) => !before.has(host.name))),
    hostsRemoved: names(from.hosts.filter((host) => !after.has(host.name))),
    ringChanged: stayedAfter.flatMap((host) => {
      const ring = before.get(host.name)?.ring ?? host.ring;
      return ring === host.ring ? [] : [{ host: host.name, from: ring, to: host.ring }];
    }),
    steps: stepChanges({ ...from, hosts: stayedBefore }, { ...to, hosts: stayedAfter }),
    orderChangedAt:
      stayedAfter.find((host, at) => host.name !== stayedBefore[at]?.name)?.name ?? null,
  };
}

function names(hosts: DiffSide["hosts"]): string[] {
  return hosts.map((host) => host.name).sort(compareText);
}

const FIELDS: readonly (readonly [name: string, text: (s: Statement) => string])[] = [
  ["tenant", (s) => s.tenant],
  ["change", (s) => s.change],
  ["title", (s) => s.title],
  ["requester", (s) => s.requester],
  ["class", (s) => s.class],
  ["hostpolicy", (s) => String(s.hostPolicy)],
  ["policy", (s) => s.policy],
  ["attempts", (s) => String(s.attempts)],
  ["permit", (s) => permitToText(s.permit)],
  ["revert", (s) => revertToText(s.revert)],
];

function fieldChanges(from: string, to: string): PlanDiff["fields"] {
  const [a, b] = [parseStatement(from), parseStatement(to)];
  if (!a.ok || !b.ok) return [];
  return FIELDS.flatMap(([field, text]) => {
    const [before, after] = [text(a.value), text(b.value)];
    return before === after ? [] : [{ field, from: before, to: after }];
  });
}

function needChange(from: DiffSide, to: DiffSide): PlanDiff["fields"] {
  if (from.need === to.need) return [];
  return [{ field: "need", from: String(from.need), to: String(to.need) }];
}

function waveChanges(from: readonly PlannedWave[], to: readonly PlannedWave[]): PlanDiff["waves"] {
  const rings = new Set([...from, ...to].map(waveName));
  const textOf = (waves: readonly PlannedWave[], ring: string): string => {
    const wave = waves.find((known) => waveName(known) === ring);
    return wave === undefined ? "not in the plan" : waveToText(wave);
  };
  return [...rings].flatMap((ring) => {
    const [before, after] = [textOf(from, ring), textOf(to, ring)];
    return before === after ? [] : [{ ring, from: before, to: after }];
  });
}

/** A ring may come in several waves: each is compared with the same part of it. */
function waveName({ ring, part }: PlannedWave): string {
  const of = partToText(part);
  return of === "" ? ring : `${ring}: ${of}`;
}

function waveToText({ number, notBefore, notAfter, windows, limits }: PlannedWave): string {
  const times = [`${instantToText(notBefore)} to ${instantToText(notAfter)}`];
  if (windows.length > 0) times.push(`${windows.length} open times`);
  const rules = `${limits.batchSize} at once, ${limits.inFlightMax} under way, ${limits.failedMax} may fail${limits.failures === null ? "" : `, ${stopToText(limits, 0)}`}, success ${limits.successRateMin}, soak ${limits.soakSeconds} s, rollback ${limits.rollback}`;
  return `wave ${number}, ${times.join(", ")}, ${rules}`;
}

function stepChanges(from: DiffSide, to: DiffSide): PlanDiff["steps"] {
  const [before, after] = [stepCounts(from), stepCounts(to)];
  const steps = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  return steps.flatMap((step) => {
    const counts = { from: before.get(step) ?? 0, to: after.get(step) ?? 0 };
    return counts.from === counts.to ? [] : [{ step, ...counts }];
  });
}

/** How many hosts take each step, undo steps marked as such. */
export function stepCounts(side: Pick<DiffSide, "bodies" | "hosts">): Map<string, number> {
  const perBody = new Map<string, number>();
  for (const { body } of side.hosts) perBody.set(body, (perBody.get(body) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const { digest, text } of side.bodies) {
    const parsed = parseBody(text);
    const hosts = perBody.get(digest) ?? 0;
    for (const step of parsed.ok ? stepTexts(parsed.value) : []) {
      counts.set(step, (counts.get(step) ?? 0) + hosts);
    }
  }
  return counts;
}

function stepTexts(body: BodyText): string[] {
  return [
    ...body.steps.map(stepToText),
    ...(body.transactions.length > 0 ? [inTransactionsText(body)] : []),
    ...body.undo.map(({ step }) => `to go back: ${stepToText(step)}`),
  ];
}

export function planDiffToText(diff: PlanDiff): string {
  const lines = [
    ...diff.fields.map((one) => `${one.field}: ${one.from} -> ${one.to}`),
    ...diff.waves.map((one) => `ring ${one.ring}: ${one.from} -> ${one.to}`),
    ...diff.hostsAdded.map((host) => `+ ${host}`),
    ...diff.hostsRemoved.map((host) => `- ${host}`),
    ...diff.ringChanged.map((one) => `${one.host}: ring ${one.from} -> ${one.to}`),
    ...diff.steps.map((one) => `${one.step}: on ${one.from} -> ${one.to} hosts`),
    ...(diff.orderChangedAt === null ? [] : [`other order from ${diff.orderChangedAt} on`]),
  ];
  return lines.length === 0 ? "no difference in what is done\n" : `${lines.join("\n")}\n`;
}
