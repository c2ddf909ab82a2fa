import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifySshSignature } from "../../src/base/sshsig.ts";
import {
  makeWitness,
  openWitness,
  trustLog,
  type WitnessFolder,
  witnessKeys,
  witnessServer,
} from "../../src/cli/witness-machine.ts";
import type { World } from "../../src/db/world.ts";
import { askWitness, proposeNext, takeWitnesses } from "../../src/fleet/actions-witness.ts";
import { addWitness, changeQuorum, showWitnesses } from "../../src/fleet/actions-witnesses.ts";
import { signedHead } from "../../src/fleet/store-signed-head.ts";
import { loadCosigned } from "../../src/fleet/store-witness.ts";
import { signCheckpoint, verifierKey } from "../../src/ledger/checkpoint.ts";
import { openLogKey } from "../../src/ledger/store-log-key.ts";
import { integrated } from "../builders/integrated.ts";
import { aPerson, type TestPerson } from "../builders/stored.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";

/** A witness as its own program on its own folder, asked over HTTP by a real server's own loop. */
let made: TestWorld;
let world: World;
let admin: TestPerson;
let folder: string;
let witness: WitnessFolder;
let server: Server;
let url: string;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  admin = await aPerson(world, "ada", { role: "admin" });
  folder = join(mkdtempSync(join(tmpdir(), "fettle-elsewhere-")), "auditor");
  witness = makeWitness(folder, "auditor");
  server = witnessServer(witness, Date.now);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await addWitness(world, admin.actor, { ...witnessKeys(witness), url });
  await changeQuorum(world, admin.actor, 1);
});
afterAll(async () => {
  server.close();
  await made.close();
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

async function ask(): Promise<void> {
  await integrated(world);
  await sql`update ledger_witness set next_at = now()`.execute(world.db);
  await proposeNext(world);
  for (let turn = 0; turn < 3; turn += 1) {
    for (const one of await takeWitnesses(world, 8)) {
      await askWitness(world, one, AbortSignal.timeout(20_000));
    }
  }
}

async function newHead(need: number): Promise<void> {
  await changeQuorum(world, admin.actor, need);
  // As if the interval between two heads were over.
  await made
    .owner()
    .transaction()
    .execute(async (tx) => {
      await sql`alter table ledger_proposal disable trigger ledger_proposal_append_only`.execute(
        tx,
      );
      await sql`update ledger_proposal set at = at - interval '1 hour'`.execute(tx);
      await sql`alter table ledger_proposal enable trigger ledger_proposal_append_only`.execute(tx);
    });
}

const post = async (body: string) => {
  const answer = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
  return { status: answer.status, text: await answer.text() };
};

test("signs nothing of a log that nobody told it to trust", async () => {
  await ask();
  const { witnesses, sums } = await showWitnesses(world);
  expect(witnesses[0]?.problem).toContain("404");
  expect(sums.cosigned).toBe(0);
});

test("signs what grew, for C2SP tools and for hosts, and keeps it over a restart", async () => {
  trustLog(witness, verifierKey(await openLogKey(world)));
  await ask();
  const [one] = await loadCosigned(world.db, { beyond: 0, heads: 1 });
  expect(one).toMatchObject({ witness: "auditor", host: null });
  const { publicKeyLine } = openWitness(folder).hostKey;
  const bytes = signedHead(world, one!).text;
  const claim = { namespace: "fettle-cosign-v1", bytes, armoured: one!.signature } as const;
  expect(verifySshSignature({ ...claim, publicKeyLine }).ok).toBe(true);
  await newHead(0);
  await ask();
  const { witnesses } = await showWitnesses(world);
  expect(witnesses[0]).toMatchObject({ problem: null });
  expect(witnesses[0]!.signedSize).toBeGreaterThan(one!.size);
  expect(makeWitness(folder, "auditor").hostKey.publicKeyLine).toBe(publicKeyLine);
});

test("the server that forgot what the witness has seen learns it from its answer", async () => {
  await newHead(1);
  await sql`update ledger_witness set size = 0, root = ''`.execute(world.db);
  await ask();
  expect((await showWitnesses(world)).witnesses[0]).toMatchObject({ problem: null, tries: 0 });
});

test("a second history by the log's own key is refused, and both are kept to be shown", async () => {
  const key = await openLogKey(world);
  const { size } = (await showWitnesses(world)).witnesses[0]!;
  const note = signCheckpoint(key, size, Buffer.alloc(32, 7));
  expect(await post(`old ${size}\n\n${note}`)).toEqual({ status: 409, text: `${size}\n` });
  const fork = readdirSync(folder).find((file) => file.endsWith(".fork")) ?? "";
  const kept = readFileSync(join(folder, fork), "utf8");
  expect(kept).toContain(note);
  expect(kept.split("\n").filter((line) => line === String(size))).toHaveLength(2);
  // What it holds is still the history that it saw grow.
  await newHead(0);
  await ask();
  expect((await showWitnesses(world)).witnesses[0]).toMatchObject({ problem: null });
});

test("anything else is refused in a few words", async () => {
  for (const body of ["", "old x\n\nnote", "x".repeat(70_000)]) {
    expect((await post(body)).status).toBe(400);
  }
  expect((await fetch(`${url}/checkpoint`)).status).toBe(404);
});
