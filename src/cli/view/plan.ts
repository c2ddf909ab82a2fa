import type { Instant } from "../../base/instant.ts";
import { durationToText } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { joinsToText } from "../../plan/statement.ts";
import { clockTimes } from "./sentence.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Plan = Json<paths["/api/v1/plans/{plan}"]["get"]>;
type PlanRow = Json<paths["/api/v1/plans"]["get"]>["items"][number];
type Excluded = Json<paths["/api/v1/plans/{plan}/excluded"]["get"]>["items"][number];

export function planTable(plans: readonly PlanRow[], now: Instant): string {
  if (plans.length === 0)
    return "No plans yet. Make one: fettle plan create --patch P-1 --policy policies/rings.yaml";
  return renderTable(plans, [
    { head: "plan", cell: (p) => p.digest.slice(0, 12) },
    { head: "change", cell: (p) => p.change },
    { head: "class", cell: (p) => p.class },
    { head: "hosts", cell: (p) => p.hosts, align: "right" },
    { head: "by", cell: (p) => p.requester },
    { head: "made", cell: (p) => whenText(p.createdAt, now) },
    { head: "until", cell: (p) => whenText(p.expiresAt, now) },
  ]);
}

function hostsText({ hosts, statement }: Plan): string | number {
  const joins = joinsToText(statement);
  return joins === null ? hosts : `${hosts} of today, ${joins}`;
}

export function planText(plan: Plan, excluded: readonly Excluded[]): string {
  const facts = renderFacts([
    ["plan", plan.digest],
    ["adds to", plan.parent === null ? null : `plan ${plan.parent.slice(0, 12)}`],
    ["grown by", plan.children.map((one) => one.slice(0, 12)).join(", ") || null],
    ["class", plan.class],
    ["requested by", plan.requester],
    ["approvals needed", plan.need],
    ["hosts", hostsText(plan)],
    [
      "way back",
      plan.reversibility === "downgrade"
        ? "exact earlier versions, staged before anything changes"
        : "NONE",
    ],
    ["cannot be put back", plan.irreversible.length === 0 ? null : plan.irreversible.join(", ")],
    ["restarts", plan.restarts.join(", ") || "none"],
    ["drains", plan.drains.map(({ text }) => text).join("; ") || null],
    ["new keys", plan.rotations.map(({ text }) => text).join("; ") || null],
    ["reboot", rebootText(plan)],
    ["reached", reachedText(plan)],
    [
      "piped hosts",
      plan.ways.piped === 0 ? null : `${plan.ways.piped} (a stolen server owns these)`,
    ],
  ]);
  const waves = renderTable(plan.waves, [
    { head: "wave", cell: (w) => w.number, align: "right" },
    { head: "ring", cell: (w) => (w.part === "" ? w.ring : `${w.ring}: ${w.part}`) },
    { head: "hosts", cell: (w) => w.hosts, align: "right" },
    { head: "from", cell: (w) => clockText(w.notBefore) },
    { head: "to", cell: (w) => clockText(w.notAfter) },
    { head: "at once", cell: (w) => `${w.limits.inFlightMax}${rateText(w)}`, align: "right" },
    { head: "files", cell: filesText },
    { head: "stops", cell: (w) => w.stops },
    { head: "soak", cell: (w) => durationToText(w.limits.soakSeconds * 1000) },
    {
      head: "detects",
      cell: (w) => `≥ ${Math.round(w.detectsFailureRate * 100)} %`,
      align: "right",
    },
    { head: "on failure", cell: (w) => `roll back ${w.limits.rollback}` },
  ]);
  const budgets = renderTable(plan.budgets.slice(0, BUDGETS_SHOWN), [
    { head: "budget", cell: (b) => `${b.key}=${b.value}` },
    { head: "away at once", cell: (b) => b.unavailableMax, align: "right" },
    { head: "of", cell: (b) => b.members, align: "right" },
  ]);
  const bodies = plan.bodies.map(bodyText);
  const gates = plan.waves.flatMap((wave) =>
    wave.gates.map((gate) => `gate of wave ${wave.number}: ${safeText(gate)}`),
  );
  const triggers = plan.triggers.map((trigger) => `afterwards: ${safeText(trigger)}`);
  const out = excluded.map((e) => `${safeText(e.name)}: ${safeText(e.text)}`);
  return [
    facts,
    "",
    waves,
    ...gates,
    ...triggers,
    "",
    ...(plan.budgets.length === 0 ? [] : [budgets, ...moreBudgets(plan), ""]),
    ...bodies,
    ...(out.length === 0 ? [] : ["", "Not in this plan:", ...out.map((line) => `  ${line}`)]),
    ...plan.warnings.map((warning) => `warning: ${clockTimes(warning)}`),
  ].join("\n");
}

function bodyText({ digest, text, wayBack }: Plan["bodies"][number]): string {
  const back =
    wayBack === null ? [] : [`revert: ${wayBack.label}`, ...wayBack.says.map((one) => `  ${one}`)];
  return [
    `body ${digest.slice(0, 12)}`,
    indented(text),
    ...back.map((one) => `  ${safeText(one)}`),
  ].join("\n");
}

function rebootText({ needsReboot, reboots }: Plan): string {
  if (reboots > 0) return `${reboots} ${reboots === 1 ? "host boots" : "hosts boot"} again`;
  return needsReboot ? "needed, and left to people" : "not needed";
}

/** Null where all are reached alike over SSH, as most are. */
function reachedText({ ways }: Plan): string | null {
  const { local, ssh, piped, agent } = ways;
  if (local + agent === 0) return null;
  return [
    ...(ssh + piped > 0 ? [`${ssh + piped} over SSH`] : []),
    ...(agent > 0 ? [`${agent} when they call in`] : []),
    ...(local > 0 ? ["this machine itself"] : []),
  ].join(", ");
}

function filesText({ limits: { stageSeconds } }: Plan["waves"][number]): string | null {
  return stageSeconds === null ? null : `${durationToText(stageSeconds * 1000)} before`;
}

function rateText({ limits: { rate } }: Plan["waves"][number]): string {
  return rate === null ? "" : `, ${rate.hosts} per ${durationToText(rate.seconds * 1000)}`;
}

/** Those that leave least room come first; `-o json` has all. */
const BUDGETS_SHOWN = 20;

function moreBudgets({ budgets }: Plan): readonly string[] {
  const more = budgets.length - BUDGETS_SHOWN;
  return more > 0 ? [`and ${more} more budgets that leave as much room or more`] : [];
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${safeText(line)}`)
    .join("\n");
}
