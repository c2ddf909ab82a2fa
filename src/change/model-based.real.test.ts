import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { editChange, requestChange } from "./actions.ts";
import { approveChange } from "./actions-approve.ts";
import {
  expireOverdue,
  finishChange,
  rejectChange,
  startChange,
  withdrawChange,
} from "./actions-end.ts";
import type { ChangeState } from "./model.ts";
import { approvalsFor, loadChange, lockApproval } from "./store.ts";

/**
 * The whole context against a small model of what is allowed, on a real database; then races, where
 * several people act on one change at the same moment and exactly one story may come out.
 */
const HANDLES = ["alice", "bob", "carol", "dave"] as const;
type Handle = (typeof HANDLES)[number];

const isLong = process.env["FETTLE_TEST_LONG"] === "1";
const LONG_MS = isLong ? 2 * 3_600_000 : 60_000;

let made: TestWorld;
let world: World;
let now = Date.now();
let patch: string;
const people = new Map<Handle, TestPerson>();
/** States that any sequence came through. */
const seen = new Set<string>();

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  for (const handle of HANDLES) people.set(handle, await aPerson(world, handle));
  await someHosts(world, [{ name: "web-1", labels: { ring: "canary" } }]);
  patch = await aPatch(world, people.get("carol")!);
});
afterAll(() => made.close());

const the = (handle: Handle): TestPerson => people.get(handle)!;

async function plan(by: Handle, need: 1 | 2, replaces?: string): Promise<string> {
  const request = {
    patch,
    policy: { text: testRings },
    class: need === 1 ? ("normal" as const) : ("emergency" as const),
    replaces,
  };
  return (await createPlan(world, the(by).actor, request, askedOpenssl)).plan.digest;
}

interface Real {
  id: string;
  /** The digest asked for now, and all before. */
  plans: string[];
}

interface Model {
  state: ChangeState | "none";
  requester: Handle;
  need: number;
  approvers: Handle[];
  edits: number;
}

const sign = async (who: Handle, digest: string): Promise<string> =>
  the(who).sign((await loadPlan(world.db, digest))?.statement ?? "");

const isRefused = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    (cause: { code?: string }) => {
      // A refusal is a Failure with a code that people can act on, never a crash.
      expect(["forbidden", "blocked", "conflict", "invalid", "not-found"]).toContain(cause.code);
      return true;
    },
  );

abstract class Step implements fc.AsyncCommand<Model, Real> {
  protected readonly by: Handle;
  constructor(by: Handle) {
    this.by = by;
  }
  check(_model: Readonly<Model>): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    if (model.state === "none") return;
    const mustPass = this.isAllowed(model);
    expect(await isRefused(this.act(model, real)), String(this)).toBe(!mustPass);
    if (mustPass) this.apply(model);
    await this.compare(model, real);
  }
  /** The database tells the model's story, and the promises hold. */
  async compare(model: Model, real: Real): Promise<void> {
    const change = (await loadChange(world.db, real.id))!;
    const approvals = await approvalsFor(world.db, change.id);
    expect(change.state).toBe(model.state);
    seen.add(change.state);
    expect(approvals.map((one) => one.handle).sort()).toEqual([...model.approvers].sort());
    expect(model.approvers).not.toContain(model.requester);
    const runs = ["running", "completed", "failed", "backed-out"].includes(change.state);
    if (runs || change.state === "approved") {
      expect(new Set(model.approvers).size).toBeGreaterThanOrEqual(change.need);
    }
  }
  abstract isAllowed(model: Model): boolean;
  abstract act(model: Model, real: Real): Promise<unknown>;
  abstract apply(model: Model): void;
  toString(): string {
    return `${this.constructor.name} by ${this.by}`;
  }
}

class Request extends Step {
  readonly need: 1 | 2;
  constructor(by: Handle, need: 1 | 2) {
    super(by);
    this.need = need;
  }
  override check(model: Readonly<Model>): boolean {
    return model.state === "none";
  }
  override async run(model: Model, real: Real): Promise<void> {
    const digest = await plan(this.by, this.need);
    const ask = { plan: digest, reason: "r" };
    const change = await requestChange(world, the(this.by).actor, ask);
    real.id = change.id;
    real.plans = [digest];
    Object.assign(model, { state: "requested", requester: this.by, need: this.need });
    await this.compare(model, real);
  }
  isAllowed = (): boolean => true;
  act = async (): Promise<void> => undefined;
  apply = (): void => undefined;
}

class Approve extends Step {
  isAllowed(model: Model): boolean {
    const isNew = !model.approvers.includes(this.by);
    return model.state === "requested" && this.by !== model.requester && isNew;
  }
  async act(_model: Model, real: Real): Promise<unknown> {
    const signature = await sign(this.by, real.plans.at(-1)!);
    return approveChange(world, the(this.by).actor, { change: real.id, signature });
  }
  apply(model: Model): void {
    model.approvers.push(this.by);
    if (model.approvers.length >= model.need) model.state = "approved";
  }
}

/** Signs the first plan, which after an edit is not the one that is asked for. */
class ApproveOldPlan extends Approve {
  override isAllowed(model: Model): boolean {
    return model.edits === 0 && super.isAllowed(model);
  }
  override async act(_model: Model, real: Real): Promise<unknown> {
    const signature = await sign(this.by, real.plans[0]!);
    return approveChange(world, the(this.by).actor, { change: real.id, signature });
  }
}

/** Sends the signature of somebody else. */
class ApproveForAnother extends Approve {
  override isAllowed = (): boolean => false;
  override async act(_model: Model, real: Real): Promise<unknown> {
    const other = HANDLES[(HANDLES.indexOf(this.by) + 1) % HANDLES.length]!;
    const signature = await sign(other, real.plans.at(-1)!);
    return approveChange(world, the(this.by).actor, { change: real.id, signature });
  }
}

class Edit extends Step {
  isAllowed(model: Model): boolean {
    return ["requested", "approved"].includes(model.state) && this.by === model.requester;
  }
  async act(model: Model, real: Real): Promise<void> {
    const digest = await plan(this.by, model.need === 1 ? 1 : 2, real.plans.at(-1));
    const edit = { change: real.id, plan: digest, reason: "r" };
    await editChange(world, the(this.by).actor, edit);
    real.plans.push(digest);
  }
  apply(model: Model): void {
    Object.assign(model, { state: "requested", approvers: [], edits: model.edits + 1 });
  }
}

class Withdraw extends Step {
  isAllowed(model: Model): boolean {
    const states = ["requested", "approved", "running"];
    return states.includes(model.state) && this.by === model.requester;
  }
  act(_model: Model, real: Real): Promise<unknown> {
    return withdrawChange(world, the(this.by).actor, { change: real.id, reason: "r" });
  }
  apply(model: Model): void {
    model.state = "withdrawn";
  }
}

class Reject extends Step {
  isAllowed(model: Model): boolean {
    return ["requested", "approved"].includes(model.state);
  }
  act(_model: Model, real: Real): Promise<unknown> {
    return rejectChange(world, the(this.by).actor, { change: real.id, reason: "r" });
  }
  apply(model: Model): void {
    model.state = "rejected";
  }
}

class Start extends Step {
  isAllowed(model: Model): boolean {
    return model.state === "approved";
  }
  act(_model: Model, real: Real): Promise<unknown> {
    return start(real.id);
  }
  apply(model: Model): void {
    model.state = "running";
  }
}

class Finish extends Step {
  isAllowed(model: Model): boolean {
    return model.state === "running";
  }
  async act(_model: Model, real: Real): Promise<void> {
    const change = (await loadChange(world.db, real.id))!;
    const end = {
      change: change.id,
      verb: "complete" as const,
      actor: change.requestedBy,
      at: now,
    };
    const isDone = await inTransaction(world.db, (tx) => finishChange(tx, end));
    if (!isDone) throw Object.assign(new Error("not running"), { code: "blocked" });
  }
  apply(model: Model): void {
    model.state = "completed";
  }
}

class Expire extends Step {
  isAllowed = (): boolean => true;
  async act(_model: Model, real: Real): Promise<void> {
    const before = now;
    now = (await loadChange(world.db, real.id))!.expiresAt;
    await expireOverdue(world);
    now = before;
  }
  apply(model: Model): void {
    if (["requested", "approved"].includes(model.state)) model.state = "expired";
  }
}

function start(id: string) {
  return inTransaction(world.db, async (tx) => {
    const change = (await loadChange(tx, id))!;
    await lockApproval(tx, [change.id], "shared");
    return startChange(world, tx, { change: change.id, actor: change.requestedBy, at: now });
  });
}

test(
  "whatever people do, nobody approves an own request and nothing runs without approvals",
  async () => {
    const who = fc.constantFrom(...HANDLES);
    // What leads to the end is drawn more often: were each drawn as often as the others, one run in six
    // would never see a change completed.
    const onward = [
      who.map((by) => new Approve(by)),
      who.map((by) => new Start(by)),
      who.map((by) => new Finish(by)),
    ];
    const steps = [
      ...Array.from({ length: 4 }, () => onward).flat(),
      who.map((by) => new ApproveOldPlan(by)),
      who.map((by) => new ApproveForAnother(by)),
      who.map((by) => new Edit(by)),
      who.map((by) => new Withdraw(by)),
      who.map((by) => new Reject(by)),
      who.map((by) => new Expire(by)),
    ];
    await fc.assert(
      fc.asyncProperty(
        who,
        fc.constantFrom(1 as const, 2 as const),
        fc.commands(steps, { maxCommands: 14, size: "max" }),
        async (by, need, commands) => {
          const model: Model = { state: "none", requester: by, need, approvers: [], edits: 0 };
          const real: Real = { id: "", plans: [] };
          await new Request(by, need).run(model, real);
          await fc.asyncModelRun(() => ({ model, real }), commands);
        },
      ),
      // A sample of the 10,000 sequences that FETTLE_TEST_LONG runs on this same database.
      { numRuns: isLong ? 10_000 : 80 },
    );
    // A test that never came far would prove nothing.
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(["completed", "expired", "rejected", "requested", "withdrawn"]),
    );
  },
  LONG_MS,
);

describe("at the same moment", () => {
  const ROUNDS = 15;

  async function eventTypes(id: string): Promise<string[]> {
    const { rows } = await sql<{ type: string }>`
      select type from event where change = ${id} order by inserted`.execute(world.db);
    return rows.map((row) => row.type);
  }

  async function aRequest(need: 1 | 2): Promise<Real> {
    const real: Real = { id: "", plans: [] };
    const model: Model = { state: "none", requester: "carol", need, approvers: [], edits: 0 };
    await new Request("carol", need).run(model, real);
    return real;
  }

  test("two approve where one is enough: one approval counts, the other comes too late", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, plans } = await aRequest(1);
      const given = (["alice", "bob", "dave"] as const).map(async (who) =>
        approveChange(world, the(who).actor, { change: id, signature: await sign(who, plans[0]!) }),
      );
      const ended = await Promise.allSettled(given);
      expect(ended.filter((one) => one.status === "fulfilled")).toHaveLength(1);
      const types = await eventTypes(id);
      expect(types.filter((type) => type === "change.approved")).toHaveLength(1);
      expect(types.filter((type) => type === "approval.given")).toHaveLength(1);
    }
  });

  test("one person approves many times: it counts once", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, plans } = await aRequest(2);
      const signature = await sign("alice", plans[0]!);
      const given = Array.from({ length: 4 }, () =>
        approveChange(world, the("alice").actor, { change: id, signature }),
      );
      const ended = await Promise.allSettled(given);
      expect(ended.filter((one) => one.status === "fulfilled")).toHaveLength(1);
      expect((await loadChange(world.db, id))?.state).toBe("requested");
    }
  });

  test("approvals meet an edit: the new plan has none of them", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, plans } = await aRequest(2);
      const next = await plan("carol", 2, plans[0]);
      const signatures = await Promise.all([sign("alice", plans[0]!), sign("bob", plans[0]!)]);
      await Promise.allSettled([
        approveChange(world, the("alice").actor, { change: id, signature: signatures[0] }),
        editChange(world, the("carol").actor, { change: id, plan: next, reason: "r" }),
        approveChange(world, the("bob").actor, { change: id, signature: signatures[1] }),
      ]);
      const change = (await loadChange(world.db, id))!;
      expect(change).toMatchObject({ plan: next, state: "requested" });
      expect(await approvalsFor(world.db, change.id)).toEqual([]);
      await expect(start(id)).rejects.toMatchObject({ code: "blocked" });
    }
  });

  test("approval, start, withdrawal and expiry meet: one story, and nothing starts after its end", async () => {
    const ends = new Set<string>();
    for (let round = 0; round < ROUNDS * 2; round += 1) {
      const { id, plans } = await aRequest(1);
      const signature = await sign("alice", plans[0]!);
      const before = now;
      await Promise.allSettled([
        approveChange(world, the("alice").actor, { change: id, signature }).then(() => start(id)),
        round % 2 === 0
          ? withdrawChange(world, the("carol").actor, { change: id, reason: "r" })
          : (async () => {
              const { expiresAt } = (await loadChange(world.db, id))!;
              now = expiresAt;
              await expireOverdue(world);
            })(),
      ]);
      now = before;
      const { state } = (await loadChange(world.db, id))!;
      const types = await eventTypes(id);
      // The last event is the state, and what is over is followed by nothing.
      expect(types.at(-1)).toBe(`change.${state}`);
      const over = types.findIndex((type) => /\.(withdrawn|expired)$/.test(type));
      if (over >= 0) expect(over).toBe(types.length - 1);
      if (types.includes("change.running")) {
        expect(types.indexOf("change.approved")).toBeLessThan(types.indexOf("change.running"));
      }
      ends.add(state);
    }
    expect(ends.has("withdrawn")).toBe(true);
  });

  test("1,000 commands of several people over the same changes leave one story each", async () => {
    const CHANGES = 25;
    const EACH = 40;
    const reals = await Promise.all(Array.from({ length: CHANGES }, () => aRequest(1)));
    const race = async ({ id, plans }: (typeof reals)[number], at: number) => {
      const signatures = new Map<Handle, string>();
      for (const who of HANDLES) signatures.set(who, await sign(who, plans[0]!));
      const commands = Array.from({ length: EACH }, (_, n) => {
        const who = HANDLES[(at + n) % HANDLES.length]!;
        const { actor } = the(who);
        switch ((at + n * 7) % 10) {
          case 0:
          case 1:
          case 2:
            return approveChange(world, actor, { change: id, signature: signatures.get(who)! });
          case 3:
          case 4:
          case 5:
          case 6:
            return start(id);
          case 7:
            return at % 3 === 0
              ? rejectChange(world, actor, { change: id, reason: "r" })
              : approveChange(world, actor, { change: id, signature: signatures.get("carol")! });
          case 8:
            return at % 5 === 0
              ? withdrawChange(world, the("carol").actor, { change: id, reason: "r" })
              : start(id);
          default:
            return approveChange(world, actor, { change: id, signature: signatures.get("alice")! });
        }
      });
      return Promise.all(commands.map((work) => isRefused(work)));
    };
    // Two hundred at a time: more would only wait for a connection, and in the end not get one.
    const TOGETHER = 5;
    const refused: boolean[] = [];
    for (let at = 0; at < CHANGES; at += TOGETHER) {
      const some = reals.slice(at, at + TOGETHER);
      const told = await Promise.all(some.map((real, n) => race(real, at + n)));
      refused.push(...told.flat());
    }
    expect(refused).toHaveLength(CHANGES * EACH);
    const ends = new Set<string>();
    for (const { id } of reals) {
      const change = (await loadChange(world.db, id))!;
      const given = await approvalsFor(world.db, change.id);
      const types = await eventTypes(id);
      const at = (type: string): number => types.indexOf(type);
      expect(types.at(-1)).toBe(`change.${change.state}`);
      for (const once of ["change.approved", "change.running", "approval.given"]) {
        expect(types.filter((type) => type === once).length).toBeLessThanOrEqual(1);
      }
      if (at("change.running") >= 0) {
        expect(at("approval.given")).toBeLessThan(at("change.running"));
        expect(at("change.approved")).toBeLessThan(at("change.running"));
        expect(given.map(({ handle }) => handle)).not.toContain("carol");
      }
      ends.add(change.state);
    }
    expect([...ends].sort()).toEqual(expect.arrayContaining(["rejected", "running"]));
  });
});
