import { type Digest, sha256 } from "../base/digest.ts";
import { instantToSeconds, SECOND_MS } from "../base/instant.ts";
import { type InPieces, inOneGo, PIECE } from "../base/pieces.ts";
import type { RingsPolicy } from "../policy/rings.ts";
import { type BodyText, parseBody } from "./body.ts";
import { bodyFaults } from "./checker-bodies.ts";
import { budgetFaults } from "./checker-budgets.ts";
import { cutFaults } from "./checker-cuts.ts";
import { fileFaults } from "./checker-files.ts";
import { hostFaults } from "./checker-hosts.ts";
import { fault } from "./checker-judged.ts";
import { serviceOrderFaults, tierOrderFaults } from "./checker-order.ts";
import { ruleFaults, sharedTexts } from "./checker-rule.ts";
import { tierFaults } from "./checker-tiers.ts";
import { waveFaults } from "./checker-waves.ts";
import type { PlanFault, PlanRule } from "./fault.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import type { Plan, PlanFacts, PlanHost, Planned, Resolution } from "./model.ts";
import { parseStatement, type Statement } from "./statement.ts";
import { buildTree } from "./tree.ts";

/**
 * Judges a plan from its documents alone: everything is parsed and recomputed, nothing that the
 * planner says about its own work is believed. It shares with the planner only the formats and the
 * reading of the policy, so a mistake in one of them is seen by the other.
 */
/** Every rule that the plan breaks; none for a good plan, and none where there is no plan. */
export function checkPlan(planned: Planned, facts: PlanFacts, policy: RingsPolicy): PlanFault[] {
  return inOneGo(checkInPieces(planned, facts, policy));
}

/** The same; a million hosts take seconds, and others are answered meanwhile. */
export function* checkInPieces(
  planned: Planned,
  facts: PlanFacts,
  policy: RingsPolicy,
): InPieces<PlanFault[]> {
  const { plan } = planned;
  if (plan === null) return [];
  const statement = parseStatement(plan.statement);
  if (!statement.ok) {
    return [fault("statement-format", `line ${statement.line}: ${statement.why}`)];
  }
  const leaves = yield* readLeaves(plan, statement.value, facts);
  const bodies = readBodies(plan);
  const faults = [
    ...headFaults(plan, statement.value, facts, policy),
    ...leaves.faults,
    ...bodies.faults,
    ...treeFaults(plan, statement.value, leaves.digests),
    ...ruleFaults({ plan, statement: statement.value, facts }),
    ...bodyCountFaults(statement.value, leaves.leaves, bodies.bodies),
  ];
  const documents = { statement: statement.value, leaves: leaves.leaves, bodies: bodies.bodies };
  const hosts = yield* hostsOf(documents.leaves, facts);
  const resolved = resolvedPairs(facts);
  const judged = { plan, planned, documents, facts, policy, hosts, resolved };
  for (const rule of [
    waveFaults,
    cutFaults,
    serviceOrderFaults,
    tierOrderFaults,
    tierFaults,
    budgetFaults,
  ]) {
    yield;
    addAll(faults, rule(judged));
  }
  for (const rule of [hostFaults, bodyFaults, fileFaults]) addAll(faults, yield* rule(judged));
  return faults;
}

/** One by one: a call takes no million arguments, and every host may break a rule. */
function addAll(faults: PlanFault[], more: readonly PlanFault[]): void {
  for (const one of more) faults.push(one);
}

/** Whom each leaf names. */
function* hostsOf(
  leaves: readonly Leaf[],
  facts: PlanFacts,
): InPieces<readonly (PlanHost | undefined)[]> {
  const known = new Map<string, PlanHost>();
  for (const [at, host] of facts.hosts.entries()) {
    if (at % PIECE === 0) yield;
    known.set(host.protocolId, host);
  }
  const hosts: (PlanHost | undefined)[] = [];
  for (const [at, leaf] of leaves.entries()) {
    if (at % PIECE === 0) yield;
    hosts.push(known.get(leaf.host));
  }
  return hosts;
}

function resolvedPairs(facts: PlanFacts): Map<string, Map<string, Resolution>> {
  const resolved = new Map<string, Map<string, Resolution>>();
  for (const { packageSet, offerSet, outcome } of facts.resolutions) {
    if (outcome.kind !== "moves") continue;
    const ofSet = resolved.get(packageSet) ?? new Map<string, Resolution>();
    resolved.set(packageSet, ofSet.set(offerSet, outcome.resolution));
  }
  return resolved;
}

function headFaults(
  plan: Plan,
  statement: Statement,
  facts: PlanFacts,
  policy: RingsPolicy,
): PlanFault[] {
  const faults: PlanFault[] = [];
  const must = (isGood: boolean, rule: PlanRule, detail: string): void => {
    if (!isGood) faults.push(fault(rule, detail));
  };
  must(sha256(plan.statement) === plan.digest, "plan-digest", `it is not ${plan.digest}`);
  must(statement.tenant === facts.deployment, "deployment", `it is for ${statement.tenant}`);
  must(statement.change === facts.change, "change", `it is for ${statement.change}`);
  must(statement.requester === facts.requester, "requester", `it names ${statement.requester}`);
  const isClass = statement.class === facts.class && plan.class === facts.class;
  must(isClass && policy.classes[facts.class] !== undefined, "class", `it is ${statement.class}`);
  const issued = instantToSeconds(facts.issuedAt);
  must(statement.issued === issued, "issued", `${statement.issued} is not ${issued}`);
  must(statement.policy === policy.digest, "policy-digest", `it names ${statement.policy}`);
  must(statement.hostPolicy === facts.hostPolicy, "host-policy", `it is ${statement.hostPolicy}`);
  const attempts = policy.attempts;
  must(statement.attempts <= attempts, "attempts", `${statement.attempts} of ${attempts} allowed`);
  must(isPermitKept(statement, policy), "permit-weaker", `${statement.permit.kind} is weaker`);
  must(isRevertKept(statement, policy), "revert-weaker", `${statement.revert.kind} is weaker`);
  const supersedes = [...facts.supersedes].sort().join(" ");
  must(statement.supersedes.join(" ") === supersedes, "supersedes", "not the plans it replaces");
  return faults;
}

/** Host protocol §5: online < lease < offline. */
function isPermitKept(statement: Statement, policy: RingsPolicy): boolean {
  if (statement.permit.kind === "online") return true;
  if (statement.permit.kind === "offline" || policy.permit.kind === "online") return false;
  return statement.permit.seconds <= policy.permit.seconds;
}

function isRevertKept(statement: Statement, policy: RingsPolicy): boolean {
  if (statement.revert.kind === "self") return true;
  return policy.revert.kind === "order" && statement.revert.seconds <= policy.revert.seconds;
}

/**
 * The leaf of each host. In a plan by rule it names nobody, so the host that takes it stands in its
 * place: all that is judged of a host's leaf then is judged alike.
 */
function* readLeaves(
  plan: Plan,
  statement: Statement,
  facts: PlanFacts,
): InPieces<{ leaves: Leaf[]; digests: Digest[]; faults: PlanFault[] }> {
  const leaves: Leaf[] = [];
  const digests: Digest[] = [];
  const faults: PlanFault[] = [];
  const isFrozen = statement.hosts.kind === "frozen";
  const named = isFrozen ? [] : facts.hosts;
  const ids = new Map(named.map((host): [string, string] => [host.id, host.protocolId]));
  for (const [at, planned] of plan.leaves.entries()) {
    if (at % PIECE === 0) yield;
    const { text } = planned;
    const digest = sha256(text);
    digests.push(digest);
    const parsed = parseLeaf(text);
    if (!parsed.ok) {
      faults.push(fault("leaf-format", `leaf ${at}: ${parsed.why}`));
      continue;
    }
    const leaf = parsed.value;
    const isPlaced = isFrozen ? leaf.index === at : leaf.index === planned.leaf;
    if (!isPlaced || planned.index !== at) {
      faults.push(fault("leaf-index", `leaf ${at} says that it is ${leaf.index}`));
    }
    const isSame =
      leaf.wave === planned.wave &&
      leaf.host === planned.protocolId &&
      leaf.body === planned.body &&
      sameWindows(leaf, planned);
    if (!isSame || digest !== planned.digest) {
      faults.push(fault("leaf-digest", `leaf ${at} is not what the plan says of it`));
    }
    // Words of the text would keep all of it; those that are the same elsewhere are taken from there.
    const { host, body } = isSame ? { host: planned.protocolId, body: planned.body } : leaf;
    leaves.push({ ...leaf, body, host: isFrozen ? host : (ids.get(planned.host) ?? host) });
  }
  return { leaves, digests, faults };
}

function sameWindows(leaf: Leaf, planned: Plan["leaves"][number]): boolean {
  const own = planned.windows.map(({ from, to }) => `${from / SECOND_MS} ${to / SECOND_MS}`);
  return leaf.windows.map(({ from, to }) => `${from} ${to}`).join() === own.join();
}

function readBodies(plan: Plan): { bodies: Map<string, BodyText>; faults: PlanFault[] } {
  const bodies = new Map<string, BodyText>();
  const faults: PlanFault[] = [];
  for (const { digest, text } of plan.bodies) {
    const parsed = parseBody(text);
    if (!parsed.ok) faults.push(fault("body-format", `line ${parsed.line}: ${parsed.why}`));
    else if (sha256(text) !== digest) faults.push(fault("body-digest", `not ${digest}`));
    else bodies.set(digest, parsed.value);
  }
  return { bodies, faults };
}

function treeFaults(plan: Plan, statement: Statement, own: readonly Digest[]): PlanFault[] {
  const isFrozen = statement.hosts.kind === "frozen";
  const digests = isFrozen ? own : sharedTexts(plan).map((text) => sha256(text));
  const count = digests.length;
  if (count === 0 || statement.leaves !== count) {
    return [fault("leaf-count", `${count} leaves where the statement says ${statement.leaves}`)];
  }
  const { root } = buildTree(digests);
  return root === statement.root ? [] : [fault("root", `the leaves give ${root}`)];
}

function bodyCountFaults(
  statement: Statement,
  leaves: readonly Leaf[],
  bodies: ReadonlyMap<string, BodyText>,
): PlanFault[] {
  const faults: PlanFault[] = [];
  if (statement.bodies !== bodies.size) {
    faults.push(fault("body-count", `${bodies.size} where it says ${statement.bodies}`));
  }
  const used = new Set(leaves.map((leaf) => leaf.body));
  for (const digest of used) {
    if (!bodies.has(digest)) faults.push(fault("body-unknown", `there is no body ${digest}`));
  }
  for (const digest of bodies.keys()) {
    if (!used.has(digest)) faults.push(fault("body-unused", `no host uses body ${digest}`));
  }
  const files = [...bodies.values()]
    .flatMap((body) => [...body.steps, ...body.undo.map((undo) => undo.step)])
    .flatMap((step) => ("sha256" in step && step.sha256 !== "-" ? [step.sha256] : []));
  const lines = [...new Set(files)].sort().map((file) => `${file}\n`);
  const content = sha256(lines.join(""));
  if (statement.content !== content) {
    faults.push(fault("content", `the files named give ${content}`));
  }
  return faults;
}
