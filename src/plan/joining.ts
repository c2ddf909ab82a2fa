import type { Digest } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inOneGo } from "../base/pieces.ts";
import type { RingsPolicy } from "../policy/rings.ts";
import type { PatchTarget } from "../triage/model.ts";
import type {
  ExcludedHost,
  PlanHost,
  PlanInput,
  PlannedLeaf,
  PlannedWave,
  ResolvedPair,
} from "./model.ts";
import { draftBodies } from "./planner-bodies.ts";
import { type Candidate, pairKey, selectHosts } from "./planner-hosts.ts";

/**
 * Who may join a plan by rule after it was signed (host protocol §11.5): a host for whose packages,
 * services and labels the plan has the very body that would be planned for it today, in a wave of its
 * ring that has not ended. It needs no approval, as all of that was approved; whoever lacks it waits.
 */
export interface Joining {
  readonly joins: readonly Joiner[];
  readonly waits: readonly { readonly host: HostId; readonly because: WhyNotJoining }[];
}

export interface Joiner {
  readonly host: HostId;
  readonly leaf: number;
  readonly wave: number;
  readonly body: Digest;
}

export type WhyNotJoining =
  | { readonly why: "no-approved-body" }
  | { readonly why: "no-open-wave"; readonly ring: string }
  | { readonly why: "rule-full"; readonly max: number }
  | { readonly why: "left-out"; readonly because: ExcludedHost["because"] };

export interface JoiningFacts {
  readonly target: PatchTarget;
  readonly policy: RingsPolicy;
  readonly now: Instant;
  /** Hosts that the rule selects and the rollout does not have. */
  readonly hosts: readonly PlanHost[];
  /** What package managers answered when the plan was made. */
  readonly resolutions: readonly ResolvedPair[];
  readonly signed: PlanInput["signed"];
  readonly isKnownExploited: boolean;
  /** The leaves that were signed, each once. */
  readonly leaves: readonly PlannedLeaf[];
  /** Those that have not ended. */
  readonly waves: readonly Pick<PlannedWave, "number" | "ring">[];
  /** How many more the rule allows. */
  readonly room: number;
  readonly max: number;
}

export function judgeJoining(facts: JoiningFacts): Joining {
  const { candidates, excluded } = inOneGo(
    selectHosts({
      ...{ target: facts.target, policy: facts.policy, issuedAt: facts.now },
      ...{ signed: facts.signed, isKnownExploited: facts.isKnownExploited },
      ...{
        hosts: facts.hosts.map((host) => likeAsked(host, facts)),
        resolutions: facts.resolutions,
      },
    }),
  );
  const drafts = draftBodies(candidates, facts.policy);
  const joins: Joiner[] = [];
  const waits: Joining["waits"][number][] = excluded.flatMap(({ host, because }) => {
    const why = whyLeftOut(because);
    return why === null ? [] : [{ host, because: why }];
  });
  for (const candidate of candidates) {
    const host = candidate.host.id;
    const found = leafFor(candidate, drafts.of(candidate).digest, facts);
    if ("why" in found) waits.push({ host, because: found });
    else if (joins.length < facts.room) joins.push({ host, ...found });
    else waits.push({ host, because: { why: "rule-full", max: facts.max } });
  }
  return { joins, waits };
}

/**
 * A body is for a package set. That a host's sources offer more by now changes nothing that was
 * approved: its package manager still has to answer with that very transaction (host protocol §6.16).
 */
function likeAsked(host: PlanHost, { resolutions }: JoiningFacts): PlanHost {
  const { packageSet, offerSet } = host;
  if (packageSet === null || offerSet === null) return host;
  const alike = resolutions.filter((pair) => pair.packageSet === packageSet);
  if (alike.some((pair) => pairKey(pair) === pairKey({ packageSet, offerSet }))) return host;
  const other = alike.find(({ outcome }) => outcome.kind === "moves");
  return other === undefined ? host : { ...host, offerSet: other.offerSet };
}

/** Null: nothing keeps it, it has nothing to do. */
function whyLeftOut(because: ExcludedHost["because"]): WhyNotJoining | null {
  if (because.why === "not-affected") return null;
  if (because.why === "not-resolved") return { why: "no-approved-body" };
  return { why: "left-out", because };
}

/**
 * The last wave of its ring that has the body: who comes late is nobody's canary, and comes after all
 * that its service needs.
 */
function leafFor(
  { ring }: Candidate,
  body: Digest,
  { leaves, waves }: JoiningFacts,
): Omit<Joiner, "host"> | WhyNotJoining {
  const same = leaves.filter((leaf) => leaf.body === body);
  if (same.length === 0) return { why: "no-approved-body" };
  const open = new Set(waves.filter((wave) => wave.ring === ring.name).map(({ number }) => number));
  const last = same.findLast(({ wave }) => open.has(wave));
  if (last !== undefined) return { leaf: last.leaf, wave: last.wave, body };
  return { why: "no-open-wave", ring: ring.name };
}
