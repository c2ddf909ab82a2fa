import { type Actor, scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import { recordEvent } from "../ledger/record.ts";
import { requireVisiblePatch, requireWholePatch } from "../triage/actions.ts";
import { nextRelease } from "../triage/actions-order.ts";
import { factsOfCase } from "../triage/actions-priority.ts";
import type { Patch } from "../triage/model.ts";
import {
  type Basis,
  type ChangeSide,
  type Choice,
  changeSide,
  type ExposureSide,
  exposureSide,
  rangeText,
  type Waiting,
  waitingFor,
} from "./pace-sheet.ts";
import {
  insertDecision,
  loadDecisions,
  loadPlanned,
  loadRecords,
  type PaceDecision,
  type PlannedChange,
} from "./store-pace.ts";

/** Both sides of a case, and the decision between them with its reasons. */
export interface PaceSheet {
  readonly patch: Patch;
  readonly exposure: ExposureSide;
  readonly waiting: readonly Waiting[];
  readonly change: ChangeSide;
  readonly planned: PlannedChange | null;
  readonly tier: number;
  readonly segments: readonly string[];
  /** Each side in sentences, with what it rests on. */
  readonly speed: readonly string[];
  readonly stability: readonly string[];
  readonly decisions: readonly PaceDecision[];
}

/** Where no deadline is known, waiting is told for as long as this. */
const WAIT_DAYS = 30;

/** As far as its reader sees: hosts and what became of changes are those of the scopes. */
export async function paceSheet(world: World, actor: Actor, ref: string): Promise<PaceSheet> {
  const scopes = scopesFor(actor, "patch.read");
  const patch = await requireVisiblePatch(world, actor, ref);
  const facts = await factsOfCase(world, patch, scopes);
  const known = await loadVulnerabilities(world.db, patch.vulnerabilities);
  const risks = [...known.values()].map((one) => ({
    ...{ id: one.id, isKnownExploited: one.kev !== null, epss: one.epss?.score ?? null },
  }));
  const exposure = exposureSide(facts, risks);
  const change = changeSide(facts.hosts, await loadRecords(world.db, patch, scopes));
  const planned = await loadPlanned(world.db, patch.id);
  const waiting = await waitings(world, patch, exposure);
  const { tier, segments } = facts;
  return {
    ...{ patch, exposure, waiting, change, planned, tier, segments },
    speed: [...exposureTexts(exposure), ...waiting.map((one) => waitingText(one))],
    stability: changeTexts({ patch, change, planned, tier, segments, hosts: facts.hosts }),
    decisions: await loadDecisions(world.db, patch.id),
  };
}

async function waitings(
  world: World,
  patch: Patch,
  side: ExposureSide,
): Promise<readonly Waiting[]> {
  const now = world.clock();
  const release = await nextRelease(world, patch);
  const last = Math.max(now, patch.deadline.at ?? now + WAIT_DAYS * DAY_MS);
  const untils: readonly (readonly [Choice, Instant])[] = [
    ["now", now],
    ...(release === null ? [] : ([["next-release", release.at]] as const)),
    ["wait", last],
  ];
  return untils.map(([choice, until]) => waitingFor(choice, { now, until, side }));
}

function exposureTexts(side: ExposureSide): readonly string[] {
  const { hosts, exposedHosts, knownExploited, unknown, perDay } = side;
  const likely =
    knownExploited.length > 0
      ? `Exploited already: ${knownExploited.slice(0, 3).join(", ")}.`
      : `Exploited somewhere on a given day: ${rangeText(perDay)} (EPSS of 30 days, spread evenly; from the likeliest flaw to all of them independently).`;
  return [
    `It is on ${counted(hosts, "host")}, ${exposedHosts} of them exposed or not said to be internal.`,
    likely,
    ...(unknown === 0
      ? []
      : [`For ${counted(unknown, "flaw")} nobody gave a probability, so the upper end is open.`]),
  ];
}

const choiceWords: Readonly<Record<Choice, string>> = {
  now: "Now",
  "next-release": "With the next release",
  wait: "Until the deadline",
};

function waitingText({ choice, days, exposedHostDays, exploited }: Waiting): string {
  if (days === 0) return `${choiceWords[choice]}: no further day of exposure.`;
  return `${choiceWords[choice]}: ${days.toFixed(1)} days, ${Math.round(exposedHostDays)} exposed host-days; exploited somewhere before: ${rangeText(exploited)}.`;
}

const basisWords: Readonly<Record<Basis, string>> = {
  source: "changes of this package",
  kind: "changes of this kind",
  all: "all changes so far",
  none: "nothing: no change was ever rolled out here",
};

function changeTexts(of: {
  readonly patch: Patch;
  readonly change: ChangeSide;
  readonly planned: PlannedChange | null;
  readonly tier: number;
  readonly segments: readonly string[];
  readonly hosts: number;
}): readonly string[] {
  const { patch, change, planned, tier, segments, hosts } = of;
  const { record, failureRate, failedHosts, basis } = change;
  const reach = segments.length === 0 ? "" : `, serving ${segments.join(", ")}`;
  return [
    `Failed on ${record.failed} of ${counted(record.hosts, "host")}, by ${basisWords[basis]}: ${rangeText(failureRate)} of hosts with 95 % confidence, which is ${Math.floor(failedHosts.low)} to ${Math.ceil(failedHosts.high)} of the ${hosts} that need it.`,
    `Risk of a regression ${patch.regression.level}: ${patch.regression.because}.`,
    planned === null
      ? "Not planned yet, so the way back, restarts and reboots are not known."
      : `Way back: ${planned.reversibility}; restarts ${planned.restarts.length === 0 ? "nothing" : planned.restarts.join(", ")}; ${planned.needsReboot ? "needs a reboot" : "no reboot"}.`,
    `Reaches hosts down to tier ${tier}${reach}.`,
  ];
}

export async function decidePace(
  world: World,
  actor: Actor,
  input: { readonly patch: string; readonly choice: Choice; readonly words: string },
): Promise<PaceSheet> {
  await requireWholePatch(world, actor, input.patch);
  const sheet = await paceSheet(world, actor, input.patch);
  const texts = [...sheet.speed, ...sheet.stability];
  const { choice, words } = input;
  const { id, number, state } = sheet.patch;
  if (state === "closed" || state === "dropped") {
    throw new Failure("blocked", `P-${number} is ${state}; there is nothing to decide any more.`);
  }
  await inTransaction(world.db, async (tx) => {
    const decision = { choice, words, sheet: texts, by: actor.subject, at: world.clock() };
    await insertDecision(tx, { ...decision, patch: id });
    await recordEvent(tx, {
      type: "patch.paced",
      actor: actor.subject,
      object: `patch:${id}`,
      patch: id,
      facts: { choice, words: sha256(words), sheet: sha256(texts.join("\n")) },
    });
  });
  return paceSheet(world, actor, input.patch);
}
