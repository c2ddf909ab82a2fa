import { sha256 } from "../../src/base/digest.ts";
import type { RingRule } from "../../src/fleet/host-policy.ts";
import type { LogDraft } from "./log-scene.ts";
import { DESK, type Draft, type Keys, ringRule, type SignedBy } from "./scene.ts";

/** What a host checks beyond file keys: security keys, the request, gates, the ledger. */
type Change = (draft: Draft, keys: Keys) => void;
type Refused = readonly (readonly [name: string, code: string, change: Change])[];

const TOUCHED = 1;
const VERIFIED = 4;
const SYNCED = 8;
const origin = `https://${DESK}`;
const pageOrigin = "https://fettle.site.example";

function rule(draft: Draft, change: Partial<RingRule>): void {
  draft.policy = { ...draft.policy, rings: [{ ...ringRule, ...change }] };
}

/** The second approval is by this device; the first stays Alice's key file. */
function second(by: (keys: Keys) => SignedBy, change: Partial<RingRule> = {}): Change {
  return (draft, keys) => {
    rule(draft, change);
    draft.approvals[1] = by(keys);
  };
}

const erin = (keys: Keys, more: Partial<SignedBy> = {}): SignedBy => ({
  person: "erin",
  class: "sk",
  device: keys.devices.erin,
  ...more,
});
const heidi = (keys: Keys, more: Partial<SignedBy> = {}): SignedBy => ({
  person: "heidi",
  class: "sk",
  device: keys.devices.heidi,
  ...more,
});
const frank = (keys: Keys, more: Partial<SignedBy> = {}): SignedBy => ({
  ...{ person: "frank", class: "desk", device: keys.devices.frank, origin, ...more },
});
const grace = (keys: Keys, more: Partial<SignedBy> = {}): SignedBy => ({
  ...{ person: "grace", class: "page", device: keys.devices.grace, origin: pageOrigin, ...more },
});

const requested: Change = (draft) => {
  rule(draft, { sod: "signed" });
  draft.request = { person: "carol" };
};

function gated(...signers: Draft["gates"]): Change {
  return (draft) => {
    rule(draft, { gate: 2 });
    draft.gates = signers;
  };
}

function logged(change: Partial<LogDraft> = {}, rules: Partial<RingRule> = {}): Change {
  return (draft) => {
    rule(draft, { log: "seen", ...rules });
    draft.log = { size: 11, seen: 6, index: 8, ...change };
  };
}

function witnessed(count: number, change: (keys: Keys) => LogDraft["witnesses"]): Change {
  return (draft, keys) => {
    const witnesses = change(keys);
    logged(witnesses === undefined ? {} : { witnesses }, { log: `witness:${count}` })(draft, keys);
  };
}

const firstTwo = (keys: Keys) =>
  keys.witnesses.slice(0, 2).map((key, at) => ({ name: `w${at + 1}`, key }));

/** The host that judges is itself the witness of this place in its policy. */
function ownKeyIs(place: number): Change {
  return (draft) => {
    const own = draft.policy.witnesses[place];
    if (own !== undefined) draft.host = { ...draft.host, key: own.base64 };
  };
}

export const trustAccepted: readonly (readonly [string, Change])[] = [
  ["a security key that was touched", second((k) => erin(k, { flags: TOUCHED }))],
  ["an Ed25519 security key that was touched", second((k) => heidi(k, { flags: TOUCHED }))],
  ["a passkey at an approval desk", second((k) => frank(k))],
  ["a passkey of the server's page beside one from outside", second((k) => grace(k))],
  [
    "a passkey that may be copied, where no ring is bound",
    second((k) => frank(k, { flags: TOUCHED | VERIFIED | SYNCED })),
  ],
  ["a passkey of one device where the ring is bound", second((k) => frank(k), { isBound: true })],
  [
    "two security keys where two from outside are needed",
    (d, keys) => {
      rule(d, { outside: 2 });
      d.approvals = [erin(keys), frank(keys)];
    },
  ],
  ["a request that its requester signed", requested],
  [
    "a request where nobody asks for its signature",
    (d) => {
      d.request = { person: "carol", over: "other\n" };
    },
  ],
  ["a wave that two approvers opened", gated({ person: "alice" }, { person: "bob" })],
  [
    "a wave that three approvers opened",
    gated({ person: "alice" }, { person: "bob" }, { person: "dave" }),
  ],
  [
    "an ordered revert without gates",
    (d) => {
      rule(d, { gate: 2 });
      d.order = { kind: "revert" };
      d.state = (draft, plan) => {
        draft.host.seen = new Map([[plan, { state: "done", attempt: 1 }]]);
        draft.host.job = { kind: "dispatch", plan, index: 2, attempt: 1, isReported: true };
      };
    },
  ],
  ["the first head of the ledger", logged({ seen: 0 })],
  ["a ledger that grew", logged()],
  ["a ledger that grew from one entry", logged({ seen: 1 })],
  ["a ledger that grew from a whole tree", logged({ seen: 8 })],
  ["a ledger that grew from an odd size", logged({ seen: 7 })],
  ["the same head again", logged({ seen: 11 })],
  ["a ledger of one entry", logged({ size: 1, seen: 0, index: 0 })],
  ["the last entry of a ledger", logged({ index: 10 })],
  ["the first entry of a ledger", logged({ index: 0, seen: 10 })],
  ["a ledger of 300 entries", logged({ size: 300, seen: 130, index: 217 })],
  [
    "a plan whose approval was shown before",
    (d) => {
      rule(d, { log: "seen" });
      d.state = (draft, plan) => {
        draft.host.head = { size: 99, root: sha256("head"), plan };
      };
    },
  ],
  ["a head that two witnesses saw", witnessed(2, firstTwo)],
  [
    "a head that a witness of no name here saw too",
    witnessed(2, (k) => [...firstTwo(k), { name: "w9", key: k.stranger }]),
  ],
  [
    "a head that the host itself and two others saw",
    (d, keys) => {
      witnessed(2, (k) => k.witnesses.map((key, at) => ({ name: `w${at + 1}`, key })))(d, keys);
      ownKeyIs(2)(d, keys);
    },
  ],
];

export const devices: Refused = [
  ["U12 a security key that nobody touched", "E_SIG", second((k) => erin(k, { flags: 0 }))],
  [
    "U12 an Ed25519 security key that nobody touched",
    "E_SIG",
    second((k) => heidi(k, { flags: 0 })),
  ],
  [
    "U12 a security key that knew its user but was not touched",
    "E_SIG",
    second((k) => erin(k, { flags: VERIFIED })),
  ],
  [
    "U12 a desk passkey that did not verify its user",
    "E_SIG",
    second((k) => frank(k, { flags: TOUCHED })),
  ],
  ["U12 a desk passkey that nobody touched", "E_SIG", second((k) => frank(k, { flags: VERIFIED }))],
  [
    "U12 a page passkey that did not verify its user",
    "E_SIG",
    second((k) => grace(k, { flags: TOUCHED })),
  ],
  [
    "U12 a passkey that may be copied where the ring is bound",
    "E_SIG",
    second((k) => frank(k, { flags: TOUCHED | VERIFIED | SYNCED }), { isBound: true }),
  ],
  [
    "U12 a security key that may be copied where the ring is bound",
    "E_SIG",
    second((k) => erin(k, { flags: TOUCHED | SYNCED }), { isBound: true }),
  ],
  ["U12 a passkey of another site", "E_SIG", second((k) => frank(k, { device: k.devices.grace }))],
  [
    "U12 a security key of another person",
    "E_SIG",
    second((k) => erin(k, { device: k.devices.heidi })),
  ],
  [
    "U12 a security key under a weaker class than it is pinned to",
    "E_KEY",
    second((k) => frank(k, { class: "sk" })),
  ],
  [
    "U12 a page passkey that calls itself a desk's",
    "E_KEY",
    second((k) => grace(k, { class: "desk" })),
  ],
  [
    "U12 a security key that calls itself a file",
    "E_KEY",
    second((k) => erin(k, { class: "ssh" })),
  ],
  [
    "U12 only passkeys of the server's own page",
    "E_THRESHOLD",
    (d, keys) => {
      rule(d, { need: 1 });
      d.approvals = [grace(keys)];
    },
  ],
  [
    "U12 a page passkey where two from outside are needed",
    "E_THRESHOLD",
    second((k) => grace(k), { outside: 2 }),
  ],
  [
    "U3 a passkey's approval of another text",
    "E_SIG",
    second((k) => frank(k, { over: "other\n" })),
  ],
  ["U3 a passkey's login", "E_SIG", second((k) => frank(k, { namespace: "fettle-login-v1" }))],
  [
    "U3 a passkey's request as approval",
    "E_SIG",
    second((k) => frank(k, { namespace: "fettle-request-v1" })),
  ],
  [
    "U3 a passkey whose browser was told to register",
    "E_SIG",
    second((k) =>
      frank(k, { editClientData: (t) => t.replace("webauthn.get", "webauthn.create") }),
    ),
  ],
  [
    "U3 a passkey whose challenge was changed",
    "E_SIG",
    second((k) => frank(k, { editClientData: (t) => t.replace(/("challenge":")./, "$1V") })),
  ],
  [
    "U3 a passkey whose client data begins with its origin",
    "E_SIG",
    second((k) =>
      frank(k, {
        editClientData: (t) => t.replace(/^\{("type":.*),("origin":"[^"]*")/, "{$2,$1"),
      }),
    ),
  ],
  [
    "U3 a passkey whose origin holds a quotation mark",
    "E_SIG",
    second((k) => frank(k, { origin: `${origin}","x":"` })),
  ],
];

export const requests: Refused = [
  ["U2 no signed request where one is demanded", "E_SOD", (d) => rule(d, { sod: "signed" })],
  [
    "U2 a request that somebody else signed in their own name",
    "E_SOD",
    (d, keys) => {
      requested(d, keys);
      d.request = { person: "dave" };
    },
  ],
  [
    "U2 a request that somebody else signed in the requester's name",
    "E_SIG",
    (d, keys) => {
      requested(d, keys);
      d.request = { person: "carol", by: "mallory" };
    },
  ],
  [
    "U2 an approval in place of the request",
    "E_SIG",
    (d, keys) => {
      requested(d, keys);
      d.request = { person: "carol", namespace: "fettle-approve-v1" };
    },
  ],
  [
    "U2 a request for another plan",
    "E_SIG",
    (d, keys) => {
      requested(d, keys);
      d.request = { person: "carol", over: "other\n" };
    },
  ],
  [
    "U2 a requester without a key",
    "E_KEY",
    (d, keys) => {
      requested(d, keys);
      d.statement = { requester: "mallory" };
      d.request = { person: "mallory" };
    },
  ],
  [
    "U12 a request by a revoked key",
    "E_KEY",
    (d, keys) => {
      requested(d, keys);
      d.policy = { ...d.policy, revoked: [keys.line("carol").base64] };
    },
  ],
  [
    "U2 a signed request that its requester approves too",
    "E_SOD",
    (d, keys) => {
      requested(d, keys);
      d.approvals.push({ person: "carol" });
    },
  ],
  [
    "U12 a request by a security key that nobody touched",
    "E_SIG",
    (d, keys) => {
      rule(d, { sod: "signed" });
      d.statement = { requester: "erin" };
      d.request = erin(keys, { flags: 0 });
    },
  ],
  [
    "two requests",
    "E_FORMAT",
    (d, keys) => {
      requested(d, keys);
      d.editBundle = (text) => text.replace(/(@request )carol( ssh\n[^@]*)/, "$1carol$2$1dave$2");
    },
  ],
];

export const gates: Refused = [
  ["no gate signature where two are demanded", "E_GATE", gated()],
  ["one gate signature where two are demanded", "E_GATE", gated({ person: "alice" })],
  [
    "a gate of another wave",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", says: { wave: 1 } }),
  ],
  [
    "a gate of another plan",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", says: { plan: sha256("x") } }),
  ],
  [
    "a gate of another tenant",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", says: { tenant: "evil" } }),
  ],
  [
    "a gate in another's name",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", by: "mallory" }),
  ],
  ["a gate by nobody known", "E_GATE", gated({ person: "alice" }, { person: "mallory" })],
  ["a gate by the requester", "E_GATE", gated({ person: "alice" }, { person: "carol" })],
  [
    "an approval in place of a gate",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", namespace: "fettle-approve-v1" }),
  ],
  [
    "a gate whose text was changed",
    "E_GATE",
    gated({ person: "alice" }, { person: "bob", over: "other\n" }),
  ],
  [
    "a gate by a security key that nobody touched",
    "E_GATE",
    (d, keys) => gated({ person: "alice" }, erin(keys, { flags: 0 }))(d, keys),
  ],
  ["the same gate twice", "E_FORMAT", gated({ person: "alice" }, { person: "alice" })],
  [
    "a gate without its signature",
    "E_FORMAT",
    (d, keys) => {
      gated({ person: "alice" }, { person: "bob" })(d, keys);
      d.editBundle = (text) => text.replace(/@gatesig bob ssh\n[^@]*/, "");
    },
  ],
  [
    "a gate's signature without its gate",
    "E_FORMAT",
    (d, keys) => {
      gated({ person: "alice" }, { person: "bob" })(d, keys);
      d.editBundle = (text) => text.replace(/@gate bob ssh\n[^@]*/, "");
    },
  ],
  [
    "a gate with a field too many",
    "E_FORMAT",
    (d, keys) => {
      gated({ person: "alice" }, { person: "bob" })(d, keys);
      d.editBundle = (text) =>
        text.replace(/(@gate bob ssh\n(?:[^@]*\n)?)end\n/, "$1hurry yes\nend\n");
    },
  ],
];

/** Lets the claimed hashes be anything: each is made and compared. */
function claim(change: (proof: Parameters<NonNullable<LogDraft["proof"]>>[0]) => object): Change {
  return logged({ proof: (proof) => ({ ...proof, ...change(proof) }) });
}

const other = sha256("other");

export const ledger: Refused = [
  ["U19 no proof where one is demanded", "E_LOG", (d) => rule(d, { log: "seen" })],
  ["U19 a head by a stranger", "E_LOG", (d, keys) => logged({ headBy: keys.stranger })(d, keys)],
  [
    "U19 a head by the dispatcher",
    "E_LOG",
    (d, keys) => logged({ headBy: keys.dispatcher })(d, keys),
  ],
  ["U19 a head signed as a witness does", "E_LOG", logged({ headNamespace: "fettle-cosign-v1" })],
  [
    "U19 a policy without a log key",
    "E_KEY",
    (d, keys) => {
      logged()(d, keys);
      d.policy = { ...d.policy, logs: [] };
    },
  ],
  [
    "U19 a revoked log key",
    "E_KEY",
    (d, keys) => {
      logged()(d, keys);
      d.policy = { ...d.policy, revoked: d.policy.logs.map((key) => key.base64) };
    },
  ],
  [
    "U19 a head smaller than one seen before",
    "E_LOG",
    logged({ size: 9, seen: 9, head: (h) => ({ ...h, size: 8 }) }),
  ],
  [
    "U19 the same size with another root",
    "E_LOG",
    logged({ seen: 11, head: (h) => ({ ...h, root: other }) }),
  ],
  ["U19 a proof from another head", "E_LOG", claim(() => ({ from: 5 }))],
  [
    "U19 a proof from nothing though a head was seen",
    "E_LOG",
    claim(() => ({ from: 0, growth: null })),
  ],
  ["U19 a proof without its growth", "E_LOG", claim(() => ({ growth: null }))],
  [
    "U19 a growth though nothing grew",
    "E_LOG",
    logged({ seen: 11, proof: (p) => ({ ...p, growth: { start: other, steps: [] } }) }),
  ],
  [
    "U19 a growth before the first head",
    "E_LOG",
    logged({ seen: 0, proof: (p) => ({ ...p, growth: { start: other, steps: [] } }) }),
  ],
  [
    "U19 a growth from another beginning",
    "E_LOG",
    claim((p) => ({ growth: { start: other, steps: p.growth?.steps ?? [] } })),
  ],
  [
    "U19 a growth that is too short",
    "E_LOG",
    claim((p) => ({
      growth: { start: p.growth?.start ?? "", steps: p.growth?.steps.slice(0, -1) ?? [] },
    })),
  ],
  [
    "U19 a growth that is too long",
    "E_LOG",
    claim((p) => ({
      growth: {
        start: p.growth?.start ?? "",
        steps: [...(p.growth?.steps ?? []), { sibling: other, old: null, both: other }],
      },
    })),
  ],
  [
    "U19 a growth whose old hashes are left out",
    "E_LOG",
    claim((p) => ({
      growth: {
        start: p.growth?.start ?? "",
        steps: (p.growth?.steps ?? []).map((g) => ({ ...g, old: null })),
      },
    })),
  ],
  [
    "U19 a growth with an old hash too many",
    "E_LOG",
    claim((p) => ({
      growth: {
        start: p.growth?.start ?? "",
        steps: (p.growth?.steps ?? []).map((g) => ({ ...g, old: g.old ?? other })),
      },
    })),
  ],
  [
    "U19 a growth whose claimed old hash is wrong",
    "E_LOG",
    claim((p) => ({
      growth: {
        start: p.growth?.start ?? "",
        steps: (p.growth?.steps ?? []).map((g, at) => (at === 0 ? { ...g, both: other } : g)),
      },
    })),
  ],
  [
    "U19 another log of the same key",
    "E_LOG",
    (d, keys) => {
      logged()(d, keys);
      d.state = (draft) => {
        draft.host.head = { size: 6, root: other, plan: null };
      };
    },
  ],
  [
    "U19 an entry that approves another plan",
    "E_LOG",
    logged({ begins: () => `{"_approved":"${other} ${other}"` }),
  ],
  [
    "U19 an entry that names the plan elsewhere",
    "E_LOG",
    logged({ begins: (plan) => `{"x":1,"_approved":"${plan} ${other}"` }),
  ],
  [
    "U19 an entry that was given but not complete",
    "E_LOG",
    logged({ begins: (plan) => `{"plan":"${plan}"` }),
  ],
  ["U19 a leaf that is not the entry's", "E_LOG", claim(() => ({ leaf: other }))],
  ["U19 an entry changed after it was logged", "E_LOG", claim((p) => ({ entry: `${p.entry} ` }))],
  [
    "U19 a sibling that was changed",
    "E_LOG",
    claim((p) => ({ nodes: p.nodes.map((n, at) => (at === 0 ? { ...n, sibling: other } : n)) })),
  ],
  [
    "U19 a claimed hash that nothing gives",
    "E_LOG",
    claim((p) => ({ nodes: p.nodes.map((n, at) => (at === 0 ? { ...n, both: other } : n)) })),
  ],
  ["U19 another index", "E_LOG", claim(() => ({ index: 9 }))],
  ["U19 an index beyond the head", "E_LOG", claim(() => ({ index: 11 }))],
  ["U19 a way that is too short", "E_LOG", claim((p) => ({ nodes: p.nodes.slice(0, -1) }))],
  [
    "U19 a way that is too long",
    "E_LOG",
    claim((p) => ({ nodes: [...p.nodes, { sibling: other, both: other }] })),
  ],
  ["U19 no way at all", "E_LOG", claim(() => ({ nodes: [] }))],
  [
    "U19 a root that is claimed in the last step only",
    "E_LOG",
    logged({ head: (h) => ({ ...h, root: other }) }),
  ],
  [
    "U19 an order that refers to another head",
    "E_LOG",
    (d, keys) => {
      logged()(d, keys);
      d.order = { log: { size: 11, root: other } };
    },
  ],
  [
    "U19 a plan shown before, but not this one",
    "E_LOG",
    (d) => {
      rule(d, { log: "seen" });
      d.state = (draft) => {
        draft.host.head = { size: 99, root: other, plan: other };
      };
    },
  ],
  ["U19 no witness where two are demanded", "E_LOG", witnessed(2, () => [])],
  ["U19 one witness where two are demanded", "E_LOG", witnessed(2, (k) => firstTwo(k).slice(0, 1))],
  [
    "U19 a witness that the policy does not name",
    "E_LOG",
    witnessed(1, (k) => [{ name: "w9", key: k.stranger }]),
  ],
  [
    "U19 a witness in another's name",
    "E_LOG",
    witnessed(1, (k) => [{ name: "w1", key: k.stranger }]),
  ],
  [
    "U19 the host itself as one of two witnesses",
    "E_LOG",
    (d, keys) => {
      witnessed(2, firstTwo)(d, keys);
      ownKeyIs(0)(d, keys);
    },
  ],
  ["U19 the log's own key as witness", "E_LOG", witnessed(1, (k) => [{ name: "w1", key: k.log }])],
  [
    "U19 one witness under two names",
    "E_LOG",
    witnessed(2, (k) => firstTwo(k).map((w) => ({ ...w, key: k.witnesses[0] ?? w.key }))),
  ],
  [
    "U19 a witness that signed as a log does",
    "E_LOG",
    witnessed(1, (k) => firstTwo(k).map((w) => ({ ...w, namespace: "fettle-head-v1" as const }))),
  ],
  [
    "U12 a revoked witness",
    "E_LOG",
    (d, keys) => {
      witnessed(2, firstTwo)(d, keys);
      d.policy = { ...d.policy, revoked: [d.policy.witnesses[0]?.base64 ?? ""] };
    },
  ],
  [
    "a proof without its head",
    "E_FORMAT",
    (d, keys) => {
      logged()(d, keys);
      d.editBundle = (text) => text.replace(/@head\n[^@]*/, "");
    },
  ],
  [
    "a head with a line too many",
    "E_FORMAT",
    (d, keys) => {
      logged()(d, keys);
      d.editBundle = (text) => text.replace("@headsig\n", "extension\n@headsig\n");
    },
  ],
  [
    "a log with an entry that is no base64",
    "E_FORMAT",
    logged({ editProof: (t) => t.replace(/^entry ..../m, "entry !!!!") }),
  ],
  [
    "a log without an entry",
    "E_FORMAT",
    logged({ editProof: (t) => t.replace(/^entry .*\n/m, "") }),
  ],
  [
    "a log whose fields are re-ordered",
    "E_FORMAT",
    logged({ editProof: (t) => t.replace(/^(index .*\n)((?:entry .*\n)+)/m, "$2$1") }),
  ],
  [
    "a log of another type",
    "E_FORMAT",
    logged({ editProof: (t) => t.replace("fettle log 1", "fettle plan 1") }),
  ],
  [
    "a witness without a proof",
    "E_FORMAT",
    (d, keys) => {
      logged()(d, keys);
      d.editBundle = (text) => text.replace(/@log\n[\s\S]*@headsig\n([^@]*)/, "@cosign w1\n$1");
    },
  ],
];
