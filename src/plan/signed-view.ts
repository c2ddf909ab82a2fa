import { type Digest, sha256 } from "../base/digest.ts";
import type { PlanDigest } from "../base/ids.ts";
import { type BodyText, inTransactionsText, parseBody } from "./body.ts";
import { ANY_HOST, type Leaf, parseLeaf } from "./leaf.ts";
import type { PackageStep } from "./model.ts";
import { contentDigest } from "./planner-bodies.ts";
import { parseStatement, type Statement } from "./statement.ts";
import { statementDigest } from "./statement-digest.ts";
import { buildTree } from "./tree.ts";

/**
 * Exactly what a signature would cover, recomputed from the documents alone (host protocol §3): an
 * approver's tool fetches statement, leaves and bodies and shows this, never what a server says about
 * them. Any document that does not fit is a fault, and a plan with faults must not be signed.
 */
export interface SignedView {
  readonly digest: PlanDigest;
  readonly faults: readonly string[];
  readonly statement: Statement | null;
  readonly waves: readonly SignedWave[];
  /** Package moves by how many hosts make them. */
  readonly moves: readonly (PackageStep & { readonly hosts: number })[];
  readonly restarts: readonly { readonly unit: string; readonly hosts: number }[];
  readonly probes: readonly { readonly name: string; readonly hosts: number }[];
  /** Steps of other verbs, as written. */
  readonly others: readonly { readonly step: string; readonly hosts: number }[];
  /** In a plan by rule this and every other count is the most that it allows: it names no host. */
  readonly hosts: number;
  /** Hosts whose body has no way back. */
  readonly hostsWithoutUndo: number;
}

export interface SignedWave {
  readonly number: number;
  readonly ring: string;
  /** Unix seconds, as signed. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly hosts: number;
}

export function signedView(documents: {
  readonly statement: string;
  /** Texts in index order. */
  readonly leaves: Iterable<string>;
  readonly bodies: readonly string[];
}): SignedView {
  const faults: string[] = [];
  const parsed = parseStatement(documents.statement);
  if (!parsed.ok) faults.push(`the statement: line ${parsed.line}: ${parsed.why}`);
  const statement = parsed.ok ? parsed.value : null;
  const bodies = readBodies(documents.bodies, faults);
  const { leaves, digests } = readLeaves(documents.leaves, faults);
  if (statement !== null) faults.push(...treeFaults(statement, digests, bodies));
  faults.push(...namingFaults(leaves, statement));
  // A leaf of a rule stands for any number of hosts up to the rule's, and so does all that is in it.
  const hostsMax = statement?.hosts.kind === "rule" ? statement.hosts.max : null;
  const counts = countBodies(leaves, bodies, faults);
  if (hostsMax !== null) for (const digest of counts.keys()) counts.set(digest, hostsMax);
  return {
    digest: statementDigest(documents.statement),
    faults,
    statement,
    waves: wavesOf(statement, leaves, faults).map((wave) => ({
      ...wave,
      hosts: hostsMax === null || wave.hosts === 0 ? wave.hosts : hostsMax,
    })),
    ...stepsOf(bodies, counts, hostsMax ?? leaves.length),
    hosts: hostsMax ?? leaves.length,
  };
}

function readBodies(texts: readonly string[], faults: string[]): Map<Digest, BodyText> {
  const bodies = new Map<Digest, BodyText>();
  for (const text of texts) {
    const body = parseBody(text);
    if (body.ok) bodies.set(sha256(text), body.value);
    else faults.push(`a body: line ${body.line}: ${body.why}`);
  }
  return bodies;
}

function readLeaves(
  texts: Iterable<string>,
  faults: string[],
): { leaves: Leaf[]; digests: Digest[] } {
  const leaves: Leaf[] = [];
  const digests: Digest[] = [];
  for (const text of texts) {
    const leaf = parseLeaf(text);
    if (!leaf.ok) faults.push(`leaf ${leaves.length}: ${leaf.why}`);
    else if (leaf.value.index !== leaves.length) {
      faults.push(`leaf ${leaves.length} says that it is ${leaf.value.index}`);
    }
    if (leaf.ok) leaves.push(leaf.value);
    digests.push(sha256(text));
  }
  return { leaves, digests };
}

/** Either each leaf names another host, or none names one and each is for another wave or body. */
function namingFaults(leaves: readonly Leaf[], statement: Statement | null): string[] {
  const isRule = statement?.hosts.kind === "rule";
  const names = new Set(leaves.map(({ host, wave, body }) => (isRule ? `${wave} ${body}` : host)));
  const isMixed = leaves.some(({ host }) => (host === ANY_HOST) !== isRule);
  return [
    ...(isMixed && statement !== null
      ? ["leaves and statement disagree whether hosts are named"]
      : []),
    ...(names.size === leaves.length
      ? []
      : [isRule ? "two leaves are for one wave and body" : "a host stands in the plan twice"]),
  ];
}

function treeFaults(
  statement: Statement,
  digests: readonly Digest[],
  bodies: ReadonlyMap<Digest, BodyText>,
): string[] {
  const faults: string[] = [];
  const isWhole = digests.length === statement.leaves && bodies.size === statement.bodies;
  if (!isWhole || digests.length === 0) {
    const found = `${digests.length} leaves and ${bodies.size} bodies`;
    faults.push(`${found} where ${statement.leaves} and ${statement.bodies} are signed`);
  } else if (buildTree(digests).root !== statement.root) {
    faults.push("the leaves are not those that are signed");
  }
  const content = contentDigest([...bodies.values()].map((body) => ({ body })));
  if (content !== statement.content) faults.push("the files are not those that are signed");
  return faults;
}

function countBodies(
  leaves: readonly Leaf[],
  bodies: ReadonlyMap<Digest, BodyText>,
  faults: string[],
): Map<Digest, number> {
  const counts = new Map<Digest, number>();
  for (const { body } of leaves) counts.set(body, (counts.get(body) ?? 0) + 1);
  for (const digest of counts.keys()) {
    if (!bodies.has(digest)) faults.push(`the body ${digest} is missing`);
  }
  return counts;
}

function wavesOf(
  statement: Statement | null,
  leaves: readonly Leaf[],
  faults: string[],
): SignedWave[] {
  const hosts = new Map<number, number>();
  for (const { wave } of leaves) hosts.set(wave, (hosts.get(wave) ?? 0) + 1);
  const waves = (statement?.waves ?? []).map((wave) => ({
    ...wave,
    hosts: hosts.get(wave.number) ?? 0,
  }));
  for (const number of hosts.keys()) {
    const isKnown = waves.some((wave) => wave.number === number);
    if (!isKnown) faults.push(`hosts are in wave ${number}, which the statement does not have`);
  }
  return waves;
}

function stepsOf(
  bodies: ReadonlyMap<Digest, BodyText>,
  counts: ReadonlyMap<Digest, number>,
  hostsMax: number,
): Pick<SignedView, "moves" | "restarts" | "probes" | "others" | "hostsWithoutUndo"> {
  const moves = new Map<string, PackageStep & { hosts: number }>();
  const [restarts, probes] = [new Tally(hostsMax), new Tally(hostsMax)];
  const others = new Tally(hostsMax);
  let hostsWithoutUndo = 0;
  for (const [digest, body] of bodies) {
    const hosts = counts.get(digest) ?? 0;
    if (!isUndone(body)) hostsWithoutUndo = Math.min(hostsMax, hostsWithoutUndo + hosts);
    if (body.transactions.length > 0) others.add(inTransactionsText(body), hosts);
    for (const step of body.steps) {
      if ("sha256" in step) {
        const key = Object.values(step).join(" ");
        const before = moves.get(key)?.hosts ?? 0;
        moves.set(key, { ...step, hosts: Math.min(hostsMax, before + hosts) });
      } else if (step.verb === "restart") restarts.add(step.unit, hosts);
      else if (step.verb === "probe") probes.add(step.name, hosts);
      else others.add(Object.values(step).join(" "), hosts);
    }
  }
  return {
    moves: [...moves].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, move]) => move),
    restarts: restarts.rows().map(([unit, hosts]) => ({ unit, hosts })),
    probes: probes.rows().map(([name, hosts]) => ({ name, hosts })),
    others: others.rows().map(([step, hosts]) => ({ step, hosts })),
    hostsWithoutUndo,
  };
}

/** Each package move must have its undo; a body without moves has nothing to take back. */
function isUndone(body: BodyText): boolean {
  const undone = new Set(body.undo.map((undo) => undo.at));
  return body.steps.every((step, at) => !("sha256" in step) || undone.has(at + 1));
}

class Tally {
  readonly #counts = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(key: string, hosts: number): void {
    const before = this.#counts.get(key) ?? 0;
    this.#counts.set(key, Math.min(this.#most, before + hosts));
  }

  rows(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
