import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPublisher, type Publisher, publisherSubjects } from "../../test/builders/publisher.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { feedStatus, loadFeedFile } from "./actions.ts";
import { importBundle, makeBundle } from "./actions-bundle.ts";
import { refreshFeeds } from "./actions-network.ts";
import { BUNDLE_NAMESPACE, headerIn, paddingAfter, SIGNATURE, tarHeader } from "./bundle-format.ts";
import { sourceOf } from "./feed-source.ts";

/** Two servers with databases of their own; only the first has a way to publishers. */
let now = Date.parse("2026-11-21T12:00:00Z");
let near: TestWorld;
let far: TestWorld;
let publisher: Publisher;
const key = openMachineKey(makeMachineKey().privateKeyPem);
const stranger = openMachineKey(makeMachineKey().privateKeyPem);
const sources = ["kev", "epss", "nvd", "osv:npm"];

beforeAll(async () => {
  near = await testWorld({ clock: () => now });
  far = await testWorld({ clock: () => now });
  publisher = await openPublisher();
});
afterAll(async () => {
  await publisher.close();
  await near.close();
  await far.close();
});

async function fetchAll(count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  for (const name of sources) {
    const subject = publisherSubjects.find(({ source }) => source === name);
    if (subject === undefined) throw new Error(`no subject ${name}`);
    publisher.offer({ subject, offer: { numbers } });
    await refreshFeeds(near.world, systemActor, {
      isForced: true,
      sources: [sourceOf(name, [publisher.url + subject.path])],
      wait: async () => undefined,
    });
  }
}

async function bundle(signer = key, names: readonly string[] = []): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await makeBundle(near.world, systemActor, names)) chunks.push(chunk);
  return signed(Buffer.concat(chunks), (manifest) =>
    signDocument({ namespace: BUNDLE_NAMESPACE, key: signer, bytes: manifest }),
  );
}

function signed(tar: Buffer, sign: (manifest: Buffer) => string): Buffer {
  const size = headerIn(tar.subarray(0, 512))?.size ?? 0;
  const end = 512 + size + paddingAfter(size).length;
  const signature = Buffer.from(sign(tar.subarray(512, 512 + size)));
  const entry = [tarHeader(SIGNATURE, signature.length), signature, paddingAfter(signature.length)];
  return Buffer.concat([tar.subarray(0, end), ...entry, tar.subarray(end)]);
}

async function take(bytes: Buffer, of: { trust?: string | null; acceptOlder?: boolean } = {}) {
  return await importBundle(far.world, systemActor, {
    chunks: [bytes],
    trust: of.trust ?? null,
    acceptOlder: of.acceptOlder ?? false,
  });
}

async function held(made: TestWorld): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from kev where valid_to is null) as kev,
           (select count(*) from epss) as epss,
           (select count(*) from vulnerability_text where feed = 'nvd') as nvd,
           (select count(*) from statement where valid_to is null) as statements`.execute(
    made.world.db,
  );
  return rows[0];
}

describe("a bundle of feeds", () => {
  it("is refused from anybody who is not trusted, and nothing is changed", async () => {
    await fetchAll(40);
    const empty = await held(far);
    await expect(take(await bundle())).rejects.toThrow("Nobody's bundles are trusted");
    await expect(take(await bundle(stranger), { trust: key.publicKeyLine })).rejects.toThrow(
      "not signed by the key",
    );
    expect(await held(far)).toEqual(empty);
  });

  it("brings a server without network what the other was sent, as old as it is", async () => {
    now += DAY_MS / 2;
    const report = await take(await bundle(), { trust: key.publicKeyLine });
    expect(report.isNewSigner).toBe(true);
    expect(report.outcomes.map(({ kind }) => kind)).not.toContain("refused");
    expect(await held(far)).toEqual(await held(near));
    const kev = (await feedStatus(far.world)).find(({ name }) => name === "kev");
    expect(kev?.freshness).toEqual({ kind: "fresh", ageMs: DAY_MS / 2 });
    const { rows } = await sql`
      select facts ->> 'signer' as signer from event where type = 'feed.bundle-imported'`.execute(
      far.world.db,
    );
    expect(rows).toEqual([{ signer: report.signer }]);
  });

  it("taken twice changes nothing, and its signer need not be named again", async () => {
    const report = await take(await bundle());
    expect(report.isNewSigner).toBe(false);
    const whole = report.outcomes.filter(({ source }) => source !== "nvd");
    expect(whole.map(({ kind }) => kind)).toEqual(whole.map(() => "unchanged"));
  });

  it("that was changed at any place on the way is refused whole", async () => {
    const good = await bundle();
    const before = await held(far);
    for (const share of [0.001, 0.05, 0.3, 0.6, 0.9]) {
      const bad = Buffer.from(good);
      const at = Math.floor(bad.length * share);
      bad[at] = (bad[at] ?? 0) ^ 0xff;
      // Filling after a file's end belongs to nothing; all else is covered.
      await expect(take(bad).then((r) => r.outcomes.map((o) => o.kind))).rejects.toMatchObject({
        code: expect.stringMatching(/invalid|blocked/),
      });
    }
    await expect(take(good.subarray(0, good.length >> 1))).rejects.toMatchObject({
      code: "invalid",
    });
    expect(await held(far)).toEqual(before);
  });

  it("that is older than the last is refused unless told, and shrunk feeds still are", async () => {
    const old = await bundle();
    now += 60_000;
    await fetchAll(45);
    const next = await bundle();
    await take(next);
    expect(await held(far)).toEqual(await held(near));
    await expect(take(old)).rejects.toThrow("older than the last one");
    const back = await take(old, { acceptOlder: true });
    const kev = back.outcomes.find(({ source }) => source === "kev");
    expect(kev).toMatchObject({ kind: "refused" });
  });

  it("from a clock that goes ahead is refused", async () => {
    now += DAY_MS;
    const early = await bundle();
    now -= DAY_MS;
    await expect(take(early)).rejects.toThrow("clocks is wrong");
  });

  it("holds what was chosen, and files loaded by hand; a source that is not there is named", async () => {
    const record = `{"id":"GO-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"a"},"versions":["1.0.0"]}]}`;
    await loadFeedFile(near.world, systemActor, {
      bytes: Buffer.from(record),
      asOf: now,
      acceptShrink: false,
    });
    now += 60_000;
    const report = await take(await bundle(key, ["file/osv-go"]));
    expect(report.outcomes).toMatchObject([{ feed: "osv-go", kind: "loaded" }]);
    await expect(bundle(key, ["rustsec"])).rejects.toThrow("feed refresh rustsec");
  });

  it("is signed by stock ssh-keygen, and opened by stock tar", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fettle-bundle-"));
    try {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
      const chunks: Buffer[] = [];
      for await (const chunk of await makeBundle(near.world, systemActor, ["kev"])) {
        chunks.push(chunk);
      }
      const bytes = signed(Buffer.concat(chunks), (manifest) => {
        writeFileSync(join(folder, "m"), manifest);
        const args = ["-Y", "sign", "-q", "-n", BUNDLE_NAMESPACE, "-f", join(folder, "key")];
        return execFileSync("ssh-keygen", args, { input: manifest }).toString();
      });
      writeFileSync(join(folder, "b.tar"), bytes);
      const listed = execFileSync("tar", ["tf", join(folder, "b.tar")]).toString();
      expect(listed.split("\n").slice(0, 3)).toEqual([
        "manifest.json",
        "manifest.json.sig",
        "bodies/000001",
      ]);
      now += 60_000;
      const trust = readFileSync(join(folder, "key.pub"), "utf8");
      expect((await take(bytes, { trust })).isNewSigner).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
