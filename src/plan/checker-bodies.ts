import { selects } from "../base/labels.ts";
import type { BodyText } from "./body.ts";
import { stepToText } from "./body.ts";
import { resolutionOf } from "./checker-hosts.ts";
import { fault, type Judged } from "./checker-judged.ts";
import type { PlanFault, PlanHost, Resolution, Step } from "./model.ts";
import { whyOneWay } from "./one-way.ts";

/**
 * Rules about what is done: each host's body is exactly the transaction its package manager answered,
 * with the restarts and probes that the host needs, and the way back for all of it.
 */
export function bodyFaults(judged: Judged): PlanFault[] {
  const { documents, facts } = judged;
  const known = new Map(facts.hosts.map((host) => [host.protocolId, host]));
  const faults: PlanFault[] = [];
  const judgedBodies = new Set<string>();
  for (const leaf of documents.leaves) {
    const host = known.get(leaf.host);
    const body = documents.bodies.get(leaf.body);
    if (host === undefined || body === undefined) continue;
    // Hosts that are alike in all that matters here need judging once.
    const key = [leaf.body, host.packageSet, host.offerSet, ...expectedUnits(judged, host)].join();
    if (judgedBodies.has(key)) continue;
    judgedBodies.add(key);
    faults.push(...oneBodyFaults(judged, host, body));
  }
  return faults;
}

function oneBodyFaults(judged: Judged, host: PlanHost, body: BodyText): PlanFault[] {
  const resolution = resolutionOf(judged, host);
  if (resolution === null) return [fault("body-moves", `nobody resolved the sets of ${host.name}`)];
  const wanted = resolution.moves.map((m) =>
    [m.verb, m.name, m.arch, m.from, m.to, m.sha256].join(" "),
  );
  const faults: PlanFault[] = [];
  const moves = body.steps.slice(0, wanted.length).map(stepToText);
  if (wanted.join("\n") !== moves.join("\n")) {
    faults.push(fault("body-moves", `not the complete transaction of ${host.name}`));
  }
  const rest = body.steps.slice(wanted.length);
  const [restarts, probes] = [textsOf(rest, "restart"), textsOf(rest, "probe")];
  if (restarts.length + probes.length !== rest.length) {
    faults.push(fault("body-moves", `a step that nothing asked for, on ${host.name}`));
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
  const lost = resolution.moves.filter((move) => whyOneWay(move, policy) !== null);
  if (lost.length > 0) {
    const isAllowed = policy.irreversible !== "no" && facts.isIrreversibleAcknowledged;
    const undo =
      body.undo.length === 0 ? [] : [fault("body-undo", `half a way back: ${host.name}`)];
    return isAllowed ? undo : [...undo, fault("irreversible", `no way back on ${host.name}`)];
  }
  const expected = resolution.moves.map((move, at) => `${at + 1} ${inverse(move)}`);
  const found = body.undo.map(({ at, step }) => `${at} ${stepToText(step)}`);
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
