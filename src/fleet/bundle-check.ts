import { sha256 } from "../base/digest.ts";
import type { FormatRefusal, Parsed } from "../base/document.ts";
import { type BodyText, parseBody } from "../plan/body.ts";
import { type Leaf, parseLeaf } from "../plan/leaf.ts";
import { parseStatement, type Statement, type StatementWave } from "../plan/statement.ts";
import { pathFault } from "../plan/tree.ts";
import { type Bundle, parseBundle } from "./bundle.ts";
import { checkLog } from "./check-log.ts";
import { checkApprovals, checkGates, no, type Refusal, signedBy } from "./check-people.ts";
import { type GateText, parseGate } from "./gate-text.ts";
import { type HostIdentity, parseHostIdentity } from "./host-identity.ts";
import {
  type HostPolicy,
  isNarrower,
  isProtected,
  parseHostPolicy,
  type RingRule,
} from "./host-policy.ts";
import { type HeadText, type LogProof, parseHead, parseLogProof } from "./log-proof.ts";
import { type Head, ORDER_LIFE_SECONDS_MAX, type Order, parseOrder } from "./order.ts";
import type { ways } from "./result.ts";

/**
 * What a host would say to a bundle: steps 2, 4–15 of the host protocol §6 in the host's own order,
 * as a pure function over what the host has on disk. The server asks it before it dispatches, the
 * simulation uses it as its hosts, and the tests hold it against the host program itself.
 */
export interface HostState {
  readonly isHalted: boolean;
  readonly identity: string;
  readonly policy: string;
  readonly policyFloor: number;
  /** `null` when the file is gone: a host that lost its memory refuses. */
  readonly clock: { readonly counter: number; readonly floor: number } | null;
  readonly seen: ReadonlyMap<string, { readonly state: string; readonly attempt: number }>;
  readonly revoked: ReadonlySet<string>;
  /** Base64 of its own key: it is no witness for itself. */
  readonly key?: string;
  /** The head of the ledger seen last, and the plan whose approval it was shown to hold. */
  readonly head: Head & { readonly plan: string | null };
  /** The job whose folder is there, and whether its attempt has ended. */
  readonly job: {
    readonly kind: "dispatch" | "revert";
    readonly plan: string;
    readonly index: number;
    readonly attempt: number;
    readonly isReported: boolean;
  } | null;
}

export interface Arrival {
  readonly text: string;
  readonly way: (typeof ways)[number];
  /** What the connection asked for; a job where nothing is said. */
  readonly verb?: "apply" | "stage";
  /** Unix seconds by the host's clock. */
  readonly now: number;
}

export type Verdict =
  | { readonly ok: true; readonly statement: Statement; readonly order: Order; readonly leaf: Leaf }
  | Refusal;

/** §6.8: how far two clocks may be apart. */
export const CLOCK_SKEW_SECONDS = 300;

/** Everything read, nothing judged yet. */
interface Case {
  readonly host: HostState;
  readonly arrival: Arrival;
  readonly identity: HostIdentity;
  readonly policy: HostPolicy;
  readonly bundle: Bundle;
  readonly order: Order;
  readonly statement: Statement;
  readonly leaf: Leaf;
  readonly body: Parsed<BodyText>;
  readonly gates: readonly GateText[];
  readonly log: { readonly proof: LogProof; readonly head: HeadText } | null;
}

export function checkBundle(host: HostState, arrival: Arrival): Verdict {
  const read = readCase(host, arrival);
  if ("code" in read) return read;
  const refusal =
    checkOrder(read) ??
    checkAudience(read) ??
    checkUnderRule(read, (rule, wave) => checkTimes(read, rule, wave)) ??
    checkCounter(read) ??
    checkSeen(read) ??
    checkUnderRule(read, (rule) => checkStanding(read, rule)) ??
    checkUnderRule(read, (rule) => checkApprovals({ ...read, rule })) ??
    checkDigests(read) ??
    checkUnderRule(read, (rule) => checkVerbs(read, rule)) ??
    checkUnderRule(read, (rule) =>
      checkLog({ ...read, rule, mine: host.head, ownKey: host.key ?? null }),
    ) ??
    checkUnderRule(read, (rule) => checkWaveGates(read, rule));
  const { statement, order, leaf } = read;
  return refusal ?? { ok: true, statement, order, leaf };
}

function unread(refusal: FormatRefusal, code: string = refusal.code): Refusal {
  return no(code, `line ${refusal.line}: ${refusal.why}`);
}

/** Steps 2, 4, 5. */
function readCase(host: HostState, arrival: Arrival): Case | Refusal {
  if (host.isHalted) return no("E_HALTED", "this host is halted");
  if (host.clock === null) return no("E_STATE", "clock is missing");
  const identity = parseHostIdentity(host.identity);
  if (!identity.ok) return unread(identity, "E_POLICY");
  const policy = parseHostPolicy(host.policy);
  if (!policy.ok) return unread(policy, "E_POLICY");
  if (policy.value.tenant !== identity.value.tenant) return no("E_POLICY", "different tenants");
  if (policy.value.version < host.policyFloor) return no("E_POLICY", "an older policy");
  const bundle = parseBundle(arrival.text);
  if (!bundle.ok) return unread(bundle);
  const order = parseOrder(bundle.value.order);
  if (!order.ok) return unread(order);
  const statement = parseStatement(bundle.value.plan);
  if (!statement.ok) return unread(statement);
  const leaf = parseLeaf(bundle.value.leaf);
  if (!leaf.ok) return unread(leaf);
  const body = parseBody(bundle.value.body);
  if (!body.ok && body.code !== "E_VERB") return unread(body);
  for (const node of bundle.value.nodes) {
    if (!isNode(node)) return no("E_FORMAT", "not a tree node");
  }
  const gates: GateText[] = [];
  for (const { text } of bundle.value.gates) {
    const gate = parseGate(text);
    if (!gate.ok) return unread(gate);
    gates.push(gate.value);
  }
  const log = readLog(bundle.value);
  if (log !== null && "code" in log) return log;
  return {
    host,
    arrival,
    identity: identity.value,
    policy: policy.value,
    bundle: bundle.value,
    order: order.value,
    statement: statement.value,
    leaf: leaf.value,
    body,
    gates,
    log,
  };
}

function readLog(bundle: Bundle): Case["log"] | Refusal {
  if (bundle.log === null) return null;
  const proof = parseLogProof(bundle.log.proof);
  if (!proof.ok) return unread(proof);
  const head = parseHead(bundle.log.head);
  return head.ok ? { proof: proof.value, head: head.value } : unread(head);
}

function isNode(text: string): boolean {
  return /^fettle node 1\n(?:[0-9a-f]{64}\n){1,16}end\n$/.test(text);
}

/** Step 6. */
function checkOrder({ policy, bundle }: Case): Refusal | null {
  const keys = policy.dispatchers.filter((key) => !policy.revoked.includes(key.base64));
  if (keys.length === 0) return no("E_KEY", "every dispatcher key is revoked");
  const claim = {
    namespace: "fettle-order-v1",
    bytes: bundle.order,
    signature: bundle.orderSignature,
  } as const;
  return keys.some((key) => signedBy(key, claim).ok)
    ? null
    : no("E_SIG", "the order is not signed by a dispatcher");
}

/** Step 7. */
function checkAudience(of: Case): Refusal | null {
  const { order, identity, statement, leaf } = of;
  const isStage = of.arrival.verb === "stage";
  if (isStage !== (order.kind === "stage")) {
    return no("E_PERMIT", "staging and jobs are asked for apart");
  }
  const isJob = order.kind === "dispatch" || order.kind === "revert";
  if (order.nonce !== "-" || !(isJob || isStage)) {
    return no("E_PERMIT", "a permit cannot bring a job");
  }
  if (order.tenant !== identity.tenant || statement.tenant !== identity.tenant) {
    return no("E_AUDIENCE", "for another tenant");
  }
  if (order.host !== identity.host) return no("E_AUDIENCE", "for another host");
  if (order.index !== leaf.index) return no("E_AUDIENCE", "the order is for another leaf");
  if ((leaf.host === "*") !== (statement.hosts.kind === "rule")) {
    return no("E_AUDIENCE", "leaf and plan disagree whether hosts are named");
  }
  if (leaf.host !== "*" && leaf.host !== identity.host) {
    return no("E_AUDIENCE", "the leaf is for another host");
  }
  const labels = statement.hosts.kind === "rule" ? statement.hosts.labels : [];
  const missing = labels.find((label) => !identity.labels.includes(label));
  if (missing !== undefined) return no("E_AUDIENCE", `the rule demands ${missing}`);
  const wave = waveOf(of);
  return wave?.ring === identity.ring ? null : no("E_AUDIENCE", "the wave is for another ring");
}

function waveOf({ statement, leaf }: Case): StatementWave | undefined {
  return statement.waves[leaf.wave - 1];
}

/** The ring's line for the statement's class. */
function checkUnderRule(
  of: Case,
  check: (rule: RingRule, wave: StatementWave) => Refusal | null,
): Refusal | null {
  const { ring } = of.identity;
  const rule = of.policy.rings.find((r) => r.ring === ring && r.class === of.statement.class);
  const wave = waveOf(of);
  if (rule === undefined || wave === undefined) {
    return no("E_POLICY", `ring ${ring} has no line for class ${of.statement.class}`);
  }
  return check(rule, wave);
}

/** Step 8. */
function checkTimes(of: Case, rule: RingRule, wave: StatementWave): Refusal | null {
  const { order, leaf, statement } = of;
  const { now } = of.arrival;
  const floor = of.host.clock?.floor ?? 0;
  // Files may come before their time; what was done is taken back in a time of its own.
  const isTimeless = order.kind === "revert" || order.kind === "stage";
  const isInWindow =
    leaf.windows.length === 0 || leaf.windows.some(({ from, to }) => from <= now && now <= to);
  const times: readonly (readonly [boolean, string])[] = [
    [now >= floor - CLOCK_SKEW_SECONDS, "the clock is behind times that were signed"],
    [order.issued <= now + CLOCK_SKEW_SECONDS, "the order was issued in the future"],
    [now <= order.until && order.issued <= order.until, "the order is over"],
    [order.until - order.issued <= ORDER_LIFE_SECONDS_MAX, "the order lives over a day"],
    [wave.notAfter - statement.issued <= rule.validity, "the wave ends after the ring's validity"],
    [order.kind === "revert" || now <= wave.notAfter, "the wave is over"],
    [isTimeless || wave.notBefore <= now, "the wave is not open"],
    [isTimeless || isInWindow, "no window is open"],
  ];
  const failed = times.find(([holds]) => !holds);
  return failed === undefined ? null : no("E_TIME", `${failed[1]}; clock says ${now}`);
}

/** Step 9. */
function checkCounter({ order, host, arrival }: Case): Refusal | null {
  if (order.counter <= (host.clock?.counter ?? 0)) return no("E_REPLAY", "an order seen before");
  return order.counter <= (arrival.now + CLOCK_SKEW_SECONDS) * 1000
    ? null
    : no("E_TIME", "the order counter is ahead of the clock");
}

/** Step 10. */
function checkSeen({ order, statement, host }: Case): Refusal | null {
  const seen = host.seen.get(order.plan);
  const isHere = host.job?.plan === order.plan && host.job.attempt === order.attempt;
  if (order.attempt < 1 || order.attempt > statement.attempts) {
    return no("E_REPLAY", `attempt ${order.attempt} of ${statement.attempts}`);
  }
  if (order.kind === "revert") {
    return checkSeenRevert({
      allows: statement.revert.kind === "order",
      seen,
      isHere,
      host,
      order,
    });
  }
  if (order.kind === "stage") {
    const isOver = seen !== undefined && seen.state !== "failed" && seen.state !== "rolled-back";
    return isOver ? no("E_REPLAY", `recorded as ${seen.state}: nothing to stage`) : null;
  }
  if (seen !== undefined && !mayRunAgain(seen, order.attempt)) {
    return no("E_REPLAY", `attempt ${seen.attempt} is recorded as ${seen.state}`);
  }
  if (isHere && host.job?.isReported === true && seen?.state !== "open") {
    return no("E_REPLAY", `attempt ${order.attempt} has ended and was reported`);
  }
  if (isHere && host.job?.index !== order.index) return otherLeaf;
  const isOtherOpen = host.job !== null && host.seen.get(host.job.plan)?.state === "open";
  if (isOtherOpen && host.job?.plan !== order.plan) return no("E_BUSY", "another plan is open");
  return seen?.state === "open" && !isHere ? no("E_STATE", "the open job's folder is gone") : null;
}

const otherLeaf = no("E_REPLAY", "this attempt is here for another leaf");

/** §7.7: a job in the middle is not turned round; it ends or is rolled back first. */
function checkSeenRevert(of: {
  readonly allows: boolean;
  readonly seen: { readonly state: string } | undefined;
  readonly isHere: boolean;
  readonly host: HostState;
  readonly order: Order;
}): Refusal | null {
  const { seen, host } = of;
  if (!of.allows) return no("E_PERMIT", "the plan allows no revert on order");
  if (seen?.state === "open" && host.job?.kind !== "revert") {
    return no("E_BUSY", "the plan is still being carried out");
  }
  if ((seen?.state !== "done" && seen?.state !== "open") || !of.isHere) {
    return no("E_PERMIT", "the plan is not done here");
  }
  return host.job?.index === of.order.index ? null : otherLeaf;
}

function mayRunAgain(seen: { state: string; attempt: number }, attempt: number): boolean {
  if (seen.state === "open") return attempt === seen.attempt;
  const hasEndedBadly = seen.state === "failed" || seen.state === "rolled-back";
  return hasEndedBadly && attempt > seen.attempt;
}

/** Step 11 and the bounds of §5. */
function checkStanding(of: Case, rule: RingRule): Refusal | null {
  const { statement, policy } = of;
  if (of.host.revoked.has(of.order.plan)) return no("E_REVOKED", "revoked or superseded");
  if (statement.hostPolicy > policy.version) return no("E_POLICY", "planned for a newer policy");
  if (!isNarrower(statement, rule)) return no("E_POLICY", "permit or revert is weaker");
  return of.arrival.way === "piped" && isProtected(rule)
    ? no("E_POLICY", "a protected ring takes no program sent over a login")
    : null;
}

/** Step 13. */
function checkDigests({ bundle, order, statement, leaf }: Case): Refusal | null {
  if (sha256(bundle.plan) !== order.plan) return no("E_DIGEST", "the order is for another plan");
  if (sha256(bundle.body) !== leaf.body) return no("E_DIGEST", "the leaf is for another body");
  const fault = pathFault({
    leafDigest: sha256(bundle.leaf),
    index: leaf.index,
    leaves: statement.leaves,
    root: statement.root,
    nodes: bundle.nodes,
  });
  return fault === null ? null : no("E_DIGEST", fault);
}

/** Step 15, `gate n`. */
function checkWaveGates(of: Case, rule: RingRule): Refusal | null {
  const { gates, order, leaf } = of;
  if (rule.gate === 0 || order.kind === "revert" || order.kind === "stage") return null;
  return checkGates({ ...of, rule }, { gates, plan: order.plan, wave: leaf.wave });
}

/** Step 14. */
function checkVerbs({ body }: Case, rule: RingRule): Refusal | null {
  if (!body.ok) return unread(body);
  const steps = [...body.value.steps, ...body.value.undo.map(({ step }) => step)];
  const refused = steps.find(({ verb }) => !rule.verbs.includes(verb));
  return refused === undefined ? null : no("E_VERB", `the ring does not allow ${refused.verb}`);
}
