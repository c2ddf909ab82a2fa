import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPerson, someHosts, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { rematch } from "../intel/rematch.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import { openPatch, requirePatch } from "./actions.ts";
import { debtOfFleet } from "./actions-debt.ts";
import {
  cancelDeferral,
  deferralOutlook,
  endOverdueDeferrals,
  startDeferral,
} from "./actions-deferral.ts";
import { requestException } from "./actions-exception.ts";
import { approveException } from "./actions-exception-decide.ts";
import { standingsOnHost } from "./actions-exception-effect.ts";
import { endOverdueExceptions } from "./actions-exception-end.ts";
import {
  addKnownIssue,
  decideKnownIssue,
  editKnownIssue,
  requireKnownIssue,
} from "./actions-known-issue.ts";
import { loadDeferral } from "./store-deferral.ts";
import { loadRevisions } from "./store-known-issue.ts";

let made: TestWorld;
let world: World;
let now = Date.UTC(2026, 0, 1);
let ada: TestPerson;
let bob: TestPerson;
let vic: TestPerson;

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  ada = await aPerson(world, "ada");
  bob = await aPerson(world, "bob");
  vic = await aPerson(world, "vic", { role: "viewer" });
  const release = { status: "resolved", fixed_version: "3.0.18-1~deb12u1", urgency: "high" };
  const cves = { "CVE-2026-0001": { description: "x", releases: { bookworm: release } } };
  const bytes = Buffer.from(JSON.stringify({ openssl: cves }));
  await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: false });
  await someHosts(world, [
    { name: "web-1", labels: { exposure: "public" } },
    { name: "web-2", labels: { exposure: "internal" } },
  ]);
  await rematch(world);
  const shipped = readFileSync(new URL("../../policies/debt.yaml", import.meta.url), "utf8");
  mkdirSync(join(world.paths.state, "policies"));
  const text = shipped.replace("[team, service]", "[team, service, exposure]");
  writeFileSync(join(world.paths.state, "policies", "debt.yaml"), text);
});
afterAll(() => made.close());

describe("a deferral", () => {
  const reason = { reasonClass: "test-backlog", reason: "the suite runs on Friday" } as const;

  test("says what it costs before it begins, moves no date, and ends by itself", async () => {
    const { patch } = await openPatch(world, ada.actor, { source: "openssl" });
    const until = now + 20 * DAY_MS;
    const asked = { patch: patch.id, until };
    const { cost } = await deferralOutlook(world, ada.actor, asked);
    expect(cost).toMatchObject({ days: 20, hosts: 2, exposedHosts: 1, findingDays: 40 });
    expect(cost.deadline).toBe(patch.deadline.at);
    const put = await startDeferral(world, ada.actor, { ...asked, ...reason, owner: "ada" });
    expect(put.cost).toEqual(cost);
    expect((await requirePatch(world.db, patch.id)).deadline).toEqual(patch.deadline);
    await expect(
      startDeferral(world, ada.actor, { ...asked, ...reason, owner: "ada" }),
    ).rejects.toThrow("put off already");
    expect(await endOverdueDeferrals(world)).toBe(0);
    now = until;
    const ended = await Promise.all([endOverdueDeferrals(world), endOverdueDeferrals(world)]);
    expect(ended.reduce((sum, one) => sum + one)).toBe(1);
    expect((await loadDeferral(world.db, put.id, [[]]))?.state).toBe("ended");
  });

  test("lasts no longer than the policy lets it, and somebody real answers for it", async () => {
    const asked = { source: "openssl", ...reason };
    const ask = (days: number, owner: string) =>
      startDeferral(world, ada.actor, { ...asked, owner, until: now + days * DAY_MS });
    await expect(ask(61, "ada")).rejects.toThrow("60 days at most");
    await expect(ask(10, "nobody")).rejects.toThrow("There is no person");
    const put = await ask(60, "vic");
    const given = { deferral: `d-${put.number}`, reason: "the suite is green" };
    expect((await cancelDeferral(world, ada.actor, given)).state).toBe("cancelled");
    await expect(cancelDeferral(world, ada.actor, given)).rejects.toThrow("over already");
  });
});

test("debt follows from histories: what stood on a day, whose it is, and what clears it", async () => {
  // The date of both hosts is long past; then one of them is excepted for a while.
  now += 200 * DAY_MS;
  const before = await debtOfFleet(world, ada.actor, { by: "exposure", days: 30 });
  const last = (debt: typeof before, name: string) => {
    const curve = debt.byLabel.get(name)!;
    return [curve.overdue.at(-1), curve.deferred.at(-1), curve.excepted.at(-1)];
  };
  expect(last(before, "public")).toEqual([2, 0, 0]);
  expect(last(before, "internal")).toEqual([1, 0, 0]);
  expect(before.sources).toMatchObject([{ source: "openssl", hosts: 2 }]);
  const asked = await requestException(world, ada.actor, {
    vulnerability: "CVE-2026-0001",
    hosts: ["web-1"],
    reasonClass: "legacy",
    reason: "cannot be updated yet",
    owner: "ada",
    control: "a firewall in front",
    evidence: "https://wiki.example/waf",
    until: now + 5 * DAY_MS,
  });
  await approveException(world, bob.actor, asked.id);
  now += 3 * DAY_MS;
  const during = await debtOfFleet(world, ada.actor, { by: "exposure", days: 30 });
  expect(last(during, "public")).toEqual([0, 0, 2]);
  expect(during.standing).toEqual({ overdue: 1, deferred: 0, excepted: 1, inTime: 0 });
  const finding = { vulnerability: "CVE-2026-0001", ecosystem: "Debian:12", source: "openssl" };
  const standings = ["web-1", "web-2"].map(async (name) => {
    const host = (await loadHost(world.db, name, everywhere))!;
    return (await standingsOnHost(world, host, [finding.vulnerability]))(finding, 0).standing;
  });
  expect(await Promise.all(standings)).toEqual(["excepted", "overdue"]);
  now += 7 * DAY_MS;
  await endOverdueExceptions(world);
  const after = await debtOfFleet(world, ada.actor, { by: "exposure", days: 30 });
  const curve = after.byLabel.get("public")!;
  expect(curve.overdue.at(-1)).toBe(2);
  // Five days in between were excepted, and on no day is anything counted twice or not at all.
  expect(curve.excepted.reduce((sum, one) => sum + one)).toBe(5 * 2);
  expect([...curve.overdue].every((one, day) => one + curve.excepted[day]! === 2)).toBe(true);
  await expect(debtOfFleet(world, ada.actor, { by: "colour", days: 30 })).rejects.toThrow(
    "names team, service, exposure",
  );
});

describe("a known issue", () => {
  const text = {
    title: "printing stops after a night",
    ecosystem: null,
    subject: "cups",
    affected: "before 2.4.10",
    workaround: "Restart it: <b>systemctl restart cups</b>",
    audience: "everybody" as const,
    vulnerabilities: [],
    patch: null,
  };

  test("is a draft until it is published, and readers see what was published", async () => {
    const draft = await addKnownIssue(world, ada.actor, text);
    await expect(requireKnownIssue(world, vic.actor, draft.id)).rejects.toThrow("may see");
    await decideKnownIssue(world, ada.actor, { issue: draft.id, verb: "publish" });
    const change = { workaround: "Update to 2.4.10." };
    const edit = { issue: draft.id, change, revision: 1 };
    await editKnownIssue(world, ada.actor, edit);
    await expect(editKnownIssue(world, ada.actor, edit)).rejects.toThrow("edited meanwhile");
    const seen = await requireKnownIssue(world, vic.actor, `K-${draft.number}`);
    expect(seen.shown).toMatchObject({ revision: 1, workaround: text.workaround });
    const own = await requireKnownIssue(world, ada.actor, draft.id);
    expect(own.shown).toMatchObject({ revision: 2, title: text.title, ...change });
    expect(await loadRevisions(world.db, draft.id)).toHaveLength(2);
    await decideKnownIssue(world, ada.actor, { issue: draft.id, verb: "publish" });
    expect((await requireKnownIssue(world, vic.actor, draft.id)).shown.revision).toBe(2);
    await decideKnownIssue(world, ada.actor, { issue: draft.id, verb: "withdraw", reason: "r" });
    await expect(requireKnownIssue(world, vic.actor, draft.id)).rejects.toThrow("may see");
  });

  test("for operations is not for everybody", async () => {
    const mine = await addKnownIssue(world, ada.actor, { ...text, audience: "operations" });
    await decideKnownIssue(world, ada.actor, { issue: mine.id, verb: "publish" });
    await expect(requireKnownIssue(world, vic.actor, mine.id)).rejects.toThrow("may see");
  });
});
