import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { gateRuleToText, stabilisationToText } from "./gate-words.ts";
import { parseRings } from "./rings.ts";
import { keptGates } from "./rings-gates.ts";

const shipped = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");

/** The shipped policy whose first ring has these gates. */
function withGates(gates: string, rest = ""): string {
  const canary = "onFailure: { rollback: host }\n";
  return `${shipped.replace(canary, `${canary}    gates:\n${gates}\n`)}\n${rest}`;
}

const gatesOf = (gates: string) => parseRings(withGates(gates)).rings[0]?.gates ?? [];

const prometheus = `      - prometheus: { source: main, query: 'up', threshold: '>= 1', for: 10m }`;

test("a gate is read with what nobody has to write", () => {
  expect(gatesOf(prometheus)).toEqual([
    {
      name: "prometheus",
      onFail: "hold",
      rule: {
        kind: "prometheus",
        source: "main",
        query: "up",
        threshold: { comparison: ">=", value: 1 },
        interval: 30 * SECOND_MS,
        for: 10 * MINUTE_MS,
        failAfter: 3,
      },
    },
  ]);
});

test("the policy of the documentation is a policy, and what is kept of it reads the same", () => {
  const text = readFileSync(new URL("../../docs/gates.md", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("    "));
  const example = lines.slice(0, lines.indexOf("    networks: [10.0.0.0/8]") + 1);
  const of = example.map((line) => line.slice(4));
  const [first, last] = [
    of.indexOf("    gates:") + 1,
    of.findIndex((line) => line.startsWith("#")),
  ];
  const policy = parseRings(withGates(of.slice(first, last).join("\n"), of.slice(last).join("\n")));
  const gates = policy.rings[0]?.gates ?? [];
  expect(gates.map((gate) => gate.name)).toEqual(["errors", "slower", "front", "seen"]);
  expect(keptGates.parse(JSON.parse(JSON.stringify(gates)))).toEqual(gates);
  expect(policy.stabilisation?.forMs).toBe(72 * HOUR_MS);
  expect(policy.reverts).toEqual({ inFlightMax: 5, hostsMax: 50 });
  expect(gates.map(gateRuleToText)[2]).toBe(
    "front: 95 % of runs of GET https://{host}/health for each host succeed; when it fails: the hosts that fail it are taken back",
  );
});

test("a failure after the last wave takes everything back, or asks", () => {
  const after = (revert: string) =>
    parseRings(
      `${shipped}\nstabilisation: { revert: ${revert}, gates: [{ check: { tcp: { host: a, port: 80 } } }] }`,
    ).stabilisation;
  expect(after("auto")?.gates[0]?.onFail).toBe("revert-all");
  expect(after("ask")?.gates[0]?.onFail).toBe("halt");
  const auto = after("auto");
  expect(auto === null || auto === undefined ? "" : stabilisationToText(auto)).toBe(
    "for 3 d after the last wave check must go on holding; a failure takes everything back at once",
  );
});

describe("a gate that cannot be read is refused with its reason", () => {
  const faults: [name: string, gates: string, says: RegExp][] = [
    ["of no kind", "      - { name: a }", /say one of prometheus/],
    [
      "of two kinds",
      "      - { sample: { hosts: 1 }, manual: { say: it is well } }",
      /say one of prometheus/,
    ],
    ["with a threshold in words", prometheus.replace(">= 1", "low"), /threshold such as "< 0.01"/],
    ["with a misspelt field", prometheus.replace("for:", "fro:"), /"fro" is not known/],
    ["twice of one name", `${prometheus}\n${prometheus}`, /two gates have the same name/],
    [
      "with two checks in one",
      "      - check: { tcp: { host: a, port: 1 }, dns: { name: a, expect: b } }",
      /say one of http, tcp, tls, dns/,
    ],
    [
      "that takes back hosts it does not know",
      `      - { onFail: revert-host, sample: { hosts: 3 } }`,
      /only a check of each host/,
    ],
    ["of a role that is none", "      - signOff: { role: boss }", /"viewer"\|"auditor"/],
    [
      "with a share without unit",
      "      - check: { tcp: { host: a, port: 1 }, success: 1 }",
      /percen/,
    ],
  ];
  test.each(faults)("%s", (_name, gates, says) => {
    expect(() => gatesOf(gates)).toThrow(says);
  });

  test("a network that is none", () => {
    expect(() => parseRings(`${shipped}\nnetworks: [10.0.0.0/33]`)).toThrow(/network such as/);
  });

  test("a time after the last wave that outlives the way back", () => {
    const gates = "gates: [{ check: { tcp: { host: a, port: 80 } } }]";
    expect(() => parseRings(`${shipped}\nstabilisation: { for: 4d, ${gates} }`)).toThrow(
      /taken back for a shorter time/,
    );
    expect(() => parseRings(`${shipped}\nstabilisation: { for: 3d, gates: [] }`)).toThrow(
      /at least one gate that measures/,
    );
  });
});
