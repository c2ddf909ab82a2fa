import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { HOUR_MS } from "../base/instant.ts";
import { inTransaction, sqlInstant } from "../db/database.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { addService } from "../inventory/actions-services.ts";
import { parseInspection } from "../inventory/inspection.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { readTimeline } from "../ledger/store.ts";
import { movePatch, openPatch, requirePatch } from "./actions.ts";
import { editPatch } from "./actions-edit.ts";
import { cadenceNow, nextRelease, patchesByPriority } from "./actions-order.ts";
import { applyPolicy, outlook } from "./actions-policy.ts";
import { prioritiseCases } from "./actions-priority.ts";

let test: TestWorld;
let ada: TestPerson;
const START = Date.UTC(2026, 10, 20);
const now = START;

beforeAll(async () => {
  test = await testWorld({ clock: () => now });
  ada = await aPerson(test.world, "ada");
  await aHostWith("web-1", ["zlib", "curl"], { exposure: "internal", tier: "2", segment: "staff" });
  await know({ zlib: { "CVE-2026-0001": "1.0-2" }, curl: { "CVE-2026-0002": "1.0-2" } });
});
afterAll(async () => test.close());

async function aHostWith(name: string, sources: readonly string[], labels: Record<string, string>) {
  const packages = sources.map((source) => aPackage({ name: source, version: "1.0-1" }));
  const id = await addHost(test.world, { name, packages, labels });
  await inspect(test.world, id, { packages });
  const parsed = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-9-amd64",
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    ...sources.map(
      (source) =>
        `pkg ${[source, "amd64", "1.0-1", source, "1.0-1", "installed", "auto"].join("\t")}`,
    ),
    ...sources.map(
      (source) =>
        `offer ${[source, "amd64", "1.0-2", "b".repeat(64), "9", "Debian", "s", "main", source, "1.0-2"].join("\t")}`,
    ),
  ]);
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const { inspection } = parsed;
  const at = { observedAt: now, recordedAt: now, actor: systemActor.subject };
  await inTransaction(test.world.db, (tx) => recordInspection(tx, { id }, { inspection, ...at }));
}

/** A job that got its permit there and ended; what it belongs to is not asked about. */
async function tookDown(host: string, at: number): Promise<void> {
  await inTransaction(test.owner(), async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`
      insert into target (rollout, host, wave, leaf_index, body, state, is_begun, ended_at)
      select 'r', id, 1, 0, ${"0".repeat(64)}, 'done', true, ${sqlInstant(at)}
        from host where name = ${host}`.execute(tx);
  });
}

async function load(value: unknown) {
  const bytes = Buffer.from(JSON.stringify(value));
  await loadFeedFile(test.world, systemActor, { bytes, asOf: now, acceptShrink: true });
}

async function know(fixes: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const record = (version: string) => ({
    scope: "local",
    releases: {
      bookworm: {
        ...{ status: "resolved", fixed_version: version },
        ...{ urgency: "not yet assigned", repositories: {} },
      },
    },
  });
  const sources = Object.entries(fixes).map(([source, cves]) => [
    source,
    Object.fromEntries(Object.entries(cves).map(([cve, version]) => [cve, record(version)])),
  ]);
  await load(Object.fromEntries(sources));
}

async function listExploited(cve: string) {
  const entry = {
    ...{ cveID: cve, vendorProject: "x", product: "x", vulnerabilityName: "x" },
    ...{ dateAdded: "2026-11-20", shortDescription: "x", requiredAction: "x", notes: "" },
    ...{ dueDate: "2026-12-01", knownRansomwareCampaignUse: "Unknown", cwes: [] },
  };
  await load({
    ...{ title: "CISA Catalog of Known Exploited Vulnerabilities", catalogVersion: "2026.11.20" },
    ...{ dateReleased: "2026-11-20T00:00:00.000Z", count: 1, vulnerabilities: [entry] },
  });
}

it("judges open cases by the table with the facts of now, tells each move, and orders them by it", async () => {
  const { db } = test.world;
  const curl = (await openPatch(test.world, ada.actor, { source: "curl" })).patch;
  const zlib = (await openPatch(test.world, ada.actor, { source: "zlib" })).patch;
  expect(curl).toMatchObject({ route: "scheduled", priority: { outcome: "track" } });
  expect(await nextRelease(test.world, curl)).toMatchObject({
    ...{ train: "security, weekly", at: Date.UTC(2026, 10, 24) },
  });
  await listExploited("CVE-2026-0001");
  await prioritiseCases(test.world, systemActor);
  await prioritiseCases(test.world, systemActor);
  expect((await requirePatch(db, zlib.id)).priority).toMatchObject({
    outcome: "attend",
    by: { rule: "exploited" },
  });
  const events = await readTimeline(db, { patch: zlib.id, order: "newest", limit: 10 });
  expect(events.map(({ type }) => type)).toEqual(["patch.prioritised", "patch.opened"]);
  const ordered = await patchesByPriority(test.world, [[]], { skip: 0, limit: 10 });
  expect(ordered.patches.map(({ target }) => target.source)).toEqual(["zlib", "curl"]);
});

it("pauses a service between its patches as its target asks, on a train of its own", async () => {
  const { world } = test;
  await addService(world, systemActor, {
    ...{ name: "till", title: "", team: "checkout", owners: [], repository: "", labels: {} },
    ...{ hostSelector: "tier=2", hosts: [], needs: [] },
  });
  const text = `kind: cadence
trains:
  - {name: till, products: ["*"], services: [till], every: week, on: tuesday, availability: 99.9%, outage: 10m}
  - {name: rest, products: ["*"], every: week, on: friday}
`;
  const { inForce } = await outlook(world, { text, file: "cadence.yaml", cases: "all" });
  await applyPolicy(world, ada.actor, {
    ...{ text, file: "cadence.yaml", reason: "the till must stay up", expected: inForce },
  });
  const trains = async () =>
    (await cadenceNow(world, [[]])).trains.map(({ train, cases }) => [
      train.name,
      cases.map(({ patch, ride }) => [patch.target.source, new Date(ride.at).toISOString()]),
    ]);
  const rides = (day: string) => [
    ["curl", `${day}T00:00:00.000Z`],
    ["zlib", `${day}T00:00:00.000Z`],
  ];
  expect(await trains()).toEqual([
    ["till", rides("2026-11-24")],
    ["rest", []],
  ]);
  await tookDown("web-1", START - HOUR_MS);
  expect(await trains()).toEqual([
    ["till", rides("2026-12-01")],
    ["rest", []],
  ]);
  const [curl] = (await cadenceNow(world, [[]])).trains[0]!.cases;
  expect(curl!.ride.because).toEqual([
    "service till was last taken down by a patch on 2026-11-19, and 99.9 % allows one outage of 10 min in 7 days",
  ]);
});

it("shows over recorded cases what another table would decide, then decides by it", async () => {
  const shipped = readFileSync(new URL("../../policies/priority.yaml", import.meta.url), "utf8");
  const text = shipped.replace(
    "rules:\n",
    'rules:\n  - name: staff first\n    when: [\'"staff" in segments\', "cvss < 1.0"]\n    outcome: act\n',
  );
  const file = "own.yaml";
  const seen = await outlook(test.world, { text, file, cases: "all" });
  expect(seen.effects.map(({ ref, from, to }) => [ref, from, to])).toEqual([
    ["P-2", "attend", "act"],
    ["P-1", "track", "act"],
  ]);
  await applyPolicy(test.world, ada.actor, {
    ...{ text, file, reason: "staff portal", expected: seen.inForce },
  });
  const { patches } = await patchesByPriority(test.world, [[]], { skip: 0, limit: 10 });
  expect(patches.map(({ priority }) => priority?.outcome)).toEqual(["act", "act"]);
  const again = await outlook(test.world, { text, file, cases: "all" });
  expect(again).toMatchObject({ isSame: true, effects: [] });
});

it("keeps a case out of band in triage until a person wrote why, and edits nothing afterwards", async () => {
  await aHostWith("web-2", ["bash"], { exposure: "public" });
  await know({
    zlib: { "CVE-2026-0001": "1.0-2" },
    curl: { "CVE-2026-0002": "1.0-2" },
    bash: { "CVE-2026-0003": "1.0-2" },
  });
  await listExploited("CVE-2026-0003");
  const { patch } = await openPatch(test.world, ada.actor, { source: "bash" });
  expect(patch).toMatchObject({ route: "emergency", classifiedBy: { justificationMin: 30 } });
  expect(await nextRelease(test.world, patch)).toBe(null);
  const leave = () =>
    inTransaction(test.world.db, (tx) =>
      movePatch(tx, { patch: patch.id, verb: "plan", actor: ada.actor.subject, at: now }),
    );
  const edit = (change: Parameters<typeof editPatch>[2]["edit"]) =>
    editPatch(test.world, ada.actor, { patch: patch.id, edit: change });
  await expect(leave()).rejects.toMatchObject({
    code: "blocked",
    facts: { missing: [{ field: "justification" }] },
  });
  await edit({ justification: "too short" });
  await expect(leave()).rejects.toThrow(/has 9 of at least 30 characters/);
  await expect(edit({})).rejects.toMatchObject({ code: "invalid" });
  const justification = "Exploited on our public hosts since this morning.";
  const regression = { level: "high" as const, because: "a shell that every script uses" };
  const edited = await edit({ justification, regression, affectedVersions: ["1.0-1", "0.9"] });
  expect(edited).toMatchObject({
    ...{ justification, regression, justifiedBy: ada.actor.subject },
    affectedVersions: ["1.0-1", "0.9"],
  });
  await leave();
  expect((await requirePatch(test.world.db, patch.id)).state).toBe("planned");
  await expect(edit({ justification })).rejects.toThrow(/is planned/);
});
