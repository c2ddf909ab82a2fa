import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { openSigner, type TestSigner } from "../../test/builders/signed-index.ts";
import { aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { World } from "../db/world.ts";
import { loadSelectedHosts } from "../plan/store-selected.ts";
import { checkDueSources, checkSource, pinSource } from "./actions-source-keys.ts";
import { everywhere } from "./store.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DAY = 86_400_000;
let made: TestWorld;
let world: World;
let admin: TestPerson;
let owner: TestSigner;
let stranger: TestSigner;
let archive: Server;
const served = new Map<string, Buffer>();
const asked: string[] = [];
let deb: { readonly uri: string; readonly suite: string };
let rpm: { readonly uri: string; readonly suite: string };

beforeAll(async () => {
  made = await testWorld({ clock: () => NOW });
  const { config } = made.world;
  // The archive of this test is on this machine, which is asked only where the configuration says so.
  world = { ...made.world, config: { ...config, outbound: { networks: ["127.0.0.0/8"] } } };
  admin = await aPerson(world, "ada", { role: "admin", scope: "" });
  [owner, stranger] = [openSigner("Archive"), openSigner("Stranger")];
  archive = createServer((request, response) => {
    asked.push(request.url ?? "");
    const file = served.get(request.url ?? "");
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => archive.listen(0, "127.0.0.1", resolve));
  const uri = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`;
  deb = { uri, suite: "stable" };
  rpm = { uri: `${uri}/rpm`, suite: "baseos" };
  const packages = [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })];
  const runtime = [deb, rpm].map(
    (source) => `source ${source.uri} ${source.suite} main signed index-signed`,
  );
  await addHost(world, { name: "a-1", packages, runtime });
});
afterAll(async () => {
  owner.close();
  stranger.close();
  await new Promise((resolve) => archive.close(resolve));
  await made.close();
});

function release(fields: Readonly<Record<string, string | null>> = {}): string {
  const all = {
    Origin: "Test",
    Suite: "stable",
    Codename: "bookworm",
    Date: new Date(NOW - DAY).toUTCString().replace("GMT", "UTC"),
    "Valid-Until": new Date(NOW + DAY).toUTCString().replace("GMT", "UTC"),
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  return `${lines.join("\n")}\nSHA256:\n ${"a".repeat(64)} 10 main/binary-amd64/Packages\n`;
}

const pin = (keyring: Buffer = owner.publicKey, source = deb, form: "deb" | "rpm" = "deb") =>
  pinSource(world, admin.actor, { ...source, form, keyring, reason: "a test" });

async function look(file?: Buffer | string) {
  if (file !== undefined) served.set("/dists/stable/InRelease", Buffer.from(file));
  const { key } = await checkSource(world, admin.actor, { ...deb, given: null });
  return key?.check;
}

async function distrusted() {
  const target = { ecosystem: "Debian:12", source: "openssl", sourceVersion: "1" };
  const hosts = await loadSelectedHosts(world.db, { scopes: everywhere, selector: [], target });
  return hosts[0]?.distrusted.map(({ because }) => because);
}

describe("a source whose key is pinned", () => {
  test("is verified with exactly that key, in armour or not, and says how fresh it is", async () => {
    const pinned = await pin(owner.armoured);
    expect(pinned.key).toMatchObject({ fingerprints: [owner.fingerprint], check: null });
    expect(await look(owner.sign(release()))).toMatchObject({
      state: "verified",
      because: null,
      checkedAt: NOW,
      dated: Math.floor((NOW - DAY) / 1000) * 1000,
      validUntil: NOW + DAY,
      signedBy: owner.fingerprint,
    });
    expect(asked).toEqual(["/dists/stable/InRelease", "/dists/stable/main/binary-amd64/Packages"]);
    expect(await distrusted()).toEqual([]);
  });

  const day = (at: number): string => new Date(at).toUTCString().replace("GMT", "UTC");
  const refused: readonly [what: string, file: () => Buffer | string, because: RegExp][] = [
    ["another's signature", () => stranger.sign(release()), /no signature of a pinned key/],
    ["no signature", () => release(), /before what is signed/],
    [
      "a text that was changed",
      () => owner.sign(release()).toString().replace("Origin: Test", "Origin: Evil"),
      /was changed/,
    ],
    ["text before it", () => `Suite: evil\n${owner.sign(release())}`, /before what is signed/],
    ["text after it", () => `${owner.sign(release())}Suite: evil\n`, /after the signature/],
    [
      "text between its head and what is signed",
      () => owner.sign(release()).toString().replace("\n\n", "\nSuite: evil\n\n"),
      /between its head/,
    ],
    [
      "two signed texts",
      () => `${owner.sign(release())}${owner.sign(release())}`,
      /not one signed text/,
    ],
    [
      "another signed text within",
      () => `${stranger.sign(release())}`.replace("\n\n", `\n\n${owner.sign(release())}`),
      /not one signed text/,
    ],
    ["a NUL", () => `${owner.sign(release())}\0`, /no text/],
    [
      "a weak digest",
      () => owner.sign(release(), "--digest-algo", "SHA1"),
      /weak|pinned key|change/,
    ],
    ["a date to come", () => owner.sign(release({ Date: day(NOW + DAY) })), /to come/],
    [
      "an end that is past",
      () => owner.sign(release({ "Valid-Until": day(NOW - 1000) })),
      /renewed/,
    ],
    [
      "another suite",
      () => owner.sign(release({ Suite: "sid", Codename: "sid" })),
      /not of stable/,
    ],
    ["no date", () => owner.sign(release({ Date: null })), /date cannot be read/],
    [
      "a day that does not exist",
      () => owner.sign(release({ Date: "Sat, 31 Feb 2026 10:00:00 UTC" })),
      /date cannot be read/,
    ],
    [
      "a field twice",
      () => owner.sign(`${release()}Date: ${day(NOW - 2 * DAY)}\n`),
      /stands in it twice/,
    ],
    ["an older index", () => owner.sign(release({ Date: day(NOW - 2 * DAY) })), /older than that/],
    ["another of the same moment", () => owner.sign(release({ Origin: "Other" })), /same moment/],
  ];
  test.each(refused)("is refused with %s", async (_what, file, because) => {
    expect(await look(file())).toMatchObject({
      state: "refused",
      because: expect.stringMatching(because),
      dated: Math.floor((NOW - DAY) / 1000) * 1000,
    });
  });

  test("keeps its hosts out of plans while it fails, also when it falls silent, until it is whole", async () => {
    await look(stranger.sign(release()));
    expect(await distrusted()).toEqual(["refused"]);
    served.clear();
    expect(await look()).toMatchObject({ state: "refused" });
    expect(await look(owner.sign(release()))).toMatchObject({ state: "verified" });
    expect(await distrusted()).toEqual([]);
    served.clear();
    expect(await look()).toMatchObject({
      state: "unreached",
      because: expect.stringContaining("status 404"),
    });
    expect(await distrusted()).toEqual([]);
  });

  test("is not believed by a key that is over or revoked", async () => {
    const late = openSigner("Late", Math.floor(NOW / 1000) - 10 * 86_400);
    await pin(late.publicKey);
    expect(await look(late.sign(release()))).toMatchObject({
      state: "refused",
      because: expect.stringContaining("expired"),
    });
    late.close();
    const gone = openSigner("Gone");
    const signed = gone.sign(release());
    await pin(gone.revoke());
    expect(await look(signed)).toMatchObject({
      state: "refused",
      because: expect.stringContaining("revoked"),
    });
    gone.close();
  });

  test("can be looked at where the server has no way to it, and is not asked in its own network", async () => {
    await pin();
    const given = { signed: owner.sign(release()), signature: null };
    const { key } = await checkSource(made.world, admin.actor, { ...deb, given });
    expect(key?.check).toMatchObject({ state: "verified" });
    asked.length = 0;
    const shutWorld = { ...world, config: { ...world.config, outbound: { networks: [] } } };
    const shut = await checkSource(shutWorld, admin.actor, { ...deb, given: null });
    expect(shut.key?.check).toMatchObject({
      state: "unreached",
      because: expect.stringContaining("this machine itself"),
    });
    expect(asked).toEqual([]);
  });

  test("of rpm is verified by the signature beside its repomd.xml, as createrepo_c makes it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fettle-repo-"));
    const repomd = (revision: number): Buffer => {
      mkdirSync(join(folder, `${revision}`));
      const args = ["--quiet", "--revision", `${revision}`, join(folder, `${revision}`)];
      execFileSync("createrepo_c", args);
      return readFileSync(join(folder, `${revision}`, "repodata/repomd.xml"));
    };
    const [old, now] = [repomd(NOW / 1000 - 7200), repomd(NOW / 1000 - 3600)];
    rmSync(folder, { recursive: true });
    await pin(owner.publicKey, rpm, "rpm");
    const see = async (signed: Buffer, signature: Buffer | null) => {
      served.set("/rpm/repodata/repomd.xml", signed);
      served.delete("/rpm/repodata/repomd.xml.asc");
      if (signature !== null) served.set("/rpm/repodata/repomd.xml.asc", signature);
      const { key } = await checkSource(world, admin.actor, { ...rpm, given: null });
      return [key?.check?.state, key?.check?.because];
    };
    expect(await see(now, null)).toEqual(["unreached", expect.stringContaining("404")]);
    expect(await see(now, owner.signBeside(now))).toEqual(["verified", null]);
    expect(await see(old, owner.signBeside(now))).toEqual([
      "refused",
      expect.stringMatching(/changed/),
    ]);
    expect(await see(old, owner.signBeside(old))).toEqual([
      "refused",
      expect.stringMatching(/older/),
    ]);
    expect(await see(now, stranger.signBeside(now))).toEqual([
      "refused",
      expect.stringMatching(/pinned/),
    ]);
    expect(await distrusted()).toEqual(["refused"]);
  });

  test("is looked at by itself when its time has come, and each turn of it is in the ledger", async () => {
    await pin();
    served.set("/dists/stable/InRelease", owner.sign(release()));
    expect(await checkDueSources(world)).toBe(1);
    expect(await checkDueSources(world)).toBe(0);
    const later = { ...world, clock: () => NOW + 7 * 3_600_000 };
    expect(await checkDueSources(later)).toBe(2);
    const { rows } = await sql<{ type: string; facts: { uri: string; state?: string } }>`
      select type, facts from event where type like 'source.%' order by id desc limit 3`.execute(
      world.db,
    );
    expect(rows.map(({ type, facts }) => [type, facts.state])).toEqual([
      ["source.checked", "verified"],
      ["source.key-pinned", undefined],
      ["source.checked", "refused"],
    ]);
  });

  test("is pinned by who may apply policy everywhere, with public keys only", async () => {
    for (const keyring of [owner.secretKey, Buffer.from("no key"), Buffer.alloc(0)]) {
      await expect(pin(keyring)).rejects.toMatchObject({ code: "invalid" });
    }
    const doubled = Buffer.concat([owner.armoured, Buffer.from("x\n"), stranger.armoured]);
    await expect(pin(doubled)).rejects.toMatchObject({ code: "invalid" });
    await expect(
      pin(owner.publicKey, { uri: "https://nobody.example", suite: "x" }),
    ).rejects.toMatchObject({
      code: "not-found",
    });
    const limited = { ...admin.actor, grants: [] };
    const asking = { ...deb, form: "deb" as const, keyring: owner.publicKey, reason: "no" };
    await expect(pinSource(world, limited, asking)).rejects.toMatchObject({ code: "forbidden" });
    await expect(checkSource(world, limited, { ...deb, given: null })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});
