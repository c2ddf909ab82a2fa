import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makeMachineKey } from "../base/sshsig.ts";
import { parseRings } from "../policy/rings.ts";
import { enrolmentFor } from "./enrolment.ts";
import { parseHostIdentity, writeHostIdentity } from "./host-identity.ts";
import { parseHostPolicy, writeHostPolicy } from "./host-policy.ts";

const text = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");

function facts(over: Partial<Parameters<typeof enrolmentFor>[0]> = {}) {
  const [type = "", base64 = ""] = makeMachineKey().publicKeyLine.split(" ");
  return {
    tenant: "acme",
    host: {
      name: "web-1",
      protocolId: "h-00000000000000000001",
      labels: { ring: "canary", env: "prod" },
    },
    rings: parseRings(text),
    version: 3,
    dispatcherKeyLine: makeMachineKey().publicKeyLine,
    rootKeyLine: makeMachineKey().publicKeyLine,
    depotUrl: "http://localhost:7700/depot",
    approvers: [{ handle: "alice", class: "ssh" as const, type, base64 }],
    ...over,
  };
}

describe("what a piped host is told to believe", () => {
  test("can be read by the reader that the host's own rules stand for", () => {
    const texts = enrolmentFor(facts());
    expect(parseHostIdentity(writeHostIdentity(texts.identity))).toEqual({
      ok: true,
      value: texts.identity,
    });
    expect(parseHostPolicy(writeHostPolicy(texts.policy))).toEqual({
      ok: true,
      value: texts.policy,
    });
  });

  test("is the line of its own ring, with what the policy demands, and nothing weaker", () => {
    const { identity, policy } = enrolmentFor(facts());
    expect(identity).toMatchObject({ ring: "canary", labels: ["env=prod", "ring=canary"] });
    expect(policy.version).toBe(3);
    expect(policy.rings).toMatchObject([
      {
        ring: "canary",
        class: "normal",
        need: 1,
        validity: 7 * 86_400,
        permit: { kind: "online" },
      },
      { ring: "canary", class: "emergency", need: 2, outside: 1, validity: 4 * 3_600 },
    ]);
  });

  test("is refused without a ring, without approvers, and for a ring that needs two people", () => {
    const host = { ...facts().host, labels: { ring: "none" } };
    expect(() => enrolmentFor(facts({ host }))).toThrow(
      /No ring .* Its rings select ring=canary or ring=/,
    );
    expect(() => enrolmentFor(facts({ approvers: [] }))).toThrow(/approver key/);
    const strict = parseRings(text.replace("normal: { need: 1", "normal: { need: 2"));
    expect(() => enrolmentFor(facts({ rings: strict }))).toThrow(/protected ring/);
  });
});
