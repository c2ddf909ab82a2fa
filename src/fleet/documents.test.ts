import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { makeMachineKey, openMachineKey, verifySshSignature } from "../base/sshsig.ts";
import { type Ask, parseAsk, writeAsk } from "./ask.ts";
import { type Bundle, parseBundle, writeBundle } from "./bundle.ts";
import { parseHostIdentity, writeHostIdentity } from "./host-identity.ts";
import { type HostPolicy, isNarrower, parseHostPolicy, writeHostPolicy } from "./host-policy.ts";
import { EMPTY_HEAD, type Order, parseOrder, signOrder, writeOrder } from "./order.ts";
import { parseResult, type Result, writeResult } from "./result.ts";

const made = makeMachineKey();
const key = openMachineKey(made.privateKeyPem);
const [, base64 = ""] = made.publicKeyLine.split(" ");
const other = makeMachineKey().publicKeyLine.split(" ")[1] ?? "";
const hex32 = "0123456789abcdef0123456789abcdef";
const about = {
  tenant: "acme",
  host: "h-1",
  plan: sha256("plan"),
  index: 2,
  attempt: 1,
};

const order: Order = {
  ...about,
  kind: "apply",
  epoch: 12,
  counter: 1_795_380_100_000,
  issued: 1_795_380_100,
  until: 1_795_380_400,
  ttl: 3,
  nonce: hex32,
  log: EMPTY_HEAD,
};

const ask: Ask = {
  ...about,
  kind: "apply",
  epoch: 12,
  nonce: hex32,
  state: "staged",
  boot: hex32,
  token: sha256("token"),
  policy: sha256("policy"),
  head: EMPTY_HEAD,
};

const result: Result = {
  ...about,
  kind: "apply",
  state: "rolled-back",
  code: "E_PLAN_DRIFT",
  way: "ssh",
  boot: hex32,
  started: 1,
  ended: 2,
  packages: sha256("packages"),
  journal: sha256("journal"),
  output: { digest: sha256("output"), bytes: 17 },
  policy: sha256("policy"),
  approvals: [
    { person: "alice", class: "ssh" },
    { person: "erin", class: "desk" },
  ],
  head: EMPTY_HEAD,
  counter: 5,
};

const policy: HostPolicy = {
  tenant: "acme",
  version: 7,
  rootsNeeded: 1,
  roots: [{ name: "r1", type: "ecdsa-sha2-nistp256", base64 }],
  dispatchers: [{ name: "d1", type: "ecdsa-sha2-nistp256", base64 }],
  logs: [],
  witnesses: [],
  approvers: [
    { person: "alice", groups: ["sre"], class: "ssh", type: "ecdsa-sha2-nistp256", base64: other },
  ],
  revoked: [base64],
  depots: [{ url: "https://depot.site.example/debian", keyring: "debian" }],
  rings: [
    {
      ring: "prod",
      class: "emergency",
      need: 2,
      outside: 1,
      groups: [{ group: "security", need: 1 }],
      validity: 14_400,
      permit: { kind: "lease", seconds: 900 },
      revert: { kind: "order", seconds: 86_400 },
      sod: "signed",
      log: "witness:2",
      verbs: ["upgrade", "downgrade", "restart", "probe"],
      gate: 2,
      isBound: true,
    },
  ],
};

describe("what is written is read back the same", () => {
  test("order, ask, result, identity, policy", () => {
    expect(parseOrder(writeOrder(order))).toEqual({ ok: true, value: order });
    expect(parseAsk(writeAsk(ask))).toEqual({ ok: true, value: ask });
    expect(parseResult(writeResult(result))).toEqual({ ok: true, value: result });
    const plain: Result = { ...result, approvals: [], code: "-", state: "done" };
    expect(parseResult(writeResult(plain))).toEqual({ ok: true, value: plain });
    const identity = { tenant: "acme", host: "h-1", ring: "prod", labels: ["env=prod"] };
    expect(parseHostIdentity(writeHostIdentity(identity))).toEqual({ ok: true, value: identity });
    expect(parseHostPolicy(writeHostPolicy(policy))).toEqual({ ok: true, value: policy });
  });

  test("a bundle", () => {
    const signature = signOrder(order, key).signature;
    const bundle: Bundle = {
      order: writeOrder(order),
      orderSignature: signature,
      plan: "fettle plan 1\nend\n",
      gates: [],
      log: null,
      request: { person: "carol", class: "ssh", signature },
      approvals: [{ person: "alice", class: "ssh", signature }],
      leaf: "fettle leaf 1\nend\n",
      nodes: ["fettle node 1\nend\n"],
      body: "fettle body 1\nend\n",
    };
    expect(parseBundle(writeBundle(bundle))).toEqual({ ok: true, value: bundle });
  });
});

test("each document has one encoding: what is accepted after an edit writes back to the same", () => {
  const texts: readonly (readonly [string, (text: string) => string | null])[] = [
    [writeOrder(order), rewrite(parseOrder, writeOrder)],
    [writeAsk(ask), rewrite(parseAsk, writeAsk)],
    [writeResult(result), rewrite(parseResult, writeResult)],
    [writeHostPolicy(policy), rewrite(parseHostPolicy, writeHostPolicy)],
  ];
  for (const [text, again] of texts) {
    const edit = fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 9, max: 130 }));
    fc.assert(
      fc.property(edit, ([at, code]) => {
        const edited = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const written = again(edited);
        return written === null || written === edited;
      }),
      { numRuns: 1500, seed: 4 },
    );
  }
});

function rewrite<T>(
  parse: (text: string) => { ok: true; value: T } | { ok: false },
  write: (value: T) => string,
) {
  return (text: string): string | null => {
    const parsed = parse(text);
    return parsed.ok ? write(parsed.value) : null;
  };
}

test("a signed order is its text and a signature of that text", () => {
  const signed = signOrder(order, key);
  const claim = { bytes: signed.text, armoured: signed.signature } as const;
  const publicKeyLine = made.publicKeyLine;
  expect(verifySshSignature({ ...claim, namespace: "fettle-order-v1", publicKeyLine }).ok).toBe(
    true,
  );
  expect(verifySshSignature({ ...claim, namespace: "fettle-gate-v1", publicKeyLine }).ok).toBe(
    false,
  );
});

test.each<[string, object, object, boolean]>([
  ["the same", {}, {}, true],
  ["online under a lease", {}, { permit: { kind: "lease", seconds: 1 } }, true],
  ["a lease under online", { permit: { kind: "lease", seconds: 1 } }, {}, false],
  [
    "offline under a lease",
    { permit: { kind: "offline" } },
    { permit: { kind: "lease", seconds: 3600 } },
    false,
  ],
  ["self under order", { revert: { kind: "self" } }, {}, true],
  ["order under self", {}, { revert: { kind: "self" } }, false],
  ["a longer revert", { revert: { kind: "order", seconds: 11 } }, {}, false],
])("narrower: %s", (_, plan, rule, is) => {
  const base = { permit: { kind: "online" }, revert: { kind: "order", seconds: 10 } } as const;
  expect(isNarrower({ ...base, ...plan }, { ...base, ...rule })).toBe(is);
});
