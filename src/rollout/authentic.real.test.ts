import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import { openSigner, type TestSigner } from "../../test/builders/signed-index.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  NEW_VERSION,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { assessSource } from "../inventory/actions-package-sources.ts";
import { pinSource } from "../inventory/actions-source-keys.ts";
import { saveListed, saveLists } from "../inventory/store-signed-packages.ts";
import { saveCheck } from "../inventory/store-source-keys.ts";
import { createPlan } from "../plan/actions.ts";
import { showPlan } from "../plan/actions-show.ts";
import { loadPlan } from "../plan/store.ts";
import { startRollout } from "./actions.ts";

const source = { uri: "https://deb.example.org/debian", suite: "stable" };
let made: TestWorld;
let world: World;
let [carol, alice, ada]: TestPerson[] = [];
let signer: TestSigner;
let patch: string;
let dated = Date.parse("2026-11-20T12:00:00Z");

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  ada = await aPerson(world, "ada", { role: "admin", scope: "" });
  signer = openSigner("Archive");
  const hosts = [{ name: "web-1", labels: { ring: "canary" } }];
  await someHosts(world, hosts, [`source ${source.uri} ${source.suite} main signed index-signed`]);
  patch = await aPatch(world, carol);
});
afterAll(async () => {
  signer.close();
  await made.close();
});

beforeEach(async () => {
  const pin = { form: "deb" as const, keyring: signer.publicKey, reason: "a test" };
  await pinSource(world, ada!.actor, { ...source, ...pin });
  await lists(sha256("new"));
});

/** As a check leaves it whose lists name the package with this file, or not at all. */
async function lists(digest: string | null, state: "verified" | "refused" = "verified") {
  dated += 3_600_000;
  const index = { dated, validUntil: null, suites: ["stable"], digest: sha256(`${dated}`) };
  const because = state === "verified" ? null : "a test";
  const list = {
    path: "main/binary-amd64/Packages",
    arch: "amd64",
    sha256: sha256("l"),
    entries: 1,
  };
  const entry = { name: "libssl3", arch: "amd64", version: NEW_VERSION, list: 0 };
  await inTransaction(world.db, async (tx) => {
    const seen = { index, signedBy: signer.fingerprint };
    await saveCheck(tx, source, { state, because, checkedAt: world.clock(), seen });
    const num = await saveListed(tx, source, index);
    const entries = digest === null ? [] : [{ ...entry, sha256: digest }];
    await saveLists(tx, num, { dated, read: { lists: [list], entries } });
  });
}

async function planned(policy = testRings) {
  const request = { patch, policy: { text: policy } };
  return await createPlan(world, carol!.actor, { ...request, class: "normal" }, askedOpenssl);
}

async function approved() {
  const { plan } = await planned();
  const change = await requestChange(world, carol!.actor, { plan: plan.digest, reason: "a CVE" });
  const statement = (await loadPlan(world.db, change.plan))?.statement ?? "";
  const signature = alice!.sign(statement);
  await approveChange(world, alice!.actor, { change: change.id, signature });
  return { change: change.id };
}

test("a plan keeps which signed index names its files, and starts while one does", async () => {
  const { plan } = await planned();
  expect((await showPlan(world, carol!.actor, plan.digest)).report.files).toMatchObject([
    {
      ...{ name: "libssl3", version: NEW_VERSION, sha256: sha256("new") },
      by: { ...source, dated, list: "main/binary-amd64/Packages", signedBy: signer.fingerprint },
    },
  ]);
  await expect(startRollout(world, carol!.actor, await approved())).resolves.toBeDefined();
});

test("no plan is made with a file that differs from the signed one, or that is too young", async () => {
  await lists(sha256("vendor"));
  await expect(planned()).rejects.toThrow(/web-1: .*is not the file that .*deb.example.org/);
  await lists(sha256("new"));
  const ageing = `${testRings}\nsources: { minimumAge: 90d }\n`;
  await expect(planned(ageing)).rejects.toThrow(/stood in a signed index for 90/);
});

test("a policy that takes only what is proven here plans by the pinned key, and nothing once it is forgotten", async () => {
  const proven = `${testRings}\nsources: { unproven: block }\n`;
  await expect(planned(proven)).resolves.toMatchObject({ report: { excluded: [] } });
  // Pinned anew: nothing that was read by the old pin counts.
  const pin = { form: "deb" as const, keyring: signer.publicKey, reason: "a test" };
  await pinSource(world, ada!.actor, { ...source, ...pin });
  await expect(planned()).resolves.toBeDefined();
  await expect(planned(proven)).rejects.toThrow(
    /web-1: .*no signed list that this server verified/,
  );
});

test("what its signed lists say otherwise by then is not started, with the code", async () => {
  const change = await approved();
  const start = () => startRollout(world, carol!.actor, change);
  await lists(sha256("vendor"));
  await expect(start()).rejects.toMatchObject({ code: "blocked", facts: { code: "file-differs" } });
  await lists(null);
  await expect(start()).rejects.toMatchObject({ facts: { code: "file-unlisted" } });
  await lists(sha256("new"), "refused");
  await expect(start()).rejects.toMatchObject({ facts: { code: "source-distrusted" } });
  await lists(sha256("new"));
  const decided = { ...source, kind: "distribution" as const, reason: "a test" };
  await assessSource(world, ada!.actor, { ...decided, trust: "blocked" });
  await expect(start()).rejects.toMatchObject({ facts: { code: "source-distrusted" } });
  await assessSource(world, ada!.actor, { ...decided, trust: "trusted" });
  await expect(start()).resolves.toBeDefined();
});
