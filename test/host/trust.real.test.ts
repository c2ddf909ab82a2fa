import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/base/digest.ts";
import { makeKeys, NOW, named } from "../corpus/scene.ts";
import {
  chain,
  frame,
  type Link,
  revocation,
  type TrustScene,
  trustScene,
} from "../corpus/trust-news.ts";
import { layHost, makeHostRoot, shells, stateDigest } from "./host-root.ts";
import { policyVersion, TRUST_ONLY, tell } from "./trust.ts";

// The files of a host must be root's own, so only root can lay a host.
const isRoot = process.getuid?.() === 0;
const isLong = process.env["FETTLE_TEST_LONG"] === "1";
const folder = mkdtempSync(join(tmpdir(), "fettle-trust-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const of: TrustScene = trustScene(makeKeys(join(folder, "keys")));
const plan = sha256("plan");

describe.runIf(isRoot).each(shells)("news about whom to believe, under $name", (shell) => {
  const root = makeHostRoot(join(folder, shell.name.replaceAll(" ", "-")), shell, TRUST_ONLY);
  const say = (text: string): readonly string[] => tell(root, shell, text, NOW);
  beforeEach(() => layHost(root, of.scene));

  test("U13 a chain of policies is followed step by step, and a root is exchanged on the way", () => {
    const exchanged: Link = {
      change: (policy) => ({
        ...policy,
        roots: [...policy.roots.slice(1), named("r4", of.roots[3]!)],
      }),
      new: [2, 4],
    };
    const policies = chain(of, [{}, exchanged, { old: [2, 4], new: [4, 3] }]);
    expect(say(frame({ policies }))).toEqual([
      "taken policy 8",
      "taken policy 9",
      "taken policy 10",
    ]);
    expect(readFileSync(join(root.etc, "policy"), "utf8")).toBe(policies[2]?.text);
    expect(readFileSync(join(root.var, "policyfloor"), "utf8")).toBe("10\n");
    expect(statSync(join(root.etc, "policy")).mode & 0o777).toBe(0o644);
  });

  test("a plan is revoked by one approver, a key by one root, and neither comes back", () => {
    const key = of.keys.line("bob").base64;
    const revocations = [
      revocation(of, { person: "alice" }),
      revocation(of, { root: 3 }, { what: "key", id: key }),
    ];
    expect(say(frame({ revocations }))).toEqual([
      `taken revoke plan ${plan}`,
      `taken revoke key ${key}`,
    ]);
    // Bob's word counts no more, whatever policy comes.
    const policies = chain(of, [{}]);
    expect(say(frame({ policies }))).toEqual(["taken policy 8"]);
    const byBob = revocation(of, { person: "bob" }, { id: sha256("x") });
    expect(say(frame({ revocations: [byBob] }))).toEqual(["refused revoke 1 E_KEY"]);
  });

  test("U12 a root that is revoked signs no policy, in the same frame neither", () => {
    const revocations = [
      revocation(of, { root: 1 }, { what: "key", id: of.policy.roots[1]!.base64 }),
    ];
    expect(say(frame({ revocations, policies: chain(of, [{}]) }))).toEqual([
      `taken revoke key ${of.policy.roots[1]!.base64}`,
      "refused policy 8 E_POLICY",
    ]);
    expect(policyVersion(root)).toBe("7");
  });

  test("U11 a policy older than the one that is here is refused, however many signed it", () => {
    const older: Link = { change: (policy) => ({ ...policy, version: 6 }) };
    expect(say(frame({ policies: chain(of, [older]) }))).toEqual(["refused policy 6 E_POLICY"]);
    expect(policyVersion(root)).toBe("7");
  });

  const sample = shell.name === "dash" ? Number.POSITIVE_INFINITY : 4;

  test.each(badLinks.slice(0, sample))(
    "U13 %s ends the chain at the last good one",
    (_name, link) => {
      const policies = chain(of, [{}, link, {}]);
      expect(say(frame({ policies }))).toEqual([
        "taken policy 8",
        expect.stringMatching(/^refused policy \d+ E_POLICY$/),
        expect.stringMatching(/^refused policy \d+ E_POLICY$/),
      ]);
      expect(readFileSync(join(root.etc, "policy"), "utf8")).toBe(policies[0]?.text);
    },
  );

  test.each(badRevocations.slice(0, sample))("U12 %s is refused with %s", (_name, code, make) => {
    const before = stateDigest(root, "trustlock");
    expect(say(frame({ revocations: [make()] }))).toEqual([`refused revoke 1 ${code}`]);
    expect(stateDigest(root, "trustlock")).toBe(before);
  });

  test.each(badFrames.slice(0, sample))("a frame %s is refused whole", (_name, edit) => {
    const good = frame({ revocations: [revocation(of, { root: 1 })], policies: chain(of, [{}]) });
    const before = stateDigest(root, "trustlock");
    expect(say(edit(good))).toEqual(["@refused E_FORMAT"]);
    expect(stateDigest(root, "trustlock")).toBe(before);
  });
});

describe.runIf(isRoot)("chains of many policies", () => {
  const shell = shells[0]!;
  const root = makeHostRoot(join(folder, "long"), shell, TRUST_ONLY);
  const places = isLong ? Array.from({ length: 20 }, (_, at) => at + 1) : [1, 6];

  test.each(places)(
    "U13 of a chain of 20 with one bad link at place %i the good ones are kept",
    (place) => {
      layHost(root, of.scene);
      const links = Array.from(
        { length: 20 },
        (_, at): Link => (at + 1 === place ? { new: [1] } : {}),
      );
      const said = tell(root, shell, frame({ policies: chain(of, links) }), NOW);
      expect(said.filter((line) => line.startsWith("taken"))).toHaveLength(place - 1);
      expect(policyVersion(root)).toBe(String(7 + place - 1));
    },
  );
});

const badLinks: readonly (readonly [string, Link])[] = [
  ["a policy that too few old roots signed", { old: [1] }],
  ["a policy that too few new roots signed", { new: [1] }],
  ["a policy that only old roots signed", { new: [] }],
  ["a policy that only new roots signed", { old: [] }],
  ["a policy that nobody signed", { old: [], new: [] }],
  ["a policy by strangers", { by: of.roots[4]! }],
  ["a policy signed as an approval", { namespace: "fettle-approve-v1" }],
  ["a policy changed after it was signed", { over: "fettle policy 1\n" }],
  ["a policy that skips a version", { change: (p) => ({ ...p, version: p.version + 1 }) }],
  ["a policy of another tenant", { change: (p) => ({ ...p, tenant: "evil" }) }],
  ["a policy with threshold 0", { edit: (t) => t.replace(/^roots 2$/m, "roots 0") }],
  ["a policy with fewer roots than it demands", { change: (p) => ({ ...p, rootsNeeded: 4 }) }],
  [
    "a policy with one root twice",
    { change: (p) => ({ ...p, roots: [p.roots[0]!, { ...p.roots[0]!, name: "r2" }] }) },
  ],
  ["a policy with an unknown demand", { edit: (t) => t.replace("sod plain", "sod maybe") }],
  [
    "a policy that revokes the root which signs it",
    { change: (p) => ({ ...p, revoked: [p.roots[0]!.base64] }) },
  ],
  [
    "a policy by a root that only the new one names",
    { change: (p) => ({ ...p, roots: [...p.roots, named("r4", of.roots[3]!)] }), old: [1, 4] },
  ],
];

const badRevocations: readonly (readonly [string, string, () => ReturnType<typeof revocation>])[] =
  [
    [
      "a revocation by a stranger in an approver's name",
      "E_SIG",
      () => revocation(of, { person: "mallory", as: "alice" }),
    ],
    ["a revocation by nobody known", "E_KEY", () => revocation(of, { person: "mallory" })],
    [
      "a key's revocation by an approver",
      "E_KEY",
      () => revocation(of, { person: "alice" }, { what: "key", id: of.keys.line("bob").base64 }),
    ],
    ["a revocation by a root of another policy", "E_KEY", () => revocation(of, { root: 4 })],
    [
      "a revocation by a stranger in a root's name",
      "E_SIG",
      () => revocation(of, { root: 5, as: "r1" }),
    ],
    [
      "a revocation signed as a policy",
      "E_SIG",
      () => revocation(of, { root: 1 }, { namespace: "fettle-policy-v1" }),
    ],
    [
      "a revocation of another tenant",
      "E_AUDIENCE",
      () => revocation(of, { root: 1 }, { tenant: "evil" }),
    ],
    [
      "a revocation from the future",
      "E_TIME",
      () => revocation(of, { root: 1 }, { issued: NOW + 301 }),
    ],
    [
      "a revocation whose text was changed",
      "E_SIG",
      () => ({
        ...revocation(of, { root: 1 }),
        text: revocation(of, { root: 1 }, { id: sha256("x") }).text,
      }),
    ],
  ];

const badFrames: readonly (readonly [string, (text: string) => string])[] = [
  ["that is cut short", (text) => text.slice(0, text.length / 2)],
  ["without its end", (text) => text.replace(/@end\n$/, "")],
  ["with a NUL", (text) => text.replace("tenant acme", "tenant ac\0me")],
  ["with an unknown section", (text) => text.replace("@policy 8", "@readme 1\nx\n@policy 8")],
  ["with a section twice", (text) => text.replace(/(@revoke 1\n[^@]*)/, "$1$1")],
  ["with a revocation that nobody signed", (text) => text.replace(/@revokesig[^@]*/, "")],
  ["with a signature of nothing", (text) => text.replace(/@policy 8\n[^@]*/, "")],
  ["with a person that is a path", (text) => text.replace("revokesig 1 r1", "revokesig 1 ../r1")],
  ["with a number that is a path", (text) => text.replace("@policy 8", "@policy ../8")],
  ["with a digest that is a path", (text) => text.replace(/^id .*$/m, "id ../../etc/passwd")],
  ["with a side that is neither", (text) => text.replace("r1 old", "r1 mid")],
];
