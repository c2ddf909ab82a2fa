import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, instantToText, MINUTE_MS } from "../base/instant.ts";
import { findingsText } from "./doctor.ts";
import type { Facts, Health } from "./doctor-facts.ts";
import { doctorExit, judge } from "./doctor-judge.ts";

const NOW = Date.UTC(2026, 10, 21, 22);
const GB = 1024 ** 3;

const health: Health = {
  asOf: instantToText(NOW),
  program: "0.9.1",
  node: "v24.1.0",
  uptimeSeconds: 60,
  address: { host: "127.0.0.1", port: 7700, serverName: "localhost" },
  database: {
    version: "18.1",
    bytes: GB,
    isEmbedded: true,
    mayChangeLog: false,
    unsafe: [],
    now: instantToText(NOW),
    missing: [],
    unknown: [],
  },
  state: { folder: "/srv/fettle", freeBytes: 9 * GB, isLow: false, loose: [] },
  ledger: { size: 12, waiting: 0, readOnly: null },
  waitingSince: { ledger: null, scans: null, rollouts: null },
  hosts: { enrolled: 3, policyBehind: [] },
  sources: { pinned: 1, refused: [], unreached: [] },
};

const seen = {
  ...{
    name: "auditor",
    host: null,
    url: "https://w.example",
    operator: null,
    ring: null,
    policyLine: "witness auditor …",
  },
  ...{ addedAt: instantToText(NOW), seenSize: 9, signedSize: 9, signedAt: null },
  ...{ contradictsAt: instantToText(NOW), problem: null },
};
const none = { good: 0, attention: 0, bad: 0, unknown: 0 };
const facets = {
  reach: { ...none, good: 3 },
  fresh: { ...none, good: 3 },
  reboot: { ...none, good: 3 },
  risk: { ...none, good: 3 },
};

const fresh = { name: "kev", state: "fresh", why: "", failure: null };

const SHIPPED = readFileSync(join(import.meta.dirname, "../../policies/rings.yaml"), "utf8");
/** The shipped file, as somebody would have it who minds what it does at once. */
const CAREFUL = SHIPPED.replaceAll("soak: 1m", "soak: 30m").replace(
  "failedMax: 5%",
  "failedMax: 2%",
);

function rings(text: string, over: object = {}) {
  return {
    ...{ name: "rings.yaml", kind: "rings" as const, decides: "", origin: "own" as const },
    ...{ file: null, digest: "", since: null, applied: null, problem: null, text },
    ...over,
  };
}

function aDeployment(over: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    program: "0.9.1",
    machine: {
      node: "v24.1.0",
      ssh: "OpenSSH_9.2p1 Debian",
      sshKeygen: true,
      gpgv: true,
      config: null,
      state: { folder: "/srv/fettle", isThere: true, freeBytes: 9 * GB, loose: [] },
      unit: null,
    },
    url: "http://localhost:7700",
    server: { value: { clock: NOW, tookMs: 20 } },
    signedIn: { value: { handle: "alice" } },
    health: { value: health },
    feeds: { value: [fresh] as never },
    hosts: { value: { total: 3, facets } as never },
    ledger: { value: { isHeadGood: true, size: 12 } },
    agents: { value: { total: 2, items: [] } },
    policies: { value: { items: [rings(CAREFUL)] } },
    waysIn: { value: { hosts: 2, signed: 2, items: [] } },
    witnesses: { value: { need: 0, size: 12, cosigned: 0, lagSeconds: 0, items: [], rings: [] } },
    ...over,
  };
}

function wrong(over: Partial<Facts>): string[] {
  return judge(aDeployment(over))
    .filter((finding) => finding.state !== "good")
    .map(({ check, state, says }) => `${check} ${state}: ${says}`);
}

function ofHealth(over: Partial<Health>): Partial<Facts> {
  return { health: { value: { ...health, ...over } } };
}

const machine = aDeployment().machine;

describe("the doctor", () => {
  test("says which of two versions is the older one", () => {
    const advice = (program: string) =>
      judge(aDeployment({ program })).find(({ check }) => check === "program")?.advice ?? "";
    expect(wrong({ program: "0.10.0" })).toEqual([
      "program attention: the command line is 0.10.0 and the server 0.9.1",
    ]);
    expect(advice("0.10.0")).toMatch(/^Update the server,/);
    expect(advice("0.9.0")).toMatch(/^Update this command line,/);
    expect(advice("0.8.9")).toMatch(/^Update this command line,/);
  });

  test("finds nothing wrong with a deployment where nothing is", () => {
    const findings = judge(aDeployment());
    expect(findings.every((finding) => finding.state === "good")).toBe(true);
    expect(doctorExit(findings)).toBe(0);
    expect(findingsText(findings)).toContain("0 bad, 0 could not be looked at.");
  });

  const table: [says: string, over: Partial<Facts>][] = [
    ["node bad: v20.1.0 is older than 22.18", { machine: { ...machine, node: "v20.1.0" } }],
    [
      "agents bad: 1 of 9 in quarantine, as two machines use one id or a person said so: web-1",
      {
        agents: {
          value: { total: 9, items: [{ kind: "quarantined", count: 1, names: ["web-1"] }] },
        },
      },
    ],
    [
      "agents attention: 7 of 9 silent for so long that they are proposed for burial: a, b, …",
      { agents: { value: { total: 9, items: [{ kind: "silent", count: 7, names: ["a", "b"] }] } } },
    ],
    [
      "second ways in bad: 1 of 3 hosts: root may sign in with a password (web-1: sshd)",
      {
        waysIn: {
          value: {
            hosts: 3,
            signed: 3,
            items: [
              {
                ...{ kind: "root-password", level: "bad", hosts: 1, named: ["web-1: sshd"] },
                ...{ says: "root may sign in with a password", advice: "Set it." },
              },
            ],
          },
        },
      },
    ],
    [
      "rings policy attention: rings.yaml lets more go wrong at once than it should: canary soaks 1 min, not 30 min; 2 lets 5 % fail, not 2 %; it comes with Fettle, for a first look",
      { policies: { value: { items: [rings(SHIPPED, { origin: "shipped" })] } } },
    ],
    [
      "rings policy attention: rings.yaml lets more go wrong at once than it should: 2 has 101 hosts under way at once, not 100 or a tenth",
      {
        policies: {
          value: { items: [rings(CAREFUL.replace("inFlightMax: 20", "inFlightMax: 101"))] },
        },
      },
    ],
    ["node bad: v22.17.9 is older than 22.18", { machine: { ...machine, node: "v22.17.9" } }],
    [
      "ssh attention: OpenSSH_7.9p1; OpenSSH 8.2 or newer is needed",
      { machine: { ...machine, ssh: "OpenSSH_7.9p1" } },
    ],
    [
      "ssh bad: is not there; hosts cannot be reached over SSH",
      { machine: { ...machine, ssh: null } },
    ],
    [
      "ssh-keygen bad: is not there; approving needs it",
      { machine: { ...machine, sshKeygen: false } },
    ],
    [
      "gpgv attention: is not there; where the server runs, it verifies sources of packages by their pinned keys",
      { machine: { ...machine, gpgv: false } },
    ],
    ["configuration bad: no key prot", { machine: { ...machine, config: "no key prot" } }],
    ["systemd bad: the unit fettle is failed", { machine: { ...machine, unit: "failed" } }],
    [
      "state folder here bad: /s/ledger/log.key has mode 0644: others than its owner can reach it",
      {
        machine: {
          ...machine,
          state: {
            folder: "/s",
            isThere: true,
            freeBytes: 9 * GB,
            loose: [{ path: "ledger/log.key", mode: "0644" }],
          },
        },
      },
    ],
    [
      "database and log bad: it is older",
      ofHealth({ ledger: { ...health.ledger, readOnly: "it is older" } }),
    ],
    [
      "rights over the log attention: the server works as the owner of its tables, who could change the log",
      ofHealth({ database: { ...health.database, mayChangeLog: true } }),
    ],
    [
      "disk of the server attention: 1.0 GB free at /srv/fettle",
      ofHealth({ state: { ...health.state, freeBytes: GB } }),
    ],
    [
      "disk of the server bad: 10 MB free at /srv/fettle",
      ofHealth({ state: { ...health.state, freeBytes: 10 * 1024 ** 2 } }),
    ],
    [
      "clock attention: differs from this machine by 30 s",
      { server: { value: { clock: NOW + 30_000, tookMs: 5 } } },
    ],
    [
      "clock bad: differs from this machine by 2 d",
      { server: { value: { clock: NOW - 2 * DAY_MS, tookMs: 5 } } },
    ],
    [
      "server attention: http://localhost:7700 took 4 s to answer",
      { server: { value: { clock: NOW, tookMs: 4_000 } } },
    ],
    [
      "database bad: embedded PostgreSQL 14.2, 1.0 GB",
      ofHealth({ database: { ...health.database, version: "14.2" } }),
    ],
    [
      "durability bad: the database runs with fsync off, full_page_writes off",
      ofHealth({ database: { ...health.database, unsafe: ["fsync", "full_page_writes"] } }),
    ],
    [
      "listening attention: on 0.0.0.0, where others reach it without TLS",
      ofHealth({ address: { ...health.address, host: "0.0.0.0" } }),
    ],
    [
      "sources bad: 1 source failed the check by the pinned key: https://deb.example stable",
      ofHealth({ sources: { pinned: 2, refused: ["https://deb.example stable"], unreached: [] } }),
    ],
    [
      "sources attention: 2 sources could not be checked: a b, c d",
      ofHealth({ sources: { pinned: 2, refused: [], unreached: ["a b", "c d"] } }),
    ],
    [
      "schema bad: the database lacks 0009-x",
      ofHealth({ database: { ...health.database, missing: ["0009-x"] } }),
    ],
    [
      "database clock bad: differs from the server by 1 h",
      ofHealth({ database: { ...health.database, now: instantToText(NOW + HOUR_MS) } }),
    ],
    [
      "background work bad: work for the ledger waits for 5 min and nobody takes it",
      ofHealth({
        waitingSince: { ...health.waitingSince, ledger: instantToText(NOW - 5 * MINUTE_MS) },
      }),
    ],
    [
      "name attention: the server knows itself as localhost, and you reach it as fettle.example",
      { url: "https://fettle.example" },
    ],
    [
      "host policies attention: 2 hosts with an older policy than that of the ring: a, b",
      ofHealth({ hosts: { enrolled: 3, policyBehind: ["a", "b"] } }),
    ],
    [
      "feed kev attention: stale: older than 3 d; 404",
      {
        feeds: {
          value: [{ ...fresh, state: "stale", why: "older than 3 d", failure: "404" }] as never,
        },
      },
    ],
    [
      "hosts attention: 2 of 3 cannot be reached",
      {
        hosts: { value: { total: 3, facets: { ...facets, reach: { ...none, bad: 2 } } } as never },
      },
    ],
    [
      "witnesses bad: 2 must sign before work starts, and there are 0",
      {
        witnesses: {
          value: { need: 2, size: 1, cosigned: 0, lagSeconds: 0, items: [], rings: [] },
        },
      },
    ],
    [
      "witnesses bad: auditor saw another history of the log",
      {
        witnesses: {
          value: { need: 1, size: 1, cosigned: 0, lagSeconds: 0, items: [seen], rings: [] },
        },
      },
    ],
    [
      "witnesses attention: a head has waited for 301 s without 1 of them signing it",
      {
        witnesses: {
          value: {
            ...{ need: 1, size: 1, cosigned: 0, lagSeconds: 301 },
            items: [{ ...seen, contradictsAt: null }],
            rings: [],
          },
        },
      },
    ],
    [
      "witnesses bad: ring prod needs 2 witnesses, and 1 count for it",
      {
        witnesses: {
          value: {
            ...{ need: 1, size: 1, cosigned: 1, lagSeconds: 0 },
            items: [{ ...seen, contradictsAt: null }],
            rings: [
              { ...{ ring: "prod", need: 2, operator: null }, able: 1, counts: ["w"], cosigned: 0 },
            ],
          },
        },
      },
    ],
    [
      "ledger bad: the newest head is not signed by the log's own key",
      { ledger: { value: { isHeadGood: false, size: 0 } } },
    ],
    ["ledger unknown: no right", { ledger: { problem: "no right" } }],
  ];
  test.each(table)("says: %s", (says, over) => {
    expect(wrong(over)).toEqual([says]);
    const findings = judge(aDeployment(over)).filter((finding) => finding.state !== "good");
    expect(findings.every((finding) => finding.advice !== null)).toBe(true);
  });

  test("says what it can without a server, and does not repeat that for each check", () => {
    const facts = aDeployment({ server: { problem: "nobody answers" }, health: { problem: "x" } });
    const findings = judge(facts);
    expect(findings.filter((finding) => finding.state !== "good")).toHaveLength(1);
    expect(findings.some((finding) => finding.check === "ssh")).toBe(true);
    expect(doctorExit(findings)).toBe(1);
  });

  test("ends with 3 where nothing is wrong but not all could be looked at", () => {
    expect(doctorExit(judge(aDeployment({ health: { problem: "no right" } })))).toBe(3);
    const both = aDeployment({
      health: { problem: "no right" },
      ledger: { value: { isHeadGood: false, size: 0 } },
    });
    expect(doctorExit(judge(both))).toBe(1);
  });
});
