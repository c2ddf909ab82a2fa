import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { addKey, dropKey, listKeys } from "./actions-keys.ts";
import { makeSetupLink, setUp } from "./actions-setup.ts";
import { insertSubject, personBehind } from "./store.ts";
import { loadLiveKeys } from "./store-keys.ts";
import { ensureSetupSecret } from "./store-setup-secret.ts";

let world: World;
let close: () => Promise<void>;
let folder: string;

async function aPerson(handle: string): Promise<Actor> {
  const subject = newId<SubjectId>(Date.now());
  await inTransaction(world.db, (tx) =>
    insertSubject(tx, { id: subject, kind: "person", handle, name: handle, owner: null }),
  );
  return { subject, name: handle, kind: "person", via: "session", grants: [] };
}

function aKey(type: string): { readonly line: string; readonly fingerprint: string } {
  const path = join(folder, `${type}-${Math.random()}`);
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "me@laptop", "-f", path]);
  const listed = execFileSync("ssh-keygen", ["-lf", `${path}.pub`], { encoding: "utf8" });
  return { line: readFileSync(`${path}.pub`, "utf8"), fingerprint: listed.split(" ")[1]! };
}

beforeAll(async () => {
  ({ world, close } = await testWorld());
  folder = mkdtempSync(join(tmpdir(), "fettle-keys-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await close();
});

describe("approver keys", () => {
  test("are kept with the fingerprint that ssh-keygen prints, without the comment", async () => {
    const actor = await aPerson("key-owner");
    for (const type of ["ed25519", "ecdsa"]) {
      const { line, fingerprint } = aKey(type);
      const key = await addKey(world, actor, { line, title: "laptop", credentialHash: null });
      expect(key.fingerprint).toBe(fingerprint);
      expect(JSON.stringify(key)).not.toContain("me@laptop");
    }
    const live = (await loadLiveKeys(world.db)).filter((key) => key.handle === "key-owner");
    expect(live).toHaveLength(2);
  });

  test("are refused when they are of another kind or no keys at all", async () => {
    const actor = await aPerson("picky");
    const rsa = aKey("rsa").line;
    for (const line of [rsa, "ssh-ed25519 AAAA", "", "-----BEGIN OPENSSH PRIVATE KEY-----"]) {
      await expect(
        addKey(world, actor, { line, title: "x", credentialHash: null }),
      ).rejects.toMatchObject({ code: "invalid" });
    }
  });

  test("belong to one person for ever, also after they were removed", async () => {
    const [first, second] = [await aPerson("first"), await aPerson("second")];
    const { line } = aKey("ed25519");
    const add = (actor: Actor) => addKey(world, actor, { line, title: "k", credentialHash: null });
    const key = await add(first);
    await expect(add(second)).rejects.toMatchObject({ code: "conflict" });
    await expect(dropKey(world, second, key.id)).rejects.toMatchObject({ code: "not-found" });
    await dropKey(world, first, key.id);
    expect((await loadLiveKeys(world.db)).map((k) => k.id)).not.toContain(key.id);
    await expect(add(second)).rejects.toMatchObject({ code: "conflict" });
    expect((await add(first)).id).toBe(key.id);
    expect(await listKeys(world, first, {})).toHaveLength(1);
    await expect(listKeys(world, first, { user: "second" })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  test("of a disabled person do not count", async () => {
    const actor = await aPerson("leaver");
    const { line } = aKey("ed25519");
    const key = await addKey(world, actor, { line, title: "k", credentialHash: null });
    await sql`update subject set disabled_at = now() where id = ${actor.subject}`.execute(world.db);
    expect((await loadLiveKeys(world.db)).map((k) => k.id)).not.toContain(key.id);
  });

  test("a token without a known credential, or a service, adds none", async () => {
    const actor = await aPerson("scripted");
    const { line } = aKey("ed25519");
    for (const other of [
      { ...actor, via: "token" as const },
      { ...actor, kind: "system" as const },
    ]) {
      await expect(
        addKey(world, other, { line, title: "k", credentialHash: null }),
      ).rejects.toMatchObject({ code: "forbidden" });
    }
  });
});

describe("separation of duties", () => {
  test("the person behind a service is its owner", async () => {
    const owner = await aPerson("owner");
    const service = newId<SubjectId>(Date.now());
    await inTransaction(world.db, (tx) =>
      insertSubject(tx, {
        id: service,
        kind: "service",
        handle: "robot",
        name: "Robot",
        owner: owner.subject,
      }),
    );
    expect(await personBehind(world.db, service)).toBe(owner.subject);
    expect(await personBehind(world.db, owner.subject)).toBe(owner.subject);
  });
});

describe("setup", () => {
  test("is refused when the secret's file was deleted or cut short", async () => {
    const path = (await ensureSetupSecret(world))!;
    const secret = readFileSync(path, "utf8").trim();
    const input = { secret, handle: "root", name: "Root", address: "::1" };
    rmSync(path);
    await expect(setUp(world, input)).rejects.toMatchObject({ code: "forbidden" });
    const again = readFileSync((await ensureSetupSecret(world))!, "utf8").trim();
    expect(again).not.toBe(secret);
    expect(await ensureSetupSecret(world)).toBe(path);
    expect(readFileSync(path, "utf8").trim()).toBe(again);
    await expect(setUp(world, input)).rejects.toMatchObject({ code: "forbidden" });
    await setUp(world, { ...input, secret: again });
    expect(await ensureSetupSecret(world)).toBeNull();
  });

  test("stays closed when the database is put back to a time before it", async () => {
    const { world: other, close: closeOther } = await testWorld();
    const { world: before, close: closeBefore } = await testWorld();
    const key = await openLogKey(other);
    const secret = readFileSync((await ensureSetupSecret(other))!, "utf8").trim();
    await setUp(other, { secret, handle: "root", name: "Root", address: "::1" });
    await sequence(other, key);
    const restored: World = { ...before, paths: other.paths };
    expect(await ensureSetupSecret(restored)).toBeNull();
    expect(await makeSetupLink(restored)).toBeNull();
    const input = { secret, handle: "eve", name: "Eve", address: "::1" };
    await expect(setUp(restored, input)).rejects.toMatchObject({ code: "forbidden" });
    await closeBefore();
    await closeOther();
  });
});
