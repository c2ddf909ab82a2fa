import type { ChangeId, HostId, RolloutId, SubjectId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import type { RingRule } from "../fleet/witness-choice.ts";

/**
 * What the missing events took away, so that it is taken away again (host protocol §12: halts,
 * revocations, disabled users, used tokens, burials first). Of several words about the same thing the
 * last one counts. What gave something is not done again; `left` tells people what to look at.
 */
export interface MissingEvent {
  readonly index: number;
  readonly type: string;
  readonly actor: SubjectId;
  readonly object: string;
  readonly change: ChangeId | null;
  readonly facts: JsonObject;
}

export interface Narrowing {
  readonly scopesHalted: readonly { readonly scope: string; readonly isFrozen: boolean }[];
  readonly rolloutsStopped: readonly RolloutId[];
  /** Ended, or given another plan: what was approved before counts no more. */
  readonly changesEnded: readonly ChangeId[];
  /** Fingerprints. */
  readonly keysRevoked: readonly string[];
  readonly keysRemoved: readonly string[];
  readonly peopleDisabled: readonly SubjectId[];
  readonly peopleErased: readonly {
    readonly subject: SubjectId;
    readonly askedBy: SubjectId;
    readonly by: SubjectId;
  }[];
  /** All ways to sign in, as somebody brought the account back. */
  readonly signInsForgotten: readonly SubjectId[];
  readonly passwordsForgotten: readonly SubjectId[];
  readonly grantsRemoved: readonly {
    readonly subject: SubjectId;
    readonly role: string;
    readonly scope: string;
  }[];
  readonly groupRulesRemoved: readonly string[];
  readonly tokensRevoked: readonly string[];
  readonly passkeysRemoved: readonly string[];
  /** Links between an account and an identity provider. */
  readonly linksRemoved: readonly { readonly subject: SubjectId; readonly provider: string }[];
  /** One-time codes: removed, or used where one of paper works once. */
  readonly codesRemoved: readonly SubjectId[];
  readonly codesUsed: readonly SubjectId[];
  readonly holdersDismissed: readonly SubjectId[];
  readonly sharesUsed: readonly SubjectId[];
  readonly delegationsEnded: readonly string[];
  readonly agentsOut: readonly {
    readonly host: HostId;
    readonly state: "quarantined" | "buried";
  }[];
  readonly hostsRemoved: readonly HostId[];
  readonly witnessesRemoved: readonly string[];
  readonly witnessesContradicting: readonly string[];
  /** How many must sign for all work, where that was raised; null: it was not. */
  readonly quorumRaised: number | null;
  readonly ringQuorumsRaised: readonly RingRule[];
  readonly holdsPlaced: readonly {
    readonly kind: string;
    readonly about: string | null;
    readonly from: number | null;
    readonly until: number | null;
    readonly by: SubjectId;
    readonly index: number;
  }[];
  readonly left: readonly MissingEvent[];
}

const ENDS_CHANGE = [
  ...["change.withdrawn", "change.rejected", "change.expired", "change.failed", "change.edited"],
  ...["change.backed-out", "plan.revoked"],
];

/** Comes again by itself, or is about one moment only. */
const PASSING =
  /^(access|certificate|feed|finding|gate|ledger|proof|scan|session|sign-in|sign-out|sink|target)\.|^(agent\.(certified|refused|renewal-asked)|host\.(inspected|lost|told)|itsm\.(linked|state-changed|given-up|retried)|patch\.(opened|changed|moved|redated|prioritised)|source\.checked|calendar\.refreshed|wave\.(opened|passed|ended)|invite\.made|recovery\.refused|change\.(escalated|refused|duty-[a-z]+)|passkey\.copied|provider\.signed-out|directory\.group-changed)$/;

/** Done again in full, so that nobody need look at it. */
const REPEATED = new Set([
  ...["subject.disabled", "subject.erased", "grant.removed", "group-rule.removed"],
  ...["token.revoked", "password.changed", "passkey.removed", "code.removed", "key.removed"],
  "provider.unlinked",
  ...["recovery.dismissed", "elevation.ended", "delegation.ended", "agent.buried"],
  ...["agent.quarantined", "host.removed", "scope.halted", "rollout.halted", "rollout.stopped"],
  ...["witness.removed", "witness.contradicted", "change.withdrawn", "change.rejected"],
  ...["change.expired", "hold.placed", "erasure.asked"],
]);

export function narrowingOf(events: readonly MissingEvent[]): Narrowing {
  const of = (...types: readonly string[]) => events.filter((one) => types.includes(one.type));
  const raised = new Set(quorumsRaised(of).map((one) => one.type + one.object));
  return {
    ...haltsOf(of),
    ...peopleOf(of),
    ...secretsOf(of),
    ...hostsOf(of),
    ...quorumsOf(of),
    holdsPlaced: of("hold.placed").map(({ facts, actor, index }) => ({
      ...{ kind: text(facts["kind"]), by: actor, index },
      about: typeof facts["about"] === "string" ? facts["about"] : null,
      from: number(facts["from"]),
      until: number(facts["until"]),
    })),
    left: events.filter(
      (one) =>
        !PASSING.test(one.type) && !REPEATED.has(one.type) && !raised.has(one.type + one.object),
    ),
  };
}

type Find = (...types: readonly string[]) => readonly MissingEvent[];

function haltsOf(of: Find) {
  const words = lastBy(of("scope.halted", "scope.resumed"), (one) => one.object);
  const ended = of(...ENDS_CHANGE).flatMap(({ change }) => (change === null ? [] : [change]));
  return {
    scopesHalted: words
      .filter((one) => one.type === "scope.halted")
      .map((one) => ({ scope: idOf(one), isFrozen: one.facts["isFrozen"] === true })),
    rolloutsStopped: ids<RolloutId>(of("rollout.stopped")),
    changesEnded: [...new Set(ended)],
  };
}

function peopleOf(of: Find) {
  const states = lastBy(of("subject.disabled", "subject.enabled"), (one) => one.object);
  const gone = of("directory.user-removed");
  const grants = lastBy(of("grant.removed", "grant.added"), grantKey);
  return {
    peopleDisabled: [
      ...new Set([
        ...ids<SubjectId>(states.filter((one) => one.type === "subject.disabled")),
        ...ids<SubjectId>(gone),
      ]),
    ],
    peopleErased: of("subject.erased").map((one) => ({
      ...{ subject: idOf(one) as SubjectId, by: one.actor },
      askedBy: text(one.facts["askedBy"]) as SubjectId,
    })),
    grantsRemoved: grants
      .filter((one) => one.type === "grant.removed")
      .map((one) => ({
        subject: idOf(one) as SubjectId,
        role: text(one.facts["role"]),
        scope: text(one.facts["scope"]),
      })),
    linksRemoved: of("provider.unlinked").map((one) => ({
      ...{ subject: idOf(one) as SubjectId, provider: text(one.facts["provider"]) },
    })),
    groupRulesRemoved: of("group-rule.removed").map((one) => text(one.facts["rule"])),
    delegationsEnded: ids<string>(of("delegation.ended")),
  };
}

function secretsOf(of: Find) {
  const keys = lastBy(of("key.removed", "key.added"), (one) => one.object);
  const used = of("session.started", "proof.given").filter((one) => one.facts["by"] === "code");
  const helpers = of("recovery.used").flatMap(({ facts }) =>
    Array.isArray(facts["people"]) ? facts["people"].map(text) : [],
  );
  return {
    keysRevoked: of("key.revoked").map((one) => text(one.facts["target"])),
    keysRemoved: ids<string>(keys.filter((one) => one.type === "key.removed")),
    signInsForgotten: ids<SubjectId>(of("recovery.used")),
    passwordsForgotten: ids<SubjectId>(of("password.changed", "invite.accepted")),
    tokensRevoked: ids<string>(of("token.revoked")),
    passkeysRemoved: of("passkey.removed").map((one) => text(one.facts["passkey"])),
    codesRemoved: ids<SubjectId>(of("code.removed")),
    codesUsed: [...new Set(used.map((one) => one.actor))],
    holdersDismissed: ids<SubjectId>(of("recovery.dismissed")),
    sharesUsed: [...new Set([...ids<string>(of("recovery.taken")), ...helpers])] as SubjectId[],
  };
}

function hostsOf(of: Find) {
  const agents = lastBy(
    of("agent.buried", "agent.quarantined", "agent.released"),
    (one) => one.object,
  );
  const witnesses = lastBy(of("witness.removed", "witness.added"), (one) => one.object);
  return {
    agentsOut: agents
      .filter((one) => one.type !== "agent.released")
      .map((one) => ({
        host: idOf(one) as HostId,
        state: one.type === "agent.buried" ? ("buried" as const) : ("quarantined" as const),
      })),
    hostsRemoved: ids<HostId>(of("host.removed")),
    witnessesRemoved: ids<string>(witnesses.filter((one) => one.type === "witness.removed")),
    witnessesContradicting: ids<string>(of("witness.contradicted")),
  };
}

/**
 * From the copy's own word, which the first event says, to the last one. What asks less in the end, or
 * counts other witnesses, is a choice that people make again.
 */
function quorumsOf(of: Find) {
  const raised = quorumsRaised(of);
  const all = raised.find((one) => one.type === "witness.quorum-set");
  const rings = raised.filter((one) => one.type === "witness.ring-quorum-set");
  return {
    quorumRaised: all === undefined ? null : needOf(all),
    ringQuorumsRaised: rings.map((one) => ({
      ...{ ring: idOf(one), need: needOf(one), operator: operatorOf(one.facts["operator"]) },
    })),
  };
}

/** The last word about each quorum that asks more now than in the copy. */
function quorumsRaised(of: Find): readonly MissingEvent[] {
  const words = of("witness.quorum-set", "witness.ring-quorum-set");
  const before = new Map([...words].reverse().map((one) => [one.object, one.facts]));
  return lastBy(words, (one) => one.object).filter((one) => {
    const was = before.get(one.object) ?? {};
    const need = number(was["was"]) ?? 0;
    const [from, to] = [operatorOf(was["wasOperator"]), operatorOf(one.facts["operator"])];
    const isSame = from === to;
    // Naming whose the ring's hosts are takes witnesses away; naming another gives some back.
    return isSame ? needOf(one) > need : from === null && needOf(one) >= Math.max(need, 1);
  });
}

function needOf({ facts }: MissingEvent): number {
  return number(facts["need"]) ?? 0;
}

/** The log writes none as an empty word. */
function operatorOf(value: unknown): string | null {
  return text(value) || null;
}

function lastBy(
  events: readonly MissingEvent[],
  key: (event: MissingEvent) => string,
): readonly MissingEvent[] {
  return [...new Map(events.map((one) => [key(one), one])).values()];
}

function grantKey({ object, facts }: MissingEvent): string {
  return JSON.stringify([object, facts["role"], facts["scope"]]);
}

/** `<noun>:<id>` */
function idOf({ object }: MissingEvent): string {
  return object.slice(object.indexOf(":") + 1);
}

function ids<T extends string>(events: readonly MissingEvent[]): readonly T[] {
  return [...new Set(events.map((one) => idOf(one) as T))];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
