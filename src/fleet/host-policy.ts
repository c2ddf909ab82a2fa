import {
  type DocumentReader,
  type Parsed,
  parseDocument,
  writeDocument,
} from "../base/document.ts";
import { type KeyType, parsePublicKeyLine } from "../base/ssh-key.ts";
import { LEASE_SECONDS_MAX, type Permit, type Revert } from "../plan/statement.ts";
import { APPROVALS_MAX, type ApprovalClass, approvalClasses } from "./result.ts";

/**
 * `/etc/fettle/policy` (host protocol §5): whom and what a host believes. Set out of band or by a
 * chain of signed policies, never by the server alone. The file is refused whole on any bad line.
 */
export interface HostPolicy {
  readonly tenant: string;
  readonly version: number;
  /** How many root signatures change this file. */
  readonly rootsNeeded: number;
  readonly roots: readonly NamedKey[];
  readonly dispatchers: readonly NamedKey[];
  readonly logs: readonly NamedKey[];
  readonly witnesses: readonly NamedKey[];
  readonly approvers: readonly Approver[];
  /** Base64 of keys that count no more. */
  readonly revoked: readonly string[];
  readonly depots: readonly { readonly url: string; readonly keyring: string }[];
  readonly rings: readonly RingRule[];
}

export interface NamedKey {
  readonly name: string;
  readonly type: KeyType;
  readonly base64: string;
}

export interface Approver {
  readonly person: string;
  readonly groups: readonly string[];
  readonly class: ApprovalClass;
  readonly type: KeyType;
  readonly base64: string;
}

export interface RingRule {
  readonly ring: string;
  readonly class: string;
  /** People, not keys. */
  readonly need: number;
  /** How many of them must have signed outside the server's own page. */
  readonly outside: number;
  readonly groups: readonly { readonly group: string; readonly need: number }[];
  /** Seconds from the statement's `issued` to the end of its last wave. */
  readonly validity: number;
  readonly permit: Permit;
  readonly revert: Revert;
  readonly sod: "signed" | "plain";
  /** What the ledger must prove: nothing, inclusion, or inclusion cosigned by n witnesses. */
  readonly log: "off" | "seen" | `witness:${number}`;
  readonly verbs: readonly string[];
  /** Gate signatures demanded for each wave; 0 when the line has no `gate`. */
  readonly gate: number;
  /** Refuses signatures of passkeys that may be copied to other devices. */
  readonly isBound: boolean;
}

/** 500 approvers with their keys fit. */
export const POLICY_BYTES_MAX = 256 * 1024;

export const policyVerbs = [
  "upgrade",
  "downgrade",
  "install",
  "remove",
  "restart",
  "probe",
  "run",
  "snapshot",
  "restore",
  "hold",
  "reboot",
] as const;

/** A ring is protected when no single person can push through it (§5). */
export function isProtected(rule: Pick<RingRule, "need" | "sod">): boolean {
  return rule.need >= 2 || rule.sod === "signed";
}

export function writeHostPolicy(policy: HostPolicy): string {
  const keys = (kind: string, list: readonly NamedKey[]): string[] =>
    list.map((key) => `${kind} ${key.name} ${key.type} ${key.base64}`);
  return writeDocument("policy", [
    `tenant ${policy.tenant}`,
    `version ${policy.version}`,
    `roots ${policy.rootsNeeded}`,
    ...keys("root", policy.roots),
    ...keys("dispatcher", policy.dispatchers),
    ...keys("log", policy.logs),
    ...keys("witness", policy.witnesses),
    ...policy.approvers.map(approverToText),
    ...policy.revoked.map((base64) => `revoked ${base64}`),
    ...policy.depots.map(({ url, keyring }) => `depot ${url} keyring ${keyring}`),
    ...policy.rings.map(ringToText),
  ]);
}

function approverToText(a: Approver): string {
  const groups = a.groups.length === 0 ? "-" : a.groups.join(",");
  return `approver ${a.person} ${groups} ${a.class} ${a.type} ${a.base64}`;
}

function ringToText(rule: RingRule): string {
  const { permit, revert } = rule;
  return [
    `ring ${rule.ring} ${rule.class} need ${rule.need} outside ${rule.outside}`,
    ...rule.groups.map(({ group, need }) => `group ${group}:${need}`),
    `validity ${rule.validity}`,
    `permit ${permit.kind === "lease" ? `lease:${permit.seconds}` : permit.kind}`,
    `revert ${revert.kind === "order" ? `order:${revert.seconds}` : revert.kind}`,
    `sod ${rule.sod} log ${rule.log} verbs ${rule.verbs.join(",")}`,
    ...(rule.gate === 0 ? [] : [`gate ${rule.gate}`]),
    ...(rule.isBound ? ["bound"] : []),
  ].join(" ");
}

export function parseHostPolicy(text: string): Parsed<HostPolicy> {
  const shape = { type: "policy", bytesMax: POLICY_BYTES_MAX };
  return parseDocument(text, shape, (reader) => {
    const tenant = reader.word("tenant", "id");
    const version = reader.number("version");
    const rootsNeeded = reader.number("roots");
    if (rootsNeeded < 1) reader.stop("`roots` is zero");
    const roots = readKeys(reader, "root");
    if (roots.length < rootsNeeded) reader.stop("fewer root keys than `roots` demands", 1);
    const dispatchers = readKeys(reader, "dispatcher");
    if (dispatchers.length < 1 || dispatchers.length > 2) {
      reader.stop("there must be one or two dispatchers", 1);
    }
    const logs = readKeys(reader, "log");
    const witnesses = readKeys(reader, "witness");
    const servers = new Set([...dispatchers, ...logs].map((key) => key.base64));
    if (servers.size !== dispatchers.length + logs.length) reader.stop("a key stands twice");
    const approvers = readApprovers(reader, servers);
    const people = { tenant, version, rootsNeeded, roots, dispatchers, logs, witnesses, approvers };
    return { ...people, ...readRest(reader) };
  });
}

/** Machine keys are P-256 (§3); roots and witnesses may be any kind. No name, no key twice. */
function readKeys(reader: DocumentReader, kind: "root" | "dispatcher" | "log" | "witness") {
  const keys: NamedKey[] = [];
  while (reader.isNext(kind)) {
    const [name = "", type = "", base64 = "", ...more] = reader.words(kind);
    reader.must("id", name, kind);
    const key = readKey(reader, type, base64, more.length);
    const isMachine = kind === "dispatcher" || kind === "log";
    if (isMachine && key.type !== "ecdsa-sha2-nistp256")
      reader.stop(`a ${kind} key is ECDSA P-256`);
    if (keys.some((other) => other.name === name || other.base64 === base64)) {
      reader.stop(`the ${kind} or its key stands twice`);
    }
    keys.push({ name, ...key });
  }
  return keys;
}

function readKey(reader: DocumentReader, type: string, base64: string, surplus: number) {
  const key = parsePublicKeyLine(`${type} ${base64}`);
  if (key === null || surplus > 0) return reader.stop("this is no key of a known kind");
  return { type: key.type, base64: key.base64 };
}

/** The server's own keys cannot approve, and no key stands for two people (§5). */
function readApprovers(reader: DocumentReader, servers: ReadonlySet<string>): Approver[] {
  const approvers: Approver[] = [];
  const seen = new Set(servers);
  while (reader.isNext("approver")) {
    const [person = "", groups = "", cls, type = "", base64 = "", ...more] =
      reader.words("approver");
    reader.must("id", person, "approver");
    const list = groups === "-" ? [] : groups.split(",");
    for (const group of list) reader.must("id", group, "approver");
    const known = approvalClasses.find((each) => each === cls);
    if (known === undefined) return reader.stop("`approver` names an unknown class");
    const key = readKey(reader, type, base64, more.length);
    const fault = classFault(known, key.type);
    if (fault !== null) reader.stop(fault);
    if (seen.has(base64)) reader.stop("this key stands twice");
    seen.add(base64);
    approvers.push({ person, groups: list, class: known, ...key });
  }
  return approvers;
}

function classFault(cls: ApprovalClass, type: KeyType): string | null {
  const isHardware = type.startsWith("sk-");
  if (cls === "ssh" && isHardware) return "class ssh is for file keys, not for security keys";
  if (cls !== "ssh" && !isHardware) return `class ${cls} needs a security key`;
  return null;
}

/** What of a depot's address may stand in a sources file that the host writes itself. */
const DEPOT_URL = /^https?:\/\/[A-Za-z0-9][A-Za-z0-9.:/_~+%-]{0,511}$/;

function readRest(reader: DocumentReader): Pick<HostPolicy, "revoked" | "depots" | "rings"> {
  const revoked: string[] = [];
  while (reader.isNext("revoked")) {
    const key = reader.rest("revoked");
    if (!/^[A-Za-z0-9+/]{16,800}={0,2}$/.test(key)) reader.stop("`revoked` holds no key");
    revoked.push(key);
  }
  const depots: { url: string; keyring: string }[] = [];
  do {
    const [url = "", word, keyring = "", ...more] = reader.words("depot");
    if (!DEPOT_URL.test(url) || word !== "keyring" || more.length > 0) {
      reader.stop("`depot` is not `URL keyring NAME`");
    }
    depots.push({ url, keyring: reader.must("name", keyring, "depot") });
  } while (reader.isNext("depot"));
  const rings: RingRule[] = [];
  while (reader.isNext("ring")) {
    const rule = readRing(reader);
    if (rings.some((other) => other.ring === rule.ring && other.class === rule.class)) {
      reader.stop("this ring and class stand twice");
    }
    rings.push(rule);
  }
  return { revoked, depots, rings };
}

/** Walks the words of a ring line: fixed keywords in fixed order, each with one value. */
function readRing(reader: DocumentReader): RingRule {
  const words = [...reader.words("ring")];
  const value = (keyword: string): string =>
    words.shift() === keyword ? (words.shift() ?? "") : reader.stop(`\`${keyword}\` is missing`);
  const number = (text: string): number => Number(reader.must("number", text, "ring"));
  const ring = reader.must("id", words.shift() ?? "", "ring");
  const cls = reader.must("id", words.shift() ?? "", "ring");
  const need = number(value("need"));
  const outside = number(value("outside"));
  const groups: { group: string; need: number }[] = [];
  while (words[0] === "group") {
    const [group = "", count = "", ...more] = value("group").split(":");
    if (more.length > 0) reader.stop("`group` is not NAME:N");
    groups.push({ group: reader.must("id", group, "group"), need: number(count) });
  }
  const rule = {
    ring,
    class: cls,
    need,
    outside,
    groups,
    validity: number(value("validity")),
    permit: ringPermit(reader, value("permit")),
    revert: ringRevert(reader, value("revert")),
    sod: pick(reader, ["signed", "plain"] as const, value("sod")),
    log: ringLog(reader, value("log")),
    verbs: ringVerbs(reader, value("verbs")),
    gate: words[0] === "gate" ? number(value("gate")) : 0,
    isBound: words[0] === "bound" && words.shift() === "bound",
  };
  if (words.length > 0) reader.stop("the ring line goes on where it must end");
  const fault = ringFault(rule);
  return fault === null ? rule : reader.stop(fault);
}

function ringFault(rule: RingRule): string | null {
  if (rule.need < 1 || rule.need > APPROVALS_MAX) return `need is not 1 to ${APPROVALS_MAX}`;
  if (rule.outside > rule.need) return "outside is more than need";
  if (isProtected(rule) && rule.outside < 1) return "a protected ring needs outside 1 or more";
  if (rule.groups.some(({ need }) => need < 1 || need > rule.need)) {
    return "a group's number is not 1 to need";
  }
  return rule.validity < 1 ? "validity is zero" : null;
}

function ringPermit(reader: DocumentReader, text: string): Permit {
  if (text === "online" || text === "offline") return { kind: text };
  const seconds = Number(/^lease:([1-9][0-9]{0,3})$/.exec(text)?.[1] ?? 0);
  if (seconds < 1 || seconds > LEASE_SECONDS_MAX) reader.stop("`permit` is of no known kind");
  return { kind: "lease", seconds };
}

function ringRevert(reader: DocumentReader, text: string): Revert {
  if (text === "self") return { kind: text };
  if (!text.startsWith("order:")) reader.stop("`revert` is of no known kind");
  return { kind: "order", seconds: Number(reader.must("number", text.slice(6), "revert")) };
}

function ringLog(reader: DocumentReader, text: string): RingRule["log"] {
  if (text === "off" || text === "seen") return text;
  const count = Number(/^witness:([1-9][0-9]?)$/.exec(text)?.[1] ?? 0);
  return count > 0 ? `witness:${count}` : reader.stop("`log` is of no known kind");
}

function ringVerbs(reader: DocumentReader, text: string): string[] {
  const verbs = text.split(",");
  for (const verb of verbs) pick(reader, policyVerbs, verb);
  if (new Set(verbs).size !== verbs.length) reader.stop("a verb stands twice");
  return verbs;
}

function pick<const C extends readonly string[]>(reader: DocumentReader, of: C, text: string) {
  const found: C[number] | undefined = of.find((each) => each === text);
  return found ?? reader.stop(`not one of ${of.join(", ")}`);
}

/** §5: a statement can only be narrower than the ring line; online < lease < offline. */
export function isNarrower(
  plan: { readonly permit: Permit; readonly revert: Revert },
  rule: Pick<RingRule, "permit" | "revert">,
): boolean {
  const reach = (permit: Permit): number => {
    if (permit.kind === "lease") return permit.seconds;
    return permit.kind === "online" ? 0 : Number.POSITIVE_INFINITY;
  };
  const span = (revert: Revert): number => (revert.kind === "self" ? -1 : revert.seconds);
  return reach(plan.permit) <= reach(rule.permit) && span(plan.revert) <= span(rule.revert);
}
