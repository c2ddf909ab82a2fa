import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../src/base/digest.ts";
import type { KeyType } from "../../src/base/ssh-key.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { type BundleApproval, writeBundle, writeOfflineBundle } from "../../src/fleet/bundle.ts";
import type { Arrival, HostState } from "../../src/fleet/bundle-check.ts";
import { type GateText, writeGate } from "../../src/fleet/gate-text.ts";
import { type HostIdentity, writeHostIdentity } from "../../src/fleet/host-identity.ts";
import { type HostPolicy, type RingRule, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { EMPTY_HEAD, type Order, writeOrder } from "../../src/fleet/order.ts";
import type { ApprovalClass } from "../../src/fleet/result.ts";
import { type BodyText, writeBody } from "../../src/plan/body.ts";
import { type Leaf, writeLeaf } from "../../src/plan/leaf.ts";
import { type Statement, writeStatement } from "../../src/plan/statement.ts";
import { buildTree, nodeText, pathNodes, TREE_WIDTH } from "../../src/plan/tree.ts";
import { buildLog, type LogDraft } from "./log-scene.ts";
import { makeSecurityKey, type SecurityKey } from "./security-key.ts";

/**
 * Builds a host and a bundle that this host accepts, with real keys that ssh-keygen made. A case
 * changes one thing about the draft; everything else (digests, tree, signatures) is made again from
 * what the draft then says, so that only the one thing is wrong.
 */

export const NOW = 1_795_380_100;
export const HOST = "h-3f9c2a7be01d4c55a1d0";
const DAY = 86_400;

export const people = ["alice", "bob", "carol", "dave", "mallory", "root"] as const;
export type Person = (typeof people)[number];

export interface Keys {
  readonly folder: string;
  readonly line: (person: Person) => { type: KeyType; base64: string };
  readonly dispatcher: MachineKey;
  readonly stranger: MachineKey;
  readonly log: MachineKey;
  readonly witnesses: readonly MachineKey[];
  /** Erin's key on the command line, Frank's at an approval desk, Grace's for the server's page. */
  readonly devices: { readonly [person in "erin" | "frank" | "grace" | "heidi"]: SecurityKey };
}

export const DESK = "desk.site.example";
const PAGE = "fettle.site.example";

/**
 * Bob's key is ECDSA, the others Ed25519, so both kinds are met in every good bundle; with `p256` all are
 * of that one curve, the only one that hosts without ssh-keygen know.
 */
export function makeKeys(folder: string, curves: "mixed" | "p256" = "mixed"): Keys {
  mkdirSync(folder, { recursive: true });
  const lines = new Map<string, string>();
  for (const person of people) {
    const path = join(folder, person);
    const isP256 = curves === "p256" || person === "bob" || person === "root";
    const type = isP256 ? "ecdsa" : "ed25519";
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", person, "-f", path]);
    lines.set(person, readFileSync(`${path}.pub`, "utf8"));
  }
  const line = (person: Person) => {
    const [type, base64] = (lines.get(person) ?? "").split(" ");
    return { type: type as KeyType, base64: base64 ?? "" };
  };
  const machine = (): MachineKey => openMachineKey(makeMachineKey().privateKeyPem);
  return {
    folder,
    line,
    dispatcher: machine(),
    stranger: machine(),
    log: machine(),
    witnesses: [machine(), machine(), machine()],
    devices: {
      erin: makeSecurityKey("p256", "ssh:"),
      frank: makeSecurityKey("p256", DESK),
      grace: makeSecurityKey("p256", PAGE),
      heidi: makeSecurityKey(curves === "p256" ? "p256" : "ed25519", "ssh:"),
    },
  };
}

export function signAs(
  keys: Keys,
  of: { person: Person; namespace: string; text: string },
): string {
  const key = join(keys.folder, of.person);
  const name = JSON.stringify([key, of.namespace, of.text]);
  const known = signed.get(name);
  if (known !== undefined) return known;
  const args = ["-Y", "sign", "-n", of.namespace, "-f", key];
  const stdio = ["pipe", "pipe", "ignore"] as const;
  const made = execFileSync("ssh-keygen", args, { input: of.text, stdio: [...stdio] }).toString();
  signed.set(name, made);
  return made;
}

/** Most cases sign the same good plan: a signature over the same bytes need not be made again. */
const signed = new Map<string, string>();

type Edit = (text: string) => string;

export interface SignedBy {
  person: string;
  class?: ApprovalClass;
  by?: Person;
  namespace?: string;
  over?: string;
  /** Instead of a key file. */
  device?: SecurityKey;
  flags?: number;
  origin?: string;
  editClientData?: (text: string) => string;
}

export interface Draft {
  identity: HostIdentity;
  policy: HostPolicy;
  host: { -readonly [K in keyof HostState]: HostState[K] };
  way: Arrival["way"];
  verb: "apply" | "stage";
  now: number;
  body: BodyText;
  leaves: Omit<Leaf, "body">[];
  index: number;
  /** Gives the plan this many leaves by making up the digests beside the path. */
  manyLeaves: number | null;
  /** Laid over what follows from leaves and body. */
  statement: Partial<Statement>;
  order: Partial<Order>;
  orderBy: MachineKey;
  orderNamespace: "fettle-order-v1" | "fettle-ask-v1";
  /** Whether a bundle for the way `local` brings an order all the same. */
  isOrdered: boolean;
  approvals: SignedBy[];
  request: SignedBy | null;
  gates: (SignedBy & { says?: Partial<GateText> })[];
  /** Null: the bundle brings nothing of the ledger. */
  log: LogDraft | null;
  /** Changes of texts before anything is hashed or signed. */
  edit: { [name in "order" | "plan" | "leaf" | "body" | "identity" | "policy"]?: Edit };
  editNodes: (nodes: string[]) => string[];
  /** Changes of the finished bundle. */
  editBundle: Edit;
  /** Runs last, when the plan's digest is known. */
  state: (draft: Draft, plan: string) => void;
}

export const ringRule: RingRule = {
  ring: "prod",
  class: "normal",
  need: 2,
  outside: 1,
  groups: [],
  validity: 7 * DAY,
  permit: { kind: "online" },
  revert: { kind: "order", seconds: 3 * DAY },
  sod: "plain",
  log: "off",
  verbs: ["upgrade", "downgrade", "restart", "probe"],
  gate: 0,
  isBound: false,
};

export function goodDraft(keys: Keys): Draft {
  return {
    identity: { tenant: "acme", host: HOST, ring: "prod", labels: ["env=prod", "service=web"] },
    policy: {
      tenant: "acme",
      version: 7,
      rootsNeeded: 1,
      roots: [{ name: "r1", ...keys.line("root") }],
      dispatchers: [named("d1", keys.dispatcher)],
      logs: [named("l1", keys.log)],
      witnesses: keys.witnesses.map((key, at) => named(`w${at + 1}`, key)),
      approvers: [
        ...(["alice", "bob", "carol", "dave"] as const).map((person) => ({
          person,
          groups: person === "dave" ? ["sre", "security"] : ["sre"],
          class: "ssh" as const,
          ...keys.line(person),
        })),
        ...(["erin", "frank", "grace", "heidi"] as const).map((person) => {
          const { type, base64 } = keys.devices[person];
          return { person, groups: [], class: deviceClasses[person], type, base64 };
        }),
      ],
      revoked: [],
      depots: [{ url: "https://depot.site.example", keyring: "debian" }],
      rings: [ringRule, { ...ringRule, ring: "canary", log: "seen", sod: "signed" }],
    },
    host: {
      isHalted: false,
      identity: "",
      policy: "",
      policyFloor: 7,
      clock: { counter: NOW * 1000 - 5000, floor: NOW - 60 },
      seen: new Map(),
      revoked: new Set(),
      head: { ...EMPTY_HEAD, plan: null },
      job: null,
    },
    way: "ssh",
    verb: "apply",
    now: NOW,
    body: goodBody,
    leaves: [0, 1, 2].map((index) => ({
      index,
      wave: index === 2 ? 2 : 1,
      host: index === 2 ? HOST : `h-0000000000000000000${index + 1}`,
      windows: [],
    })),
    index: 2,
    manyLeaves: null,
    statement: {},
    order: {},
    orderBy: keys.dispatcher,
    orderNamespace: "fettle-order-v1",
    isOrdered: false,
    approvals: [{ person: "alice" }, { person: "bob" }],
    request: null,
    gates: [],
    log: null,
    edit: {},
    editNodes: (nodes) => nodes,
    editBundle: (text) => text,
    state: () => undefined,
  };
}

const deviceClasses = { erin: "sk", heidi: "sk", frank: "desk", grace: "page" } as const;

export function named(name: string, key: MachineKey): HostPolicy["logs"][number] {
  const [type = "", base64 = ""] = key.publicKeyLine.split(" ");
  return { name, type: type as KeyType, base64 };
}

const goodBody: BodyText = {
  transactions: [],
  steps: [
    {
      verb: "upgrade",
      name: "libssl3",
      arch: "amd64",
      from: "3.0.17-1~deb12u2",
      to: "3.0.18-1~deb12u1",
      sha256: sha256("a"),
    },
    { verb: "restart", unit: "nginx.service" },
    { verb: "probe", name: "web-health" },
  ],
  undo: [
    {
      at: 1,
      step: {
        verb: "downgrade",
        name: "libssl3",
        arch: "amd64",
        from: "3.0.18-1~deb12u1",
        to: "3.0.17-1~deb12u2",
        sha256: sha256("b"),
      },
    },
  ],
};

export interface Scene {
  readonly host: HostState;
  readonly arrival: Arrival;
  readonly plan: string;
  /** What an accepting host keeps of the ledger; null where nothing of it was demanded. */
  readonly headAfter: string | null;
}

/** Makes files and bundle from what the draft says. */
export function buildScene(keys: Keys, draft: Draft): Scene {
  const { edit } = draft;
  const same: Edit = (text) => text;
  const body = (edit.body ?? same)(writeBody(draft.body));
  const leafText = (leaf: Omit<Leaf, "body">): string => {
    const text = writeLeaf({ ...leaf, body: sha256(body) });
    return leaf.index === draft.index ? (edit.leaf ?? same)(text) : text;
  };
  const leaves = draft.leaves.map(leafText);
  const mine = leaves[draft.leaves.findIndex(({ index }) => index === draft.index)] ?? "";
  const { root, nodes } = pathOf(draft, leaves, mine);
  const statement = { ...goodStatement(draft, root), ...draft.statement };
  const plan = (edit.plan ?? same)(writeStatement(statement));
  const digest = sha256(plan);
  const log = draft.log === null ? null : buildLog(draft.log, digest, keys.log);
  if (log !== null) draft.host.head = { ...log.seen, plan: null };
  draft.state(draft, digest);
  const order = (edit.order ?? same)(
    writeOrder({
      ...goodOrder(draft, digest),
      ...(log === null ? {} : { log: log.head }),
      ...draft.order,
    }),
  );
  const write = draft.way === "local" && !draft.isOrdered ? writeOfflineBundle : writeBundle;
  const text = write({
    order,
    orderSignature: signDocument({
      namespace: draft.orderNamespace,
      key: draft.orderBy,
      bytes: order,
    }),
    plan,
    request:
      draft.request === null ? null : signedBy(keys, draft.request, { use: "request", plan }),
    approvals: draft.approvals.map((one) => signedBy(keys, one, { use: "approve", plan })),
    gates: draft.gates.map((one) => {
      const said = { tenant: "acme", plan: digest, wave: 2, evidence: sha256("seen"), issued: NOW };
      const text = writeGate({ ...said, ...one.says });
      return { ...signedBy(keys, one, { use: "gate", plan: text }), text };
    }),
    log: log?.log ?? null,
    leaf: mine,
    nodes: draft.editNodes(nodes),
    body,
  });
  return {
    host: {
      ...draft.host,
      identity: (edit.identity ?? same)(writeHostIdentity(draft.identity)),
      policy: (edit.policy ?? same)(writeHostPolicy(draft.policy)),
    },
    arrival: { text: draft.editBundle(text), way: draft.way, verb: draft.verb, now: draft.now },
    plan: digest,
    headAfter: log === null ? null : `${log.head.size} ${log.head.root} ${digest}`,
  };
}

function signedBy(
  keys: Keys,
  one: SignedBy,
  of: { readonly use: "approve" | "request" | "gate"; readonly plan: string },
): BundleApproval {
  const text = one.over ?? of.plan;
  const namespace = one.namespace ?? `fettle-${of.use}-v1`;
  const { flags, origin, editClientData } = one;
  const signature =
    one.device === undefined
      ? signAs(keys, { person: one.by ?? (one.person as Person), namespace, text })
      : one.device.sign({
          namespace,
          text,
          ...(flags === undefined ? {} : { flags }),
          ...(origin === undefined ? {} : { origin }),
          ...(editClientData === undefined ? {} : { editClientData }),
        });
  return { person: one.person, class: one.class ?? "ssh", signature };
}

function pathOf(
  draft: Draft,
  leaves: readonly string[],
  mine: string,
): { root: string; nodes: string[] } {
  if (draft.manyLeaves === null) {
    const tree = buildTree(leaves.map(sha256));
    return { root: tree.root, nodes: pathNodes(tree, draft.index) };
  }
  const nodes: string[] = [];
  let [root, at, count] = [sha256(mine), draft.index, draft.manyLeaves];
  while (count > 1) {
    const first = at - (at % TREE_WIDTH);
    const children = Array.from({ length: Math.min(TREE_WIDTH, count - first) }, (_, child) =>
      first + child === at ? root : sha256(`beside ${nodes.length} ${child}`),
    );
    nodes.push(nodeText(children));
    root = sha256(nodeText(children));
    [at, count] = [first / TREE_WIDTH, Math.ceil(count / TREE_WIDTH)];
  }
  return { root, nodes };
}

function goodStatement(draft: Draft, root: string): Statement {
  return {
    tenant: "acme",
    change: "chg-2041",
    title: "Upgrade libssl3 to 3.0.18-1~deb12u1",
    requester: "carol",
    class: "normal",
    issued: NOW - DAY,
    hostPolicy: 7,
    policy: sha256("a"),
    content: sha256("b"),
    hosts: { kind: "frozen", count: draft.manyLeaves ?? draft.leaves.length },
    attempts: 2,
    permit: { kind: "online" },
    revert: { kind: "order", seconds: 3 * DAY },
    bodies: 1,
    leaves: draft.manyLeaves ?? draft.leaves.length,
    root,
    waves: [
      { number: 1, ring: "canary", notBefore: NOW - DAY, notAfter: NOW - 100 },
      { number: 2, ring: "prod", notBefore: NOW - 100, notAfter: NOW + 5 * DAY },
    ],
    supersedes: [],
  };
}

function goodOrder(draft: Draft, plan: string): Order {
  return {
    kind: "dispatch",
    tenant: "acme",
    host: HOST,
    plan,
    index: draft.index,
    attempt: 1,
    epoch: 12,
    counter: NOW * 1000,
    issued: NOW,
    until: NOW + 300,
    ttl: 0,
    nonce: "-",
    log: EMPTY_HEAD,
  };
}
