import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sha256 } from "../../src/base/digest.ts";
import { inTransaction } from "../../src/db/database.ts";
import { assessSource } from "../../src/inventory/actions-package-sources.ts";
import { pinSource } from "../../src/inventory/actions-source-keys.ts";
import { saveListed, saveLists } from "../../src/inventory/store-signed-packages.ts";
import { saveCheck } from "../../src/inventory/store-source-keys.ts";
import { addHost } from "../builders/fleet.ts";
import { aPackage } from "../builders/intel.ts";
import { openSigner, type TestSigner } from "../builders/signed-index.ts";
import { aPerson } from "../builders/stored.ts";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import type { Site } from "./site.ts";

const main = { uri: "https://archive.invalid/debian", suite: "bookworm" };
const ppa = { uri: "https://ppa.invalid/x", suite: "stable" };
const LISTS = [
  { path: "main/binary-amd64/Packages", arch: "amd64", sha256: sha256("a"), entries: 63_440 },
];
let signer: TestSigner;

/** A host with two sources: one verified to its lists, one blocked. */
async function prepare({ world }: Site): Promise<void> {
  await addHost(world, {
    name: "a-1",
    packages: [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })],
    runtime: [main, ppa].map(({ uri, suite }) => `source ${uri} ${suite} main signed index-signed`),
  });
  const ada = await aPerson(world, "anna", { role: "admin", scope: "" });
  const pin = { form: "deb" as const, keyring: signer.publicKey, reason: "from Debian" };
  await pinSource(world, ada.actor, { ...main, ...pin });
  const decided = { trust: "blocked" as const, kind: "third-party" as const };
  await assessSource(world, ada.actor, { ...ppa, ...decided, reason: "nobody answers for it" });
  const dated = world.clock() - 3_600_000;
  const index = { dated, validUntil: null, suites: ["bookworm"], digest: sha256("index") };
  await inTransaction(world.db, async (tx) => {
    const seen = { index, signedBy: signer.fingerprint };
    const at = { checkedAt: world.clock(), because: null };
    await saveCheck(tx, main, { ...at, state: "verified", seen });
    const num = await saveListed(tx, main, index);
    await saveLists(tx, num, { dated, read: { lists: LISTS, entries: [] } });
  });
}

describePages("the page of where packages come from", () => {
  beforeAll(() => {
    signer = openSigner("Archive");
  });
  afterAll(() => signer.close());
  const at = openPages({ prepare });
  afterEach(() => expect(at.faults).toEqual([]));

  test("shows each source with its keys, its lists and what was decided, and looks anew", async () => {
    const { page } = at;
    await at.goTo("/settings/sources");
    const verified = page.getByRole("region", { name: "https://archive.invalid/debian bookworm" });
    await verified.getByText("verified", { exact: true }).waitFor();
    const said = await verified.innerText();
    expect(said).toContain(signer.fingerprint);
    expect(said).toContain("main/binary-amd64/Packages, 63,440 packages");
    const blocked = page.getByRole("region", { name: "https://ppa.invalid/x stable" });
    await blocked.getByText("blocked", { exact: true }).waitFor();
    expect(await blocked.innerText()).toMatch(/nobody answers for it[\s\S]*fettle source pin/);
    await picture(page, "package-sources");
    await expectAccessible(page);
    await verified.getByRole("button", { name: /Check now/ }).click();
    await verified.getByText("not reached", { exact: true }).waitFor();
    expect(await verified.innerText()).toContain("archive.invalid has no address");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "package-sources-narrow");
  });
});
