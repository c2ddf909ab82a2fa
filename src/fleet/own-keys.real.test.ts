import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPerson, someHosts } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import { insertAuthority } from "../reach/store-certificates.ts";
import { demandOwnKeys } from "./actions-own-keys.ts";
import { insertEnrolment } from "./store.ts";

/** A server that comes to a database with hosts which know the keys of another state folder. */
let made: TestWorld;
let host: HostId;
let keys: string;
beforeAll(async () => {
  made = await testWorld();
  [host = "" as HostId] = await someHosts(made.world, [{ name: "web-1", labels: {} }]);
  keys = join(made.world.paths.state, "keys");
  mkdirSync(keys, { recursive: true });
});
afterAll(() => made?.close());

const refusal = (): Promise<string | null> =>
  demandOwnKeys(made.world).then(
    () => null,
    (cause: unknown) => (cause instanceof Failure ? cause.message : String(cause)),
  );

test("a server with hosts that nobody enrolled makes its keys when it needs them", async () => {
  expect(await refusal()).toBeNull();
});

test("once a host knows the dispatcher, a server without its key does not start", async () => {
  const { actor } = await aPerson(made.world, "ann");
  await inTransaction(made.world.db, (tx) =>
    insertEnrolment(tx, {
      ...{ host, way: "piped", ring: "canary", policyVersion: 1, policyDigest: null },
      ...{ keyLine: "ecdsa-sha2-nistp256 AAAA", enrolledBy: actor.subject },
    }),
  );
  expect(await refusal()).toBe(
    `Hosts of this database know the keys of another state folder: dispatcher.pem is not in ${keys}. Put the folder back from a backup, or copy it from another server of this database; new keys would be refused by every host.`,
  );
  writeFileSync(join(keys, "dispatcher.pem"), "key");
  expect(await refusal()).toBeNull();
});

test("nor one without the authority whose certificates hosts take", async () => {
  const key = { generation: 1, keyLine: "ecdsa-sha2-nistp256 AAAB", signs: "now" } as const;
  const at = made.world.clock();
  await inTransaction(made.world.db, (tx) => insertAuthority(tx, { ...key, at }));
  expect(await refusal()).toContain(": ssh-ca-1.pem is not in");
  writeFileSync(join(keys, "ssh-ca-1.pem"), "key");
  expect(await refusal()).toBeNull();
  rmSync(keys, { recursive: true });
  expect(await refusal()).toContain(": dispatcher.pem, ssh-ca-1.pem are not in");
});
