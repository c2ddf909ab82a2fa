import { selects } from "../base/labels.ts";
import { type InPieces, PIECE } from "../base/pieces.ts";
import { orderOf } from "../intel/versions/order.ts";
import { type PackageOrder, placeOf } from "../policy/rings-packages.ts";
import { rebootsFor } from "../policy/rings-reboots.ts";
import { rotationsFor } from "../policy/rings-rotations.ts";
import type { BodyText } from "./body.ts";
import { stepToText } from "./body.ts";
import { resolutionOf } from "./checker-hosts.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import { loweringProblem } from "./lowering.ts";
import type { PlanHost, Resolution, Step } from "./model.ts";
import { whyOneWay } from "./one-way.ts";

/**
 * Rules about what is done: each host's body is exactly the transaction its package manager answered,
 * with the restarts and probes that the host needs, and the way back for all of it.
 */
export function* bodyFaults(judged: Judged): InPieces<PlanFault[]> {
  const { documents, hosts } = judged;
  const faults: PlanFault[] = [];
  const judgedBodies = new Map<string, Map<Resolution | null, Set<string>>>();
  for (const [at, leaf] of documents.leaves.entries()) {
    if (at % PIECE === 0) yield;
    const host = hosts[at];
    const body = documents.bodies.get(leaf.body);
    if (host === undefined || body === undefined) continue;
    // Hosts that are alike in all that matters here need judging once.
    const byAnswer = judgedBodies.get(leaf.body) ?? new Map<Resolution | null, Set<string>>();
    judgedBodies.set(leaf.body, byAnswer);
    const answer = resolutionOf(judged, host);
    const alike = byAnswer.get(answer) ?? new Set();
    byAnswer.set(answer, alike);
    const own = ownOf(judged, host);
    if (alike.has(own)) continue;
    alike.add(own);
    faults.push(...oneBodyFaults(judged, host, body));
  }
  return faults;
}

/** What the policy asks of this very host, beside what its package manager answered. */
function ownOf(judged: Judged, host: PlanHost): string {
  return JSON.stringify([
    ...expectedUnits(judged, host),
    expectedHooks(judged, host),
    expectedRotations(judged, host),
    isRebooted(judged, host),
  ]);
}

function oneBodyFaults(judged: Judged, host: PlanHost, body: BodyText): PlanFault[] {
  const resolution = resolutionOf(judged, host);
  if (resolution === null) return [fault("body-moves", `nobody resolved the sets of ${host.name}`)];
  const wanted = resolution.moves.map(moveText);
  const faults: PlanFault[] = [];
  const packages = body.steps.filter((step) => "sha256" in step);
  const order = orderOf(judged.facts.target.ecosystem);
  const lower = order === null ? "no order of versions" : loweringProblem(packages, order);
  if (lower !== null) faults.push(fault("body-lower", `on ${host.name}: ${lower}`));
  const moves = packages.map(stepToText);
  if (moves.length !== wanted.length || !isSameSet(moves, wanted)) {
    faults.push(fault("body-moves", `not the complete transaction of ${host.name}`));
  } else if (!isPackageOrder(judged.policy.order.packages, body, wanted)) {
    faults.push(fault("package-order", host.name));
  }
  const [restarts, probes] = [textsOf(body.steps, "restart"), textsOf(body.steps, "probe")];
  const runs = textsOf(body.steps, "run");
  const reboots = textsOf(body.steps, "reboot");
  const known = [moves, restarts, reboots, probes, runs];
  if (known.reduce((sum, { length }) => sum + length, 0) !== body.steps.length) {
    faults.push(fault("body-moves", `a step that nothing asked for, on ${host.name}`));
  }
  faults.push(...hookFaults(judged, host, body), ...phaseFaults(judged, host, body));
  if (reboots.length !== Number(isRebooted(judged, host))) {
    faults.push(fault("body-reboot", host.name));
  }
  const units = expectedUnits(judged, host);
  if (!isSameSet(restarts, units[0])) faults.push(fault("body-restarts", host.name));
  const places = restarts.map((text) => judged.policy.order.restarts.indexOf(text.slice(8)));
  const isInOrder = places.every((place, at) => {
    const before = places[at - 1] ?? 0;
    return place < 0 || (before >= 0 && before <= place);
  });
  if (!isInOrder) faults.push(fault("restart-order", host.name));
  if (!isSameSet(probes, units[1])) faults.push(fault("body-probes", host.name));
  return [...faults, ...undoFaults(judged, { host, body, resolution })];
}

function moveText(move: Resolution["moves"][number]): string {
  return [move.verb, move.name, move.arch, move.from, move.to, move.sha256].join(" ");
}

/**
 * Whether packages come as the policy orders them: another transaction begins exactly where another entry
 * of the policy does, and inside one they stay as the package manager answered.
 */
function isPackageOrder(order: PackageOrder, body: BodyText, wanted: readonly string[]): boolean {
  const packages = body.steps.flatMap((step, at) => ("sha256" in step ? [{ step, at }] : []));
  return packages.every(({ step, at }, nth) => {
    const before = packages[nth - 1];
    const begins = body.transactions.includes(at + 1);
    if (before === undefined) return !begins;
    const [from, to] = [placeOf(order, before.step.name), placeOf(order, step.name)];
    if (from !== to) return begins && from < to;
    const isAsAnswered = wanted.indexOf(stepToText(before.step)) < wanted.indexOf(stepToText(step));
    return !begins && isAsAnswered;
  });
}

function isRebooted(judged: Judged, host: PlanHost): boolean {
  return rebootsFor(judged.policy.reboots, host, resolutionOf(judged, host)?.moves ?? []);
}

/** The units to restart and the probes to run, by the resolution and the policy. */
function expectedUnits(judged: Judged, host: PlanHost): [readonly string[], readonly string[]] {
  const affected = resolutionOf(judged, host)?.affectedServices ?? [];
  const probes = judged.policy.probes.flatMap((rule) => {
    const isMeant = rule.service === null || host.services.includes(rule.service);
    return isMeant && selects(rule.when, host.labels) ? [`probe ${rule.probe}`] : [];
  });
  const running = host.services.filter((unit) => affected.includes(unit));
  return [running.map((unit) => `restart ${unit}`), probes];
}

/** The hooks of the host by the policy, `drain rejoin` each. */
function expectedHooks({ policy }: Judged, host: PlanHost): readonly (readonly [string, string])[] {
  const found = new Map<string, string>();
  for (const { when, service, drain, rejoin } of policy.hooks) {
    const isMeant = service === null || host.services.includes(service);
    if (isMeant && selects(when, host.labels)) found.set(drain, rejoin);
  }
  return [...found];
}

function expectedRotations(judged: Judged, host: PlanHost): readonly string[] {
  const moves = resolutionOf(judged, host)?.moves ?? [];
  return rotationsFor(judged.policy.rotations, host, moves);
}

/** Each hook of the host once, no other, and the rejoin of each drain also on the way back. */
function hookFaults(judged: Judged, host: PlanHost, body: BodyText): PlanFault[] {
  const expected = expectedHooks(judged, host);
  const around = expected.flat();
  const due = [...around, ...expectedRotations(judged, host)].map((hook) => `run ${hook}`);
  const runs = textsOf(body.steps, "run");
  const faults: PlanFault[] = [];
  const backs = body.undo.filter(({ step }) => step.verb === "run");
  const isCount = runs.length === due.length && backs.length === around.length;
  if (!isCount || !isSameSet(runs, due)) {
    faults.push(fault("body-hooks", `not the hooks of ${host.name}`));
  }
  const back = (hook: string): string | null => {
    const at = body.steps.findIndex((step) => step.verb === "run" && step.hook === hook) + 1;
    const undo = body.undo.find((one) => one.at === at);
    return undo === undefined ? null : stepToText(undo.step);
  };
  for (const [drain, rejoin] of expected) {
    if (back(drain) === `run ${rejoin}` && back(rejoin) === `run ${drain}`) continue;
    faults.push(fault("body-hooks", `${drain} has no way back on ${host.name}`));
  }
  return faults;
}

/** Out of the traffic, packages, new keys, restarts, the reboot, back into it, probes: nothing of one phase before another's. */
function phaseFaults(judged: Judged, host: PlanHost, body: BodyText): PlanFault[] {
  const drains = new Set(expectedHooks(judged, host).map(([drain]) => drain));
  const rotations = new Set(expectedRotations(judged, host));
  const phases = body.steps.map((step) => {
    if ("sha256" in step) return 1;
    if (step.verb === "run") return drains.has(step.hook) ? 0 : rotations.has(step.hook) ? 2 : 5;
    if (step.verb === "reboot") return 4;
    return step.verb === "restart" ? 3 : 6;
  });
  const isInOrder = phases.every((phase, at) => phase >= (phases[at - 1] ?? 0));
  return isInOrder ? [] : [fault("body-order", `the steps of ${host.name}`)];
}

function textsOf(steps: readonly Step[], verb: Step["verb"]): string[] {
  return steps.filter((step) => step.verb === verb).map(stepToText);
}

function isSameSet(some: readonly string[], other: readonly string[]): boolean {
  return [...new Set(some)].sort().join() === [...new Set(other)].sort().join();
}

function undoFaults(
  { facts, policy }: Judged,
  one: { readonly host: PlanHost; readonly body: BodyText; readonly resolution: Resolution },
): PlanFault[] {
  const { host, body, resolution } = one;
  // The way back of hooks has a rule of its own.
  const undone = body.undo.filter(({ step }) => step.verb !== "run");
  const lost = resolution.moves.filter((move) => whyOneWay(move, policy) !== null);
  if (lost.length > 0) {
    const isAllowed = policy.irreversible !== "no" && facts.isIrreversibleAcknowledged;
    const undo = undone.length === 0 ? [] : [fault("body-undo", `half a way back: ${host.name}`)];
    return isAllowed ? undo : [...undo, fault("irreversible", `no way back on ${host.name}`)];
  }
  const moves = new Map(resolution.moves.map((move) => [moveText(move), move]));
  const expected = body.steps.flatMap((step, at) => {
    const move = moves.get(stepToText(step));
    return move === undefined ? [] : [`${at + 1} ${inverse(move)}`];
  });
  const found = undone.map(({ at, step }) => `${at} ${stepToText(step)}`);
  if (expected.join("\n") === found.join("\n")) return [];
  return [fault("body-undo", `the way back on ${host.name} is not complete`)];
}

const INVERSE = {
  upgrade: "downgrade",
  downgrade: "upgrade",
  install: "remove",
  remove: "install",
} as const;

function inverse(move: Resolution["moves"][number]): string {
  const file = move.verb === "install" ? "-" : move.oldSha256;
  return [INVERSE[move.verb], move.name, move.arch, move.to, move.from, file].join(" ");
}
