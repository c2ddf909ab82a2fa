import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { parseInspection } from "./inspection.ts";
import type { HostWay } from "./model.ts";
import { parseWaysIn, proveWaysIn } from "./ways-in.ts";
import { summariseWays } from "./ways-in-summary.ts";
import { judgeWays } from "./ways-in-words.ts";

const AT = 1_795_293_600_000;
const HOST = "h-3f9c2a7be01d4c55a1d0";
const made = makeMachineKey();
const key = openMachineKey(made.privateKeyPem);

function aReport(
  found: readonly string[],
  over: { tenant?: string; issued?: number } = {},
): string {
  return [
    "fettle ways 1",
    `tenant ${over.tenant ?? "acme"}`,
    `host ${HOST}`,
    "way ssh",
    `boot ${"a".repeat(32)}`,
    `issued ${over.issued ?? AT / 1000}`,
    `policy ${"b".repeat(64)}`,
    ...found.map((line) => `found ${line}`),
    "end",
    "",
  ].join("\n");
}

function prove(text: string, over: { signature?: string | null; isEnrolled?: boolean } = {}) {
  const signature =
    over.signature === undefined
      ? signDocument({ namespace: "fettle-ways-v1", key, bytes: text })
      : over.signature;
  const signingKey = over.isEnrolled === false ? null : key.publicKeyLine;
  const host = { protocolId: HOST, signingKey };
  return proveWaysIn({ text, signature }, { host, tenant: "acme", at: AT, tookMs: 1_000 }).proof;
}

const ssh = (user: string): HostWay => ({
  ...{ kind: "ssh", user, address: "a", port: 22, identityFile: null, hostKeys: [] },
  program: "piped",
});

describe("a host's report of who else may become root", () => {
  test("is whole or nothing", () => {
    expect(parseWaysIn(aReport(["none -"]))?.found).toEqual([]);
    expect(parseWaysIn(aReport(["sudo deploy all"]))?.found).toEqual([
      { kind: "sudo", what: "deploy all" },
    ]);
    for (const bad of [
      aReport([]),
      aReport(["none -", "sudo deploy all"]),
      aReport(["sudo deploy all"]).replace("end\n", ""),
      `${aReport(["none -"])}found sudo x\n`,
      aReport(["Sudo x"]),
      aReport([" x"]),
      aReport([`sudo ${"x".repeat(260)}`]),
      aReport(Array.from({ length: 63 }, (_, at) => `sudo u${at}`)),
      aReport(["none -"]).replace("way ssh\n", ""),
    ]) {
      expect(parseWaysIn(bad), bad).toBeNull();
    }
  });

  test("counts as the host's word only under its own key, for itself, now", () => {
    const text = aReport(["none -"]);
    expect(prove(text)).toBe("signed");
    expect(prove(text, { signature: null })).toBe("wrong");
    expect(prove(text, { isEnrolled: false })).toBe("unsigned");
    expect(prove(aReport(["none -"], { tenant: "other" }))).toBe("wrong");
    expect(prove(aReport(["none -"], { issued: AT / 1000 - 301 }))).toBe("wrong");
    expect(prove(aReport(["none -"], { issued: AT / 1000 + 302 }))).toBe("wrong");
    const other = openMachineKey(makeMachineKey().privateKeyPem);
    const forged = signDocument({ namespace: "fettle-ways-v1", key: other, bytes: text });
    expect(prove(text, { signature: forged })).toBe("wrong");
    const result = signDocument({ namespace: "fettle-result-v1", key, bytes: text });
    expect(prove(text, { signature: result })).toBe("wrong");
  });

  test("any change of one character is noticed", () => {
    const text = aReport(["sudo deploy all", "key-open SHA256:abc /root/.ssh/authorized_keys:2"]);
    const signature = signDocument({ namespace: "fettle-ways-v1", key, bytes: text });
    const change = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(..."abc019 \n:-"));
    fc.assert(
      fc.property(change, ([at, char]) => {
        const edited = `${text.slice(0, at)}${char}${text.slice(at + 1)}`;
        if (edited !== text) expect(prove(edited, { signature })).toBe("wrong");
      }),
      { numRuns: 300 },
    );
  });

  test("comes out of an inspection byte for byte, and half of one leaves it out", () => {
    const text = aReport(["sudo deploy all"]);
    const signature = signDocument({ namespace: "fettle-ways-v1", key, bytes: text });
    const host = [
      "os debian 12 bookworm",
      "arch amd64",
      "kernel 6.1.0-28-amd64",
      `boot ${"a".repeat(32)}`,
      "pkg bash\tamd64\t5.2-1\tbash\t5.2-1\tinstalled\tmanual",
    ];
    const lines = (word: string, of: string) =>
      of
        .trimEnd()
        .split("\n")
        .map((line) => `${word} ${line}`);
    const parsed = parseInspection([
      ...host,
      ...lines("ways", text),
      ...lines("ways-sig", signature),
    ]);
    if (parsed.kind !== "inspection") throw new Error(parsed.problem);
    expect(parsed.inspection.ways).toEqual({ text, signature });
    const none = parseInspection(host);
    expect(none.kind === "inspection" && none.inspection.ways).toBeNull();
  });
});

describe("what it means", () => {
  test("passwordless sudo is the server's own way in where it signs in by that account", () => {
    const found = [{ kind: "sudo", what: "deploy,ada all" }];
    expect(judgeWays(found, ssh("deploy"))[0]?.level).toBe("bad");
    expect(judgeWays(found, ssh("root"))[0]?.level).toBe("attention");
    expect(judgeWays([{ kind: "sudo", what: "ALL all" }], ssh("root"))[0]?.level).toBe("bad");
  });

  test("the worst stands first, and a kind without words is still told", () => {
    const found = ["unseen sshd", "tpm-thing x", "root-password sshd"].map((text) => {
      const [kind = "", what = ""] = text.split(" ");
      return { kind, what };
    });
    const judged = judgeWays(found, ssh("root"));
    expect(judged.map(({ kind, level }) => `${kind} ${level}`)).toEqual([
      "root-password bad",
      "tpm-thing attention",
      "unseen unknown",
    ]);
    expect(judgeWays([{ kind: "constructor", what: "x" }], ssh("root"))[0]?.level).toBe(
      "attention",
    );
  });

  test("over many hosts it is one row a kind, and silence never reads as none", () => {
    const host = (name: string, over: object) => ({
      ...{ name, way: ssh("root"), proof: "signed" as const, found: [] },
      ...over,
    });
    const rows = summariseWays([
      host("a", {
        found: [
          { kind: "agent", what: "puppet" },
          { kind: "agent", what: "rudder" },
        ],
      }),
      host("b", { found: [{ kind: "agent", what: "puppet" }] }),
      host("c", { proof: null }),
      host("d", { proof: "wrong", found: [{ kind: "agent", what: "puppet" }] }),
      host("e", { proof: "unsigned", found: [{ kind: "root-password", what: "sshd" }] }),
    ]);
    expect(rows.map(({ kind, level, hosts, named }) => [kind, level, hosts, named])).toEqual([
      ["wrong", "bad", 1, ["d"]],
      ["root-password", "bad", 1, ["e: sshd"]],
      ["agent", "attention", 2, ["a: puppet", "a: rudder", "b: puppet"]],
      ["unsigned", "attention", 1, ["e"]],
      ["never", "unknown", 1, ["c"]],
    ]);
  });
});
