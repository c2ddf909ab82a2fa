import { sql } from "kysely";
import type { Actor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { ChangeId, HostId, SubjectId } from "../../src/base/ids.ts";
import { MINUTE_MS } from "../../src/base/instant.ts";
import { makeMachineKey, openMachineKey } from "../../src/base/sshsig.ts";
import { emptyCalendar } from "../../src/calendar/model.ts";
import { requestChange } from "../../src/change/actions.ts";
import { approveChange } from "../../src/change/actions-approve.ts";
import type { Change } from "../../src/change/model.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import type { Executor } from "../../src/fleet/model.ts";
import { createPlan } from "../../src/plan/actions.ts";
import { loadPlan } from "../../src/plan/store.ts";
import { startRollout } from "../../src/rollout/actions.ts";
import { takeResults } from "../../src/rollout/actions-results.ts";
import { takeTurns } from "../../src/rollout/actions-turn.ts";
import type { Engine } from "../../src/rollout/engine.ts";
import { resultMove } from "../../src/rollout/result-move.ts";
import type { RolloutRow } from "../../src/rollout/store.ts";
import { permit } from "../../src/rollout/store-permits.ts";
import { recordVerdict, takeUnjudged } from "../../src/rollout/store-results.ts";
import { age } from "../../src/rollout/store-story.ts";
import { recordProgress } from "../../src/rollout/store-targets.ts";
import { ADMIN } from "../builders/first-admin.ts";
import { integrated } from "../builders/integrated.ts";
import { testRings } from "../builders/plan.ts";
import { aPatch, aPerson, askedOpenssl, someHosts, type TestPerson } from "../builders/stored.ts";

/**
 * A fleet, its people and a plan in a test's database, and a rollout whose hosts a test plays: what
 * they say comes from the test, everything that is decided and stored comes from the engine.
 */
export interface Scene {
  readonly world: World;
  readonly carol: TestPerson;
  readonly alice: TestPerson;
  readonly bob: TestPerson;
  readonly patch: string;
}

/** Wider limits than the shipped ones, so that some hosts work at the same time. */
export const rings = testRings
  .replace("batch: { size: 1, inFlightMax: 1 }", "batch: { size: 4, inFlightMax: 4 }")
  .replace("batch: { size: 25%, inFlightMax: 2 }", "batch: { size: 50%, inFlightMax: 6 }")
  .replace(
    'failedMax: 0\n    opens: always\n    onFailure: { rollback: host }\n  - name: "2"',
    'failedMax: 2\n    opens: always\n    onFailure: { rollback: host }\n  - name: "2"',
  );

export async function setScene(
  world: World,
  hosts: Readonly<Record<string, number>> = { canary: 6, "1": 16, "2": 40 },
): Promise<Scene> {
  const carol = await aPerson(world, "carol");
  const alice = await aPerson(world, "alice");
  const bob = await aPerson(world, "bob", { role: "approver" });
  for (const [ring, count] of Object.entries(hosts)) {
    const names = Array.from({ length: count }, (_, at) => ({
      name: `${ring === "canary" ? "canary" : `web-r${ring}`}-${String(at + 1).padStart(2, "0")}`,
      labels: { ring, service: "web" },
    }));
    await someHosts(world, names);
  }
  return { world, carol, alice, bob, patch: await aPatch(world, carol) };
}

/** The administrator who is signed in, acting outside the browser. */
export async function administrator(world: World): Promise<Actor> {
  const { rows } = await sql<{ id: SubjectId }>`
    select id from subject where handle = ${ADMIN.handle}`.execute(world.db);
  const [found] = rows;
  if (found === undefined) throw new Error("nobody is set up");
  const grants = [{ role: "admin", scope: [] }] as const;
  return { subject: found.id, name: ADMIN.handle, kind: "person", via: "token", grants };
}

export async function requested(
  scene: Scene,
  some: { readonly class?: "normal" | "emergency"; readonly hosts?: string } = {},
): Promise<Change> {
  const { world, carol, patch } = scene;
  const request = { patch, policy: { text: rings }, class: "normal" as const, ...some };
  const { plan } = await createPlan(world, carol.actor, request, askedOpenssl);
  const reason = "OpenSSL 3.0.18 closes a hole that is exploited.";
  return requestChange(world, carol.actor, { plan: plan.digest, reason });
}

export async function approved(scene: Scene, change: Change, by: TestPerson): Promise<Change> {
  const plan = await loadPlan(scene.world.db, change.plan);
  const signature = by.sign(plan?.statement ?? "");
  const given = { change: change.id, signature };
  const after = (await approveChange(scene.world, by.actor, given)).change;
  await integrated(scene.world);
  return after;
}

export async function started(scene: Scene, change: Change): Promise<PlayedRollout> {
  const row = await startRollout(scene.world, scene.carol.actor, { change: change.id });
  // The approved time begins at the next whole second.
  await age(scene.world.db, 5 * MINUTE_MS);
  return new PlayedRollout(scene.world, row, change.id);
}

interface Job {
  readonly host: HostId;
  readonly attempt: number;
  readonly epoch: number;
}

export class PlayedRollout {
  readonly world: World;
  readonly row: RolloutRow;
  readonly change: ChangeId;
  readonly engine: Engine;
  readonly jobs = new Map<string, Job>();
  #made = 0;

  constructor(world: World, row: RolloutRow, change: ChangeId) {
    this.world = world;
    this.row = row;
    this.change = change;
    this.engine = {
      world,
      server: "test",
      executor: {} as Executor,
      dispatcherKey: openMachineKey(makeMachineKey().privateKeyPem),
    };
  }

  /** The engine decides until nothing follows any more; what it started is at work. */
  async turn(): Promise<void> {
    const { db } = this.world;
    for (let turns = 0; turns < 4; turns += 1) {
      await sql`update rollout set look_at = now() where id = ${this.row.id}`.execute(db);
      const { claimed } = await takeTurns(this.engine, 100);
      for (const { host, attempt, epoch } of claimed) {
        this.jobs.set(await this.nameOf(host), { host, attempt, epoch });
      }
    }
  }

  /** All claimed hosts get their permit and begin. */
  async begin(): Promise<void> {
    const { db } = this.world;
    const under = { scopes: this.row.scopes, changes: [this.change], calendar: emptyCalendar };
    for (const { host, attempt, epoch } of this.jobs.values()) {
      const index = await this.#indexOf(host);
      const about = { rollout: this.row.id, host, index, attempt, epoch };
      this.#made += 1;
      const nonce = this.#made.toString(16).padStart(32, "0");
      await permit(db, [{ ...about, kind: "apply", nonce }], under);
      const line = { rollout: this.row.id, host, attempt, verb: "begin", step: "STEP 1 upgrade" };
      await inTransaction(db, (tx) => recordProgress(tx, [line as never]));
    }
  }

  /** A host's signed word, then the fresh look at it. */
  async end(name: string, state: "done" | "failed" | "rolled-back" = "done"): Promise<void> {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`${name} is not at work`);
    this.jobs.delete(name);
    this.#made += 1;
    const document = `${name} ${this.#made}`;
    const kind = "apply" as const;
    const code = state === "done" ? "-" : "E_PROBE";
    const said = { lastLine: "", isAccepted: true, now: Date.now() };
    const result = {
      plan: this.row.plan,
      host: job.host,
      attempt: job.attempt,
      kind,
      state,
      code,
      way: "ssh",
      counter: this.#made,
      document,
      digest: sha256(document),
      signature: "s",
      signedBy: "k",
      move: resultMove({ kind, state, code }, said),
      lookBy: null,
    };
    await inTransaction(this.world.db, (tx) => takeResults(tx, [result], Date.now()));
  }

  async look(verdict: "verified" | "unverified" = "verified"): Promise<void> {
    const take = { owner: "test", countMax: 100, leaseSeconds: 60 };
    const looks = await inTransaction(this.world.db, (tx) => takeUnjudged(tx, take));
    for (const { rollout, host, attempt } of looks) {
      const of = { rollout, host, attempt, owner: "test", retryAfterSeconds: 5 };
      const evidence = { libssl3: { wanted: "3.0.18-1~deb12u1", found: "3.0.18-1~deb12u1" } };
      await inTransaction(this.world.db, (tx) => recordVerdict(tx, { ...of, verdict, evidence }));
    }
  }

  async nameOf(host: HostId): Promise<string> {
    const { rows } = await sql<{ name: string }>`
      select name from host where id = ${host}`.execute(this.world.db);
    return rows[0]?.name ?? "";
  }

  async #indexOf(host: HostId): Promise<number> {
    const { rows } = await sql<{ index: number }>`
      select leaf_index as index from target where rollout = ${this.row.id} and host = ${host}`.execute(
      this.world.db,
    );
    return rows[0]?.index ?? -1;
  }
}
