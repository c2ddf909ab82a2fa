import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { aPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { parseLabels } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { loadVex, removeVex } from "../intel/actions-vex.ts";
import { parseInspection } from "../inventory/inspection.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { markRemoved } from "../inventory/store.ts";
import { readTimeline } from "../ledger/store.ts";
import { policyInForce } from "../policy/store-files.ts";
import { openPatch, requirePatch } from "./actions.ts";
import {
  datesFor,
  datesOfHost,
  deadlinePolicy,
  deadlinesOfCases,
  redateCases,
} from "./actions-deadline.ts";
import { applyPolicy, outlook } from "./actions-policy.ts";
import { earliestDeadline } from "./deadline.ts";
import { deadlinesKind, parseDeadlines } from "./deadline-policy.ts";

let test: TestWorld;
const START = Date.UTC(2026, 9, 1);
let now = START;
const shipped = readFileSync(new URL("../../policies/deadlines.yaml", import.meta.url), "utf8");

beforeAll(async () => {
  test = await testWorld({ clock: () => now });
});
afterAll(async () => test.close());

const zlib = (version: string) =>
  aPackage({ name: "zlib1g", version, source: "zlib", sourceVersion: version });

async function knowFix(source: string, fixes: Readonly<Record<string, string>>) {
  const records = Object.entries(fixes).map(([cve, version]) => [
    cve,
    {
      scope: "local",
      releases: {
        bookworm: {
          ...{ status: "resolved", fixed_version: version },
          ...{ urgency: "not yet assigned", repositories: {} },
        },
      },
    },
  ]);
  const bytes = Buffer.from(JSON.stringify({ [source]: Object.fromEntries(records) }));
  await loadFeedFile(test.world, systemActor, { bytes, asOf: now, acceptShrink: true });
}

/** A look at a host whose sources offer this version. */
async function lookWithOffer(id: Awaited<ReturnType<typeof addHost>>, offered: string) {
  const fields = ["zlib1g", "amd64", offered, "b".repeat(64), "9", "Debian", "s", "main", "zlib"];
  const parsed = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-9-amd64",
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    `pkg ${["zlib1g", "amd64", "1.0-1", "zlib", "1.0-1", "installed", "auto"].join("\t")}`,
    `offer ${[...fields, offered].join("\t")}`,
  ]);
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const { inspection } = parsed;
  const at = { observedAt: now, recordedAt: now, actor: systemActor.subject };
  await inTransaction(test.world.db, (tx) => recordInspection(tx, { id }, { inspection, ...at }));
}

it("dates what hosts have by where they stand, from the first sight on, whatever was scanned since", async () => {
  const labels = (...texts: string[]) => ({ labels: parseLabels(texts) });
  const packages = [zlib("1.0-1")];
  const old = await addHost(test.world, {
    ...{ name: "shop-1", packages },
    ...labels("exposure=public", "scope=pci"),
  });
  await addHost(test.world, { name: "db-1", packages, ...labels("exposure=internal") });
  now += 5 * DAY_MS;
  await knowFix("zlib", { "CVE-2026-0001": "1.0-2" });
  const known = now;
  now += 2 * DAY_MS;
  // The shop's host is installed anew under its old name, and looked at again.
  await inTransaction(test.world.db, (tx) => markRemoved(tx, old, now));
  const anew = await addHost(test.world, {
    ...{ name: "shop-1", packages },
    ...labels("exposure=public", "scope=pci"),
  });
  now += DAY_MS;
  await inspect(test.world, anew, { packages: [...packages, aPackage({ name: "zip" })] });
  const text = shipped.replace(
    "presets:\n",
    "presets:\n  - preset: pci-dss-6.3.3\n    hosts: scope=pci\n",
  );
  const policy = parseDeadlines(text, "own.yaml");
  const dates = await datesFor(test.world.db, policy, { vulnerabilities: ["CVE-2026-0001"] });
  const shown = dates.map((date) => [
    ...[date.preset, date.exposure, date.period],
    ...[(date.clockStartedAt - known) / DAY_MS, date.pause?.since !== undefined],
  ]);
  // A package that is only there is no finding: the clock starts when it is known to be affected.
  expect(shown).toEqual([
    ["bod-26-04", "exposed", "14 days", 0, false],
    ["pci-dss-6.3.3", "exposed", "1 month", 0, false],
    ["house", "exposed", "14 days", 0, true],
    ["house", "internal", "30 days", 0, true],
    ["bod-26-04", "internal", "next upgrade", 0, false],
  ]);
  const { dates: ofHost } = await datesOfHost(test.world, anew);
  expect(ofHost.map(({ preset, exposure }) => [preset, exposure])).toEqual([
    ["bod-26-04", "exposed"],
    ["house", "exposed"],
  ]);
});

it("gives no date where a trusted VEX statement sets it aside, and the old one back when that ends", async () => {
  const { world } = test;
  const { actor } = await aPerson(world, "vera");
  const policy = await deadlinePolicy(world);
  const starts = async () => {
    const dates = await datesFor(world.db, policy, { vulnerabilities: ["CVE-2026-0001"] });
    return dates.map(({ exposure, clockStartedAt }) => `${exposure} ${clockStartedAt}`).sort();
  };
  const before = await starts();
  expect(before.some((date) => date.startsWith("exposed"))).toBe(true);
  const statement = {
    vulnerability: { name: "CVE-2026-0001" },
    products: [{ "@id": "pkg:deb/debian/zlib1g" }],
    ...{ status: "not_affected", justification: "vulnerable_code_not_present" },
  };
  const content = JSON.stringify({
    ...{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/2" },
    ...{ author: "Example Security", timestamp: "2026-10-01T00:00:00Z", version: 1 },
    statements: [statement],
  });
  const { document } = await loadVex(world, actor, {
    ...{ content, title: "zlib", scope: "exposure=public", product: "" },
    ...{ signature: null, responsible: "the code is not built in", until: null },
  });
  expect(await starts()).toEqual(before.filter((date) => !date.startsWith("exposed")));
  now += DAY_MS;
  await removeVex(world, actor, { ref: `V-${document.number}`, reason: "it was wrong" });
  expect(await starts()).toEqual(before);
});

it("lets the clock run again when a source offers the fix", async () => {
  const id = await addHost(test.world, {
    ...{ name: "web-1", packages: [zlib("1.0-1")] },
    labels: { exposure: "internal" },
  });
  await lookWithOffer(id, "1.0-1");
  now += 4 * DAY_MS;
  const { db } = test.world;
  const policy = await deadlinePolicy(test.world);
  const house = async () => {
    const dates = await datesFor(db, policy, { vulnerabilities: ["CVE-2026-0001"] });
    return dates.find(({ preset, exposure }) => preset === "house" && exposure === "internal");
  };
  expect((await house())?.at).toBe(null);
  await lookWithOffer(id, "1.0-2");
  const resumed = await house();
  expect(resumed?.pause).toMatchObject({ since: null });
  expect(resumed?.at).toBe(now + 30 * DAY_MS);
});

it("gives many cases read together the dates that each has alone", async () => {
  const { db } = test.world;
  const policy = await deadlinePolicy(test.world);
  const ecosystem = "Debian:12";
  const of = (source: string, vulnerabilities: readonly string[]) => ({
    ...{ target: { ecosystem, source, sourceVersion: "9" }, vulnerabilities },
  });
  await addHost(test.world, {
    ...{ name: "zip-1", packages: [aPackage({ name: "zip" })] },
    labels: { exposure: "internal" },
  });
  await knowFix("zlib", { "CVE-2026-0001": "1.0-2", "CVE-2026-0002": "1.0-3" });
  const zlibCases = [["CVE-2026-0001"], ["CVE-2026-0002"], ["CVE-2026-0001", "CVE-2026-0002"]];
  const cases = [
    ...zlibCases.map((ids) => of("zlib", ids)),
    ...[of("zip", ["CVE-2026-0001"]), of("zlib", []), of("zlib", ["CVE-1999-0001"])],
  ];
  const together = await deadlinesOfCases(db, policy, cases);
  const alone = cases.map(async (one) => {
    const { target, vulnerabilities } = one;
    const dates = await datesFor(db, policy, { vulnerabilities, sources: [target] });
    return earliestDeadline(policy, dates);
  });
  expect(cases.map((one) => together.get(one) ?? null)).toEqual(await Promise.all(alone));
  expect([...together.keys()]).toEqual(cases.slice(0, 3));
});

it("moves the dates of open cases with the policy, tells what will move before, and keeps who did it", async () => {
  const ada = await aPerson(test.world, "ada");
  const { patch } = await openPatch(test.world, ada.actor, { source: "zlib" });
  expect(patch.deadline).toMatchObject({ preset: "bod-26-04", vulnerability: "CVE-2026-0001" });
  const text = shipped.replace("  - preset: house\n", "  - preset: essential-eight-3\n");
  const own = text.replace("presets: [house]", "presets: [cis-8.1]");
  const seen = await outlook(test.world, { text: own, file: "own.yaml", cases: "open" });
  expect(seen).toMatchObject({ isSame: false, judgedCount: 1 });
  expect(seen.effects).toMatchObject([{ ref: `P-${patch.number}`, what: "deadline" }]);
  const apply = (expected: string, body = own) =>
    applyPolicy(test.world, ada.actor, {
      ...{ text: body, file: "own.yaml", reason: "audit finding 7", expected },
    });
  await expect(apply("0".repeat(64))).rejects.toMatchObject({ code: "conflict" });
  expect(await apply(seen.inForce)).toMatchObject({ isNew: true });
  expect(await apply(seen.inForce)).toMatchObject({ isNew: false });
  expect(await policyInForce(test.world, deadlinesKind)).toMatchObject({
    ...{ origin: "applied", digest: seen.digest },
    applied: { by: ada.actor.subject, reason: "audit finding 7" },
  });
  const moved = await requirePatch(test.world.db, patch.id);
  expect(moved.deadline).toMatchObject({
    preset: "essential-eight-3",
    policy: { version: seen.digest },
  });
  const events = await readTimeline(test.world.db, { patch: patch.id, order: "newest", limit: 10 });
  expect(events.map(({ type }) => type)).toEqual(["patch.redated", "patch.opened"]);
  // Nothing changed since: looking again changes and tells nothing.
  expect(await redateCases(test.world, systemActor)).toBe(false);
});

it("refuses a text that cannot decide, a kind that goes with plans, and whoever lacks the right", async () => {
  const ada = await aPerson(test.world, "grace");
  const apply = (text: string, actor = ada.actor) =>
    applyPolicy(test.world, actor, { text, file: "x.yaml", reason: "r", expected: "0".repeat(64) });
  await expect(apply("kind: deadlines\npresets: []\n")).rejects.toMatchObject({ code: "invalid" });
  await expect(apply("hosts: all\n")).rejects.toThrow(/does not say what it is a policy of/);
  await expect(apply("kind: weather\n")).rejects.toThrow(/Known are classification, /);
  const rings = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");
  await expect(apply(rings)).rejects.toThrow(/goes with each plan/);
  const vic = await aPerson(test.world, "vic", { role: "operator" });
  await expect(apply(shipped, vic.actor)).rejects.toMatchObject({ code: "forbidden" });
});
