import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { tellHost } from "./actions-trust.ts";
import { judgeLink, type RootSignature } from "./policy-link.ts";
import { type PolicyTold, policyToldBy } from "./policy-told.ts";
import {
  claimPolicyTellings,
  insertHostPolicy,
  loadHostPolicies,
  loadNewestVersion,
  loadPolicyHosts,
  type PolicyOfHost,
  type PolicyTelling,
  type PublishedPolicy,
  tellHosts,
  writePolicyTold,
} from "./store-host-policies.ts";
import { TELL_LEASE_SECONDS, tellAgainSeconds } from "./tell-again.ts";
import { TRUST_CHARACTERS_MAX, writeTrustFrame } from "./trust-frame.ts";

/**
 * Publishing a policy of hosts that its roots signed, and carrying the chain to every host over its own
 * way until each has answered for itself (host protocol §10.3).
 */
export interface Published {
  readonly version: number;
  readonly hosts: number;
}

/** Refused is whatever hosts would refuse: nothing of it is kept then. */
export async function publishHostPolicy(
  world: World,
  actor: Actor,
  input: {
    readonly previous: string;
    readonly policy: string;
    readonly signatures: readonly RootSignature[];
  },
): Promise<Published> {
  demandUnscoped(actor, "policy.apply", "The policy of hosts");
  const { previous, policy, signatures } = input;
  const verdict = judgeLink({ previous, next: policy, signatures });
  if (!verdict.ok) {
    throw new Failure("invalid", `Hosts would refuse this policy: ${verdict.why}.`);
  }
  const { version, tenant } = verdict.next;
  if (tenant !== world.config.deployment) {
    throw new Failure("invalid", `It is for ${tenant}; this is ${world.config.deployment}.`);
  }
  return inTransaction(world.db, async (tx) => {
    const newest = await loadNewestVersion(tx);
    if (newest !== null && version <= newest) {
      throw new Failure("conflict", `Version ${version} was published already.`);
    }
    if (newest !== null && version > newest + 1) {
      throw new Failure(
        "blocked",
        `The newest that was published is version ${newest}. Publish ${newest + 1} first: hosts take one after the other.`,
      );
    }
    const [before] = newest === null ? [] : await loadHostPolicies(tx, { from: newest, limit: 1 });
    const follows = sha256(previous);
    if (before !== undefined && before.digest !== follows) {
      throw new Failure(
        "conflict",
        `The policy before it is not the version ${before.version} that was published. See: fettle policy host status`,
      );
    }
    const of = { version, text: policy, digest: sha256(policy), follows, roots: signatures };
    if (!(await insertHostPolicy(tx, { ...of, publishedBy: actor.subject }))) {
      throw new Failure("conflict", `Version ${version} was published already.`);
    }
    const hosts = await tellHosts(tx);
    await recordEvent(tx, {
      type: "host-policy.published",
      actor: actor.subject,
      object: `host-policy:${version}`,
      after: of.digest,
      facts: { digest: of.digest, follows, hosts, roots: signatures.map((one) => ({ ...one })) },
    });
    await notify(tx, "rollout");
    return { version, hosts };
  });
}

export interface ShownPolicies {
  readonly policies: readonly PublishedPolicy[];
  readonly hosts: readonly PolicyOfHost[];
}

const POLICIES_MAX = 1_000;
const HOSTS_MAX = 1_000;

export async function showHostPolicies(world: World, actor: Actor): Promise<ShownPolicies> {
  const scopes = scopesFor(actor, "host.read");
  return {
    policies: await loadHostPolicies(world.db, { from: 0, limit: POLICIES_MAX }),
    hosts: await loadPolicyHosts(world.db, { scopes, limit: HOSTS_MAX }),
  };
}

/** After a host's own people did something: all that refused hear it again, and new hosts too. */
export async function retellHostPolicies(world: World, actor: Actor): Promise<number> {
  demandUnscoped(actor, "policy.apply", "The policy of hosts");
  return inTransaction(world.db, async (tx) => {
    const newest = await loadNewestVersion(tx);
    if (newest === null) throw new Failure("blocked", "No policy of hosts was published.");
    const hosts = await tellHosts(tx);
    await recordEvent(tx, {
      type: "host-policy.retold",
      actor: actor.subject,
      object: `host-policy:${newest}`,
      facts: { hosts },
    });
    await notify(tx, "rollout");
    return hosts;
  });
}

export function takePolicyTellings(
  world: World,
  countMax: number,
): Promise<readonly PolicyTelling[]> {
  const claim = { countMax, leaseSeconds: TELL_LEASE_SECONDS };
  return claimPolicyTellings(world.db, claim);
}

/** Carries what a host lacks to it, and keeps what it said. */
export async function tellPolicies(
  world: World,
  telling: PolicyTelling,
  signal: AbortSignal,
): Promise<PolicyTold> {
  const told = await toldNow(world, telling, signal);
  // It came further, or was found elsewhere: the next step follows at once.
  const hasMoved = told.version !== telling.version;
  const againSeconds = hasMoved ? 0 : tellAgainSeconds(telling.tries);
  await writePolicyTold(world.db, { host: telling.host, ...told, againSeconds });
  return told;
}

async function toldNow(
  world: World,
  telling: PolicyTelling,
  signal: AbortSignal,
): Promise<PolicyTold> {
  const { version } = telling;
  const waiting = (why: string): PolicyTold => ({ version, outcome: "waiting", code: null, why });
  const host = await loadHost(world.db, telling.host, everywhere);
  if (host === null) return waiting("the host was removed");
  const newest = (await loadNewestVersion(world.db)) ?? version;
  if (version >= newest) return { version, outcome: "taken", code: null, why: null };
  const chain = await chainFrom(world, version + 1);
  const [first] = chain;
  if (first === undefined || first.version !== version + 1) {
    const why = `it stands at version ${version}, and the chain here begins at ${first?.version ?? newest}`;
    return { version, outcome: "refused", code: "E_POLICY", why };
  }
  const frame = writeTrustFrame({ revocations: [], policies: chain });
  const by = chain.at(-1)?.publishedBy ?? first.publishedBy;
  const said = await tellHost(world, host, { frame, by, signal });
  if (said.kind !== "answered") return waiting(said.message);
  const reached = chain.at(-1)?.version ?? version;
  const told = policyToldBy(said.answers, { version, newest: reached });
  // More than one frame holds: the rest follows.
  if (told.outcome === "taken" && told.version < newest) return { ...told, outcome: "waiting" };
  return told;
}

/** As many links as one frame holds. */
async function chainFrom(world: World, from: number): Promise<readonly PublishedPolicy[]> {
  const policies = await loadHostPolicies(world.db, { from, limit: 20 });
  let size = 0;
  return policies.filter((one, at) => {
    size += one.text.length + one.roots.reduce((sum, root) => sum + root.signature.length + 100, 0);
    return at === 0 || size < TRUST_CHARACTERS_MAX / 2;
  });
}
