import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure, present } from "../base/failure.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { showChange } from "../change/actions-show.ts";
import type { Change } from "../change/model.ts";
import { approvalsFor } from "../change/store.ts";
import { loadRequestSignature } from "../change/store-request-signature.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { knownPolicies } from "../fleet/actions-known-policies.ts";
import type { HostPolicy } from "../fleet/host-policy.ts";
import { isKnownTo, judgePeople, type SignedPlan } from "../fleet/known-people.ts";
import { loadPolicyGroups, type PolicyGroup } from "../fleet/store-known-policies.ts";
import { everywhere } from "../inventory/store.ts";
import { parseStatement } from "../plan/statement.ts";
import { loadPlan } from "../plan/store.ts";

/**
 * Whether the hosts of a change know the keys of those who approved it, asked before anything starts:
 * who was given a key after a host was enrolled is a stranger there, and the host would refuse its job.
 */
export interface Readiness {
  /** Enrolled hosts whose policy lies here; and those whose policy their own people keep. */
  readonly known: number;
  readonly unknown: number;
  /** Hosts that would refuse the change as it is signed now. */
  readonly refusing: readonly RefusingHosts[];
  /** Approvers whose key some of these hosts do not know. */
  readonly strangers: readonly Stranger[];
}

export interface RefusingHosts {
  readonly ring: string;
  readonly hosts: number;
  /** The first few. */
  readonly names: readonly string[];
  readonly code: string;
  readonly why: string;
}

export interface Stranger {
  readonly handle: string;
  readonly keyFingerprint: string;
  readonly hosts: number;
  readonly names: readonly string[];
}

export async function showReadiness(world: World, actor: Actor, ref: string): Promise<Readiness> {
  const { change } = await showChange(world, actor, ref);
  return readinessOf(world.db, change, scopesFor(actor, "change.read"));
}

/** Refuses to start what hosts would refuse, and says which approvals they lack. */
export async function demandKnownPeople(reader: Reader, change: Change): Promise<void> {
  const { refusing, strangers } = await readinessOf(reader, change, everywhere);
  const [first] = refusing;
  if (first === undefined) return;
  const hosts = refusing.reduce((sum, one) => sum + one.hosts, 0);
  const more = hosts > first.names.length ? ` and ${hosts - first.names.length} more` : "";
  const who = strangers.map(({ handle }) => handle).join(", ");
  throw new Failure(
    "blocked",
    `${first.names.join(", ")}${more} would refuse C-${change.number}: ${first.code} ${first.why}. ${
      who === ""
        ? "Get what is missing first."
        : `They do not know the key of ${who}: give them a policy that names it (hosts that this server enrols: "fettle host enrol" again), or plan it again and have somebody approve whose key they know.`
    }`,
  );
}

async function readinessOf(
  reader: Reader,
  change: Change,
  scopes: ReturnType<typeof scopesFor>,
): Promise<Readiness> {
  const stored = present(await loadPlan(reader, change.plan), `the plan ${change.plan}`);
  const statement = parseStatement(stored.statement);
  if (!statement.ok)
    throw new Failure("internal", `The plan of C-${change.number} cannot be read.`);
  const plan: SignedPlan = {
    text: stored.statement,
    statement: statement.value,
    request: await loadRequestSignature(reader, change.plan),
    approvals: await approvalsFor(reader, change.id),
  };
  const groups = await loadPolicyGroups(reader, change.plan, scopes);
  const digests = groups.flatMap(({ digest }) => (digest === null ? [] : [digest]));
  const policies = await knownPolicies(reader, digests);
  const judged = groups.flatMap((group) => {
    const policy = group.digest === null ? undefined : policies.get(group.digest);
    return policy === undefined ? [] : [{ ...group, policy }];
  });
  const all = groups.reduce((sum, { hosts }) => sum + hosts, 0);
  const known = judged.reduce((sum, { hosts }) => sum + hosts, 0);
  return {
    known,
    unknown: all - known,
    refusing: judged.flatMap((group) => refusingHosts(group, plan)),
    strangers: plan.approvals.flatMap((approval) => {
      const strange = judged.filter(({ policy }) => !isKnownTo(policy, approval));
      const hosts = strange.reduce((sum, one) => sum + one.hosts, 0);
      const key = parsePublicKeyLine(approval.keyLine);
      if (hosts === 0 || key === null) return [];
      const names = strange.flatMap((one) => one.names).slice(0, 3);
      return [{ handle: approval.handle, keyFingerprint: fingerprint(key), hosts, names }];
    }),
  };
}

function refusingHosts(
  group: PolicyGroup & { readonly policy: HostPolicy },
  plan: SignedPlan,
): readonly RefusingHosts[] {
  const refusal = judgePeople(group.policy, group.ring, plan);
  if (refusal === null) return [];
  const { ring, hosts, names } = group;
  return [{ ring, hosts, names, code: refusal.code, why: refusal.why }];
}
