import { describe, expect, test } from "vitest";
import { type MachineKey, makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { parseHostPolicy } from "./host-policy.ts";
import { judgeLink, judgeTexts, type RootSignature, sidesOf } from "./policy-link.ts";
import { policyToldBy } from "./policy-told.ts";

const keyOf = (): MachineKey => openMachineKey(makeMachineKey().privateKeyPem);
const [r1, r2, r3, other] = [keyOf(), keyOf(), keyOf(), keyOf()];
const machine = keyOf().publicKeyLine.split(" ").slice(0, 2).join(" ");
const log = keyOf().publicKeyLine.split(" ").slice(0, 2).join(" ");
const person = keyOf().publicKeyLine.split(" ").slice(0, 2).join(" ");

function policy(of: {
  readonly version: number;
  readonly need: number;
  readonly roots: Readonly<Record<string, MachineKey>>;
  readonly tenant?: string;
  readonly revoked?: MachineKey;
}): string {
  const lineOf = (key: MachineKey) => key.publicKeyLine.split(" ").slice(0, 2).join(" ");
  return [
    "fettle policy 1",
    `tenant ${of.tenant ?? "acme"}`,
    `version ${of.version}`,
    `roots ${of.need}`,
    ...Object.entries(of.roots).map(([name, key]) => `root ${name} ${lineOf(key)}`),
    `dispatcher d1 ${machine}`,
    `log l1 ${log}`,
    `approver alice sre ssh ${person}`,
    ...(of.revoked === undefined ? [] : [`revoked ${lineOf(of.revoked).split(" ")[1]}`]),
    "depot https://depot.example keyring debian",
    "ring prod normal need 1 outside 0 validity 604800 permit online revert self sod plain log off verbs upgrade",
    "end",
    "",
  ].join("\n");
}

const previous = policy({ version: 7, need: 2, roots: { r1, r2 } });
const next = policy({ version: 8, need: 2, roots: { r1, r3 } });

function by(
  name: string,
  key: MachineKey,
  side: "old" | "new",
  namespace: "fettle-policy-v1" | "fettle-approve-v1" = "fettle-policy-v1",
): RootSignature {
  return { name, side, signature: signDocument({ namespace, key, bytes: next }) };
}

const whole = [by("r1", r1, "old"), by("r2", r2, "old"), by("r1", r1, "new"), by("r3", r3, "new")];

describe("§10.3 one link of the chain of host policies", () => {
  test("the texts of this test are policies", () => {
    expect(parseHostPolicy(previous)).toMatchObject({ ok: true });
    expect(parseHostPolicy(next)).toMatchObject({ ok: true });
  });

  test("holds with as many old roots as the old policy demands and as many new ones as its own", () => {
    expect(judgeLink({ previous, next, signatures: whole })).toMatchObject({
      ok: true,
      next: { version: 8 },
    });
  });

  test("old roots alone, new roots alone, one root twice, a stranger and another purpose are refused", () => {
    const cases: readonly (readonly [readonly RootSignature[], RegExp])[] = [
      [whole.slice(0, 2), /0 of 2 roots of version 8/],
      [whole.slice(2), /0 of 2 roots of version 7/],
      [[whole[0]!, whole[0]!, ...whole.slice(2)], /twice/],
      [[whole[0]!, by("r2", other, "old"), ...whole.slice(2)], /did not sign/],
      [[whole[0]!, by("r9", other, "old"), ...whole.slice(2)], /not in version 7/],
      [[whole[0]!, by("r2", r2, "old", "fettle-approve-v1"), ...whole.slice(2)], /did not sign/],
      [[...whole.slice(0, 3), by("r2", r2, "new")], /not in version 8/],
    ];
    for (const [signatures, why] of cases) {
      expect(judgeLink({ previous, next, signatures })).toMatchObject({
        ok: false,
        why: expect.stringMatching(why),
      });
    }
  });

  test("a revoked root counts no more", () => {
    const without = policy({ version: 7, need: 2, roots: { r1, r2 }, revoked: r2 });
    expect(judgeLink({ previous: without, next, signatures: whole })).toMatchObject({
      ok: false,
      why: expect.stringMatching(/revoked/),
    });
  });

  test("another tenant, a version passed over, the same one and an older one are refused", () => {
    const roots = { r1, r3 };
    for (const text of [
      policy({ version: 8, need: 2, roots, tenant: "other" }),
      ...[9, 7, 6].map((version) => policy({ version, need: 2, roots })),
      policy({ version: 8, need: 3, roots }),
    ]) {
      expect(judgeTexts({ previous, next: text }).ok).toBe(false);
    }
  });

  test("one signature counts on each side whose policy names its key", () => {
    const { signature } = by("r1", r1, "old");
    expect(sidesOf({ previous, next }, "r1", signature).map(({ side }) => side)).toEqual([
      "old",
      "new",
    ]);
    const third = by("r3", r3, "new").signature;
    expect(sidesOf({ previous, next }, "r3", third).map(({ side }) => side)).toEqual(["new"]);
    expect(sidesOf({ previous, next }, "r2", third)).toEqual([]);
  });
});

describe("what a host says to a chain", () => {
  const asked = { version: 7, newest: 9 };
  const taken = (version: number) => ({ kind: "taken", what: `policy ${version}` }) as const;
  const refused = (code: string, why: string) =>
    ({ kind: "refused", what: "policy 9", code, why }) as const;

  test("is how far it came, and why not further", () => {
    expect(policyToldBy([taken(8), taken(9)], asked)).toMatchObject({
      ...{ version: 9, outcome: "taken" },
    });
    const bad = refused("E_POLICY", "1 of 2 roots of policy 8 signed 9");
    expect(policyToldBy([taken(8), bad], asked)).toMatchObject({
      ...{ version: 8, outcome: "refused", code: "E_POLICY" },
    });
    const busy = refused("E_BUSY", "a job runs");
    expect(policyToldBy([busy], asked)).toMatchObject({ version: 7, outcome: "waiting" });
    expect(policyToldBy([], asked)).toMatchObject({ version: 7, outcome: "waiting" });
  });

  test("where its own people brought it further, it is believed", () => {
    const at = (own: number) => refused("E_POLICY", `policy 8 does not follow ${own}`);
    expect(policyToldBy([at(9)], asked)).toMatchObject({ version: 9, outcome: "taken" });
    expect(policyToldBy([at(5)], asked)).toMatchObject({ version: 5, outcome: "waiting" });
  });
});
