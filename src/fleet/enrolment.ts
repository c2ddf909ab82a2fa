import { Failure, present } from "../base/failure.ts";
import { SECOND_MS } from "../base/instant.ts";
import { type Labels, selectorToText } from "../base/labels.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { type ChangeClass, type RingPolicy, type RingsPolicy, ringOf } from "../policy/rings.ts";
import type { HostIdentity } from "./host-identity.ts";
import type { Approver, HostPolicy, NamedKey, RingRule } from "./host-policy.ts";

/**
 * The two files a piped host is given (host protocol §5). The server writes them over its own root
 * login, so they guard such a host against mistakes and replays, not against a stolen server. Whatever
 * the ring demands is written as it is: a ring that needs two people refuses piped programs by itself.
 */
const VERBS = [
  "upgrade",
  "downgrade",
  "install",
  "remove",
  "restart",
  "probe",
  "run",
  "hold",
  "reboot",
] as const;

export interface EnrolmentFacts {
  readonly tenant: string;
  readonly host: { readonly name: string; readonly protocolId: string; readonly labels: Labels };
  readonly rings: RingsPolicy;
  readonly version: number;
  readonly dispatcherKeyLine: string;
  readonly rootKeyLine: string;
  readonly depotUrl: string;
  readonly approvers: readonly {
    readonly handle: string;
    readonly class: Approver["class"];
    readonly type: string;
    readonly base64: string;
  }[];
}

export interface EnrolmentTexts {
  readonly identity: HostIdentity;
  readonly policy: HostPolicy;
}

export function enrolmentFor(facts: EnrolmentFacts): EnrolmentTexts {
  const { host, tenant } = facts;
  const ring = ringOf(facts.rings, host.labels);
  if (ring === null) {
    throw new Failure(
      "blocked",
      `No ring of the policy ${facts.rings.name} selects the host ${host.name}. Its rings select ${facts.rings.rings.map((known) => selectorToText(known.hosts)).join(" or ")}; give the host such a label with "fettle host label", then enrol it again.`,
    );
  }
  if (facts.approvers.length === 0) {
    throw new Failure(
      "blocked",
      "Nobody who may approve has an approver key yet, so a host could not be told whom to believe. Whoever approves adds a key first: fettle key add. Such a person is made so: fettle user add bob --role approver.",
    );
  }
  const labels = Object.entries(host.labels).map(([key, value]) => `${key}=${value}`);
  return {
    identity: { tenant, host: host.protocolId, ring: ring.name, labels: labels.sort() },
    policy: {
      tenant,
      version: facts.version,
      rootsNeeded: 1,
      roots: [named("piped-root", facts.rootKeyLine)],
      dispatchers: [named("server", facts.dispatcherKeyLine)],
      logs: [],
      witnesses: [],
      approvers: facts.approvers.map(approver),
      revoked: [],
      depots: [{ url: facts.depotUrl, keyring: "debian" }],
      rings: ringRules(facts.rings, ring),
    },
  };
}

function ringRules(policy: RingsPolicy, ring: RingPolicy): readonly RingRule[] {
  const rules = (["normal", "emergency"] as const).flatMap((name) => ringRule(policy, ring, name));
  if (rules.some((rule) => rule.need < 2)) return rules;
  throw new Failure(
    "blocked",
    `The ring ${ring.name} needs two or more approvals, and a protected ring takes no program that is sent over a login (host protocol §9). Install the host program on this host instead.`,
  );
}

function ringRule(policy: RingsPolicy, ring: RingPolicy, name: ChangeClass): readonly RingRule[] {
  const rules = policy.classes[name];
  if (rules === undefined) return [];
  const need = Math.max(rules.need, ring.need);
  return [
    {
      ring: ring.name,
      class: name,
      need,
      // §5: a protected line must count signatures made outside the server's own page.
      outside: need >= 2 ? 1 : 0,
      groups: [],
      validity: Math.floor(rules.validityMs / SECOND_MS),
      permit: policy.permit,
      revert: policy.revert,
      sod: "plain",
      log: "off",
      verbs: VERBS,
      gate: 0,
      isBound: false,
    },
  ];
}

function named(name: string, line: string): NamedKey {
  const key = present(parsePublicKeyLine(line), `the public key ${name}`);
  return { name, type: key.type, base64: key.base64 };
}

function approver(key: EnrolmentFacts["approvers"][number]): Approver {
  const parsed = present(parsePublicKeyLine(`${key.type} ${key.base64}`), "an approver key");
  return {
    person: key.handle,
    groups: [],
    class: key.class,
    type: parsed.type,
    base64: parsed.base64,
  };
}
