import { never } from "../base/failure.ts";
import { durationToText, instantToText, SECOND_MS } from "../base/instant.ts";
import { detectableFailureRate } from "../policy/failure-test.ts";
import { budgetLimitToText } from "../policy/rings-budgets.ts";
import { needsReboot } from "../policy/rings-reboots.ts";
import { partToText, type WavePart } from "../policy/rings-waves.ts";
import { inTransactionsText } from "./body.ts";
import type {
  Blocker,
  CanaryReport,
  ExcludedHost,
  PlanHost,
  PlanInput,
  PlanReport,
} from "./model.ts";
import { type DraftBody, type Drafts, irreversiblePackages } from "./planner-bodies.ts";
import { fileReports, fileWarnings } from "./planner-files.ts";
import { drainsOf, rotationsOf } from "./planner-hooks.ts";
import type { Candidate } from "./planner-hosts.ts";
import { askedProcedures } from "./planner-tiers.ts";
import type { CalendarMet, Schedule } from "./planner-waves.ts";

/** What a plan means, for people to judge before anybody signs. */

export function reportFor(facts: {
  readonly input: PlanInput;
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly ExcludedHost[];
  readonly drafts: Drafts;
  readonly schedule: Pick<Schedule, "waves" | "canaries" | "met" | "cutShort" | "tooShort">;
  readonly blocked: readonly Blocker[];
}): PlanReport {
  const { distinct: drafts } = facts.drafts;
  const steps = [...drafts].flatMap((draft) => draft.body.steps);
  const irreversible = irreversiblePackages(drafts);
  const ways: Record<PlanHost["way"], number> = { local: 0, ssh: 0, piped: 0, agent: 0 };
  const files = fileReports(facts.candidates, facts.input);
  for (const { host } of facts.candidates) ways[host.way] += 1;
  return {
    blocked: facts.blocked,
    excluded: facts.excluded,
    reversibility: irreversible.length === 0 ? "downgrade" : "none",
    irreversible,
    restarts: sortedSet(steps.flatMap((step) => (step.verb === "restart" ? [step.unit] : []))),
    drains: drainsOf(facts.candidates, (one) => facts.drafts.of(one).hooks),
    rotations: rotationsOf(facts.candidates, (one) => facts.drafts.of(one).rotations),
    needsReboot: steps.some(
      (step) => step.verb === "reboot" || ("name" in step && needsReboot(step)),
    ),
    reboots: countReboots(facts.candidates, facts.drafts),
    detects: facts.schedule.waves.map((wave) => ({
      wave: wave.number,
      hosts: wave.hostCount,
      failureRate: detectableFailureRate(wave.hostCount, wave.limits),
    })),
    canaries: facts.schedule.canaries,
    procedures: askedProcedures(facts.input, facts.candidates),
    ways,
    files,
    warnings: [
      ...transactionWarnings(drafts),
      ...warningsFor({ ...facts, irreversible }),
      ...fileWarnings(files),
    ],
  };
}

function countReboots(candidates: readonly Candidate[], drafts: Drafts): number {
  const rebooting = new Set(
    [...drafts.distinct].filter(({ body }) => body.steps.some((step) => step.verb === "reboot")),
  );
  if (rebooting.size === 0) return 0;
  return candidates.reduce((sum, one) => sum + Number(rebooting.has(drafts.of(one))), 0);
}

/** What stops between two transactions has changed something already; the way back is one for all. */
function transactionWarnings(drafts: ReadonlySet<DraftBody>): string[] {
  const texts = [...drafts]
    .filter(({ body }) => body.transactions.length > 0)
    .map(({ body }) => inTransactionsText(body));
  const [first, ...more] = sortedSet(texts);
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` (and ${more.length} other orders on other hosts)`;
  return [`The policy orders ${first}${others}.`];
}

function warningsFor(facts: {
  readonly input: PlanInput;
  readonly candidates: readonly Candidate[];
  readonly schedule: Pick<Schedule, "waves" | "canaries" | "met" | "cutShort" | "tooShort">;
  readonly irreversible: readonly string[];
}): string[] {
  const { waves, cutShort } = facts.schedule;
  const warnings: string[] = [];
  const [first] = facts.input.policy.rings;
  if (first !== undefined && waves.length > 0 && waves[0]?.ring !== first.name) {
    warnings.push(
      `No host of ring ${first.name} takes part, so nothing tries the change before ring ${waves[0]?.ring}.`,
    );
  }
  warnings.push(...facts.schedule.canaries.flatMap(canaryWarnings));
  warnings.push(...facts.schedule.met.flatMap(metWarnings));
  for (const ring of cutShort) {
    warnings.push(
      `Ring ${ring} opens more often than a host's job can say; later times are left out.`,
    );
  }
  for (const { ring, hosts, longestSeconds } of facts.schedule.tooShort) {
    const [lasts, jobs] = [longestSeconds, facts.input.jobSeconds ?? 0].map((seconds) =>
      durationToText(seconds * SECOND_MS),
    );
    warnings.push(
      `Of ring ${ring}, ${hosts} hosts have no window longer than ${lasts}, and one job in ten took longer than ${jobs}.`,
    );
  }
  if (facts.irreversible.length > 0) {
    warnings.push(`There is no way back for ${facts.irreversible.join(", ")}.`);
  }
  const unasked = facts.input.resolutions.reduce((sum, one) => sum + (one.servicesUnasked ?? 0), 0);
  if (unasked > 0) {
    warnings.push(
      `${unasked} hosts run services that no host like them was asked about: they restart what others needed to, and count as verified only if nothing else holds old files.`,
    );
  }
  if (waves.some((wave) => wave.limits.rollback === "none")) {
    warnings.push("A ring of this policy does not roll back what fails.");
  }
  return warnings;
}

/** A wave of a week may meet many meetings; more than these are told by the calendar itself. */
const MET_TOLD_MAX = 3;

function metWarnings({ wave, ring, waits, told }: CalendarMet): string[] {
  const name = `Wave ${wave} of ring ${ring}`;
  const met = told.slice(0, MET_TOLD_MAX).map(({ entry, from, to }) => {
    const kind = entry.kind === "cab" ? "CAB meeting" : "release";
    return `${name} meets the ${kind} ${entry.name}, ${instantToText(from)} to ${instantToText(to)}.`;
  });
  const more = told.length - met.length;
  return [
    ...(waits === null
      ? []
      : [`${name} begins no sooner than ${instantToText(waits.until)}: ${waits.because}.`]),
    ...met,
    ...(more > 0 ? [`${name} meets ${more} more releases and CAB meetings.`] : []),
  ];
}

function canaryWarnings(of: CanaryReport): string[] {
  const { ring, without, withoutCount, withoutHosts, critical } = of;
  const more = withoutCount - without.length;
  const names = [...without, ...(more > 0 ? [`${more} more`] : [])].join("; ");
  return [
    ...(withoutCount === 0
      ? []
      : [`No canary of ring ${ring} stands for ${withoutHosts} hosts: ${names}.`]),
    ...(critical.length === 0
      ? []
      : [
          `Canaries of tier 0 in ring ${ring}, as no host like them is known to be less critical: ${critical.join(", ")}.`,
        ]),
  ];
}

/** One sentence for people: why there is no plan, and what would change that. */
export function blockerToText(blocker: Blocker): string {
  switch (blocker.why) {
    case "no-hosts":
      return "No host is left to change.";
    case "class-not-allowed":
      return `The policy does not allow changes of class ${blocker.class}.`;
    case "no-window":
      return `${waveOwner(blocker.ring, blocker.part)} has no open time left before ${instantToText(blocker.until)}, when the approval would end${blocker.because === null ? "" : `: ${blocker.because}`}.`;
    case "irreversible":
      return blocker.allowed === "no"
        ? `There is no way back for ${blocker.packages.join(", ")}, and the policy forbids that.`
        : `There is no way back for ${blocker.packages.join(", ")}. Say that you accept this to plan it anyway.`;
    case "no-canary":
      return `An emergency needs at least one host of ring ${blocker.ring} as its canary.`;
    case "tier-not-ready": {
      const lacks = blocker.lacks === "backup" ? "no backup that is young enough" : "no way back";
      const more = blocker.hosts - blocker.names.length;
      const names = [...blocker.names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
      return `Hosts of tier ${blocker.tier} (or of none that they say) have ${lacks}, which the policy asks of them: ${names}.${blocker.lacks === "backup" ? " Label backup of each host tells when it was backed up." : ""}`;
    }
    case "service-circle":
      return `The policy's order goes in a circle: ${blocker.loop.join(" after ")}.`;
    case "budget-impossible":
      return `Of the ${blocker.members} hosts with ${blocker.key}=${blocker.value} ${budgetLimitToText(blocker.limit)}, so none of them could ever start. Leave them out, or give this value a budget of its own.`;
    case "too-many-waves":
      return `The policy cuts these hosts into ${blocker.waves} waves; a plan that people can judge has at most ${blocker.most}.`;
    case "body-too-large":
      return `The transaction of host ${blocker.host} has ${blocker.bytes} bytes, more than a host accepts.`;
    case "rule-too-small":
      return `The rule selects ${blocker.hosts} hosts and lets ${blocker.max} change. Raise its limit, or add a label to it.`;
    case "rule-no-window":
      return `${blocker.hosts} hosts of ring ${blocker.ring} have the same steps and no open time in common, so no leaf of a rule can hold for all of them. Name the hosts instead, or add a label to the rule.`;
    default:
      return never(blocker);
  }
}

function waveOwner(ring: string, part: WavePart): string {
  const words = partToText(part);
  return words === "" ? `Ring ${ring}` : `The part "${words}" of ring ${ring}`;
}

function sortedSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
