import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MadeArchive, makeArchive, packageFile } from "../../test/builders/apt-archive.ts";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { openSigner, type TestSigner } from "../../test/builders/signed-index.ts";
import { aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { World } from "../db/world.ts";
import { checkSource, pinSource } from "./actions-source-keys.ts";
import { loadSignedFiles } from "./store-signed-packages.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DAY = 86_400_000;
const LIST = "/dists/stable/main/binary-amd64/Packages";
let made: TestWorld;
let world: World;
let admin: TestPerson;
let owner: TestSigner;
let server: Server;
let folder: string;
let deb: { readonly uri: string; readonly suite: string };
let rpm: { readonly uri: string; readonly suite: string };
let old: MadeArchive;
let current: MadeArchive;
let endless = "";
let sent = 0;
const served = new Map<string, Buffer | (() => Buffer)>();
const asked: string[] = [];

const openssl = { name: "libssl3", version: "3.0.18-1", content: "new" };
const other = { name: "other", version: "1.0" };

beforeAll(async () => {
  made = await testWorld({ clock: () => NOW });
  const { config } = made.world;
  world = { ...made.world, config: { ...config, outbound: { networks: ["127.0.0.0/8"] } } };
  admin = await aPerson(world, "ada", { role: "admin", scope: "" });
  owner = openSigner("Archive");
  folder = mkdtempSync(join(tmpdir(), "fettle-lists-"));
  const archive = (name: string, version: string, at: number) =>
    makeArchive(join(folder, name), { packages: [{ ...openssl, version }, other], at });
  old = archive("old", "3.0.17-1", NOW - 3 * DAY);
  current = archive("current", openssl.version, NOW - DAY);
  server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push(url);
    if (url === endless) {
      const timer = setInterval(() => {
        sent += 65_536;
        response.write(Buffer.alloc(65_536));
      }, 1);
      request.on("close", () => clearInterval(timer));
      return;
    }
    const file = served.get(url);
    const body = typeof file === "function" ? file() : file;
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  deb = { uri, suite: "stable" };
  rpm = { uri: `${uri}/rpm`, suite: "baseos" };
  await addHost(world, {
    name: "a-1",
    packages: [aPackage({ name: "libssl3", source: "openssl", ecosystem: "Debian:12" })],
    runtime: [
      `source ${uri} stable main signed index-signed`,
      `source ${uri}/rpm baseos - signed index-signed`,
    ],
  });
});
afterAll(async () => {
  owner.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
  await made.close();
});

beforeEach(async () => {
  served.clear();
  asked.length = 0;
  endless = "";
  const pin = { form: "deb" as const, keyring: owner.publicKey, reason: "a test" };
  await pinSource(world, admin.actor, { ...deb, ...pin });
});

function serve({ release, packages, packed }: MadeArchive): void {
  served.set("/dists/stable/InRelease", owner.sign(release));
  served.set(LIST, packages);
  served.set(`${LIST}.gz`, packed);
}

async function look(source = deb) {
  const { key } = await checkSource(world, admin.actor, { ...source, given: null });
  return key?.check;
}

const filesOf = (version: string, name = "libssl3") =>
  loadSignedFiles(world.db, [{ name, version }]);
const digestOf = (file: Buffer): string => createHash("sha256").update(file).digest("hex");

describe("the lists of a source", () => {
  test("are read by their digests, to the digest of each package's file", async () => {
    serve(current);
    expect(await look()).toMatchObject({
      state: "verified",
      unlisted: null,
      listedDated: Math.floor((NOW - DAY) / 1000) * 1000,
      lists: [{ path: "main/binary-amd64/Packages", entries: 2, arch: "amd64" }],
    });
    const file = packageFile(join(folder, "current"), openssl);
    expect(await filesOf(openssl.version)).toMatchObject([
      {
        ...{ uri: deb.uri, suite: "stable", name: "libssl3", arch: "amd64" },
        ...{ version: openssl.version, sha256: digestOf(file), isGone: false },
        ...{ list: "main/binary-amd64/Packages", signedBy: owner.fingerprint },
      },
    ]);
    // Signed anew with the same lists: they are not fetched again.
    asked.length = 0;
    serve({ ...current, release: current.release.replace(/^Date: .*$/m, dateOf(NOW - 3_600_000)) });
    expect(await look()).toMatchObject({ listedDated: NOW - 3_600_000 });
    expect(asked).toEqual(["/dists/stable/InRelease"]);
  });

  test("keep when each file was first named, and which are named no more", async () => {
    serve(old);
    await look();
    const then = Math.floor((NOW - 3 * DAY) / 1000) * 1000;
    expect(await filesOf("3.0.17-1")).toMatchObject([{ firstSeen: then, isGone: false }]);
    serve(current);
    await look();
    expect(await filesOf("3.0.17-1")).toMatchObject([{ firstSeen: then, isGone: true }]);
    expect(await filesOf("1.0", "other")).toMatchObject([{ firstSeen: then, isGone: false }]);
    expect(await filesOf(openssl.version)).toMatchObject([{ firstSeen: then + 2 * DAY }]);
  });

  const attacks: readonly [what: string, act: () => void, because: RegExp][] = [
    ["those of another day", () => served.set(`${LIST}.gz`, old.packed), /another|longer|shorter/],
    [
      "a list with another file under the same name and version",
      () => {
        const evil = makeArchive(join(folder, "evil"), {
          packages: [{ ...openssl, content: "evil" }, other],
          at: NOW - DAY,
        });
        served.set(`${LIST}.gz`, evil.packed);
      },
      /another|longer|shorter/,
    ],
    [
      "a list without an end",
      () => {
        endless = `${LIST}.gz`;
      },
      /longer than was signed/,
    ],
    [
      "one that was cut",
      () => served.set(`${LIST}.gz`, current.packed.subarray(0, -20)),
      /shorter|opened/,
    ],
    [
      "a byte that was changed",
      () => {
        const packed = Buffer.from(current.packed);
        packed.writeUInt8(packed.readUInt8(40) ^ 1, 40);
        served.set(`${LIST}.gz`, packed);
      },
      /not the one that its signed index names/,
    ],
  ];
  test.each(attacks)("are refused with %s", async (_what, act, because) => {
    serve(current);
    act();
    sent = 0;
    expect(await look()).toMatchObject({
      state: "refused",
      because: expect.stringMatching(because),
    });
    expect(await filesOf(openssl.version)).toEqual([]);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  test("are refused where a small file opens to more than was signed", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const wrong = ` ${digestOf(bomb)} ${bomb.length} main/binary-amd64/Packages.gz`;
    const release = current.release.replace(
      /^ [0-9a-f]{64} +\d+ main\/binary-amd64\/Packages\.gz$/m,
      wrong,
    );
    serve({ ...current, release, packed: bomb });
    const before = process.memoryUsage().arrayBuffers;
    expect(await look()).toMatchObject({
      state: "refused",
      because: expect.stringMatching(/opens to more than was signed/),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * 1024 * 1024);
  });

  test("that are away say nothing against the source, and are told", async () => {
    serve(current);
    served.delete(`${LIST}.gz`);
    expect(await look()).toMatchObject({
      state: "verified",
      lists: [],
      unlisted: expect.stringContaining("404"),
    });
    served.set(
      "/dists/stable/InRelease",
      owner.sign(current.release.replaceAll("binary-amd64", "x")),
    );
    expect(await look()).toMatchObject({ state: "refused" });
  });

  test("of a mirror that changes meanwhile are asked for once more", async () => {
    serve(current);
    let times = 0;
    served.set(`${LIST}.gz`, () => (times++ === 0 ? old.packed : current.packed));
    expect(await look()).toMatchObject({ state: "verified", unlisted: null });
  });

  test("are asked for by their digests where the archive keeps them so", async () => {
    const release = `Acquire-By-Hash: yes\n${current.release}`;
    serve({ ...current, release });
    served.delete(`${LIST}.gz`);
    const place = `/dists/stable/main/binary-amd64/by-hash/SHA256/${digestOf(current.packed)}`;
    served.set(place, current.packed);
    expect(await look()).toMatchObject({ state: "verified", unlisted: null });
  });

  test("of an index that replays an older day are not read at all", async () => {
    serve(current);
    await look();
    serve(old);
    asked.length = 0;
    expect(await look()).toMatchObject({
      state: "refused",
      because: expect.stringMatching(/older/),
    });
    expect(asked).toEqual(["/dists/stable/InRelease"]);
    expect(await filesOf(openssl.version)).toMatchObject([{ isGone: false }]);
  });

  test("of rpm are read from repomd.xml over primary to the package's digest", async () => {
    const pin = { form: "rpm" as const, keyring: owner.publicKey, reason: "a test" };
    await pinSource(world, admin.actor, { ...rpm, ...pin });
    const root = join(folder, "rpm");
    const file = anRpm(root);
    execFileSync("createrepo_c", ["--quiet", "--revision", `${NOW / 1000 - 3600}`, root]);
    const serveRpm = (): void => {
      for (const name of readdirSync(join(root, "repodata"))) {
        served.set(`/rpm/repodata/${name}`, readFileSync(join(root, "repodata", name)));
      }
      const repomd = readFileSync(join(root, "repodata/repomd.xml"));
      served.set("/rpm/repodata/repomd.xml.asc", owner.signBeside(repomd));
    };
    serveRpm();
    expect(await look(rpm)).toMatchObject({
      state: "verified",
      unlisted: null,
      lists: [{ entries: 1 }],
    });
    expect(await filesOf("1.0-1", "fettle-demo")).toMatchObject([
      { arch: "noarch", sha256: digestOf(readFileSync(file)), uri: rpm.uri },
    ]);
    const primary = [...served.keys()].find((name) => name.includes("primary.xml")) ?? "";
    await pinSource(world, admin.actor, { ...rpm, ...pin });
    served.set(primary, Buffer.from("<metadata/>"));
    expect(await look(rpm)).toMatchObject({ state: "refused" });
    expect(await filesOf("1.0-1", "fettle-demo")).toEqual([]);
  });
});

/** Built by rpmbuild itself; returns the path of the package. */
function anRpm(root: string): string {
  mkdirSync(root, { recursive: true });
  const spec = join(root, "demo.spec");
  const head = ["Name: fettle-demo", "Version: 1.0", "Release: 1", "Summary: x", "License: x"];
  writeFileSync(spec, `${head.join("\n")}\nBuildArch: noarch\n%description\nx\n%files\n`);
  const top = `_topdir ${join(root, "top")}`;
  execFileSync("rpmbuild", ["-bb", "-D", top, "-D", `_rpmdir ${root}`, spec], { stdio: "ignore" });
  return join(root, "noarch/fettle-demo-1.0-1.noarch.rpm");
}

function dateOf(at: number): string {
  return `Date: ${new Date(at).toUTCString().replace("GMT", "UTC")}`;
}
