import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPerson, aService, someHosts, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { DAY_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { rematch } from "../intel/rematch.ts";
import { putSbom } from "../inventory/actions-sboms.ts";
import { addService, editService } from "../inventory/actions-services.ts";
import { loadHost, updateHost } from "../inventory/store.ts";
import { movePatch, openPatch, requirePatch } from "./actions.ts";
import { datesAbout } from "./actions-deadline-show.ts";
import { debtOfFleet } from "./actions-debt.ts";
import { renewException, requestException } from "./actions-exception.ts";
import { approveException, closeException } from "./actions-exception-decide.ts";
import { caseEffects } from "./actions-exception-effect.ts";
import { endOverdueExceptions, requireException } from "./actions-exception-end.ts";
import { listExceptions } from "./actions-exception-list.ts";
import { findingsOfService } from "./actions-service-deadline.ts";
import type { ExceptionState, ReasonClass } from "./exception.ts";
import { loadException } from "./store-exception.ts";

/**
 * Exceptions on a real database, with real findings: first each promise by itself, then random stories
 * against a small model, then races in which exactly one story may come out.
 */
let made: TestWorld;
let world: World;
let now = Date.UTC(2026, 0, 1);
const people = new Map<string, TestPerson>();
let service: Actor;

const FIXED = "CVE-2026-0001";
const UNFIXED = "CVE-2026-0002";

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  for (const handle of ["alice", "bob", "carol"]) people.set(handle, await aPerson(world, handle));
  people.set("eve", await aPerson(world, "eve", { role: "approver", scope: "run=eve" }));
  service = await aService(world, "robot", people.get("alice")!);
  await loadTracker("3.0.18-1~deb12u1");
});
afterAll(() => made.close());

const the = (handle: string): Actor => people.get(handle)!.actor;

async function loadTracker(fixed: string, second: string | null = null): Promise<void> {
  const release = (version: string | null) => ({
    bookworm: {
      status: version === null ? "open" : "resolved",
      ...(version === null ? {} : { fixed_version: version }),
      urgency: "not yet assigned",
      repositories: {},
    },
  });
  const openssl = {
    [FIXED]: { scope: "local", releases: release(fixed) },
    [UNFIXED]: { scope: "local", releases: release(second) },
  };
  const bytes = Buffer.from(JSON.stringify({ openssl }));
  await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: true });
}

async function loadKev(...ids: readonly string[]): Promise<void> {
  const vulnerabilities = ids.map((cveID) => ({
    cveID,
    dateAdded: "2026-01-01",
    dueDate: "2026-12-01",
    knownRansomwareCampaignUse: "Unknown",
  }));
  const catalog = {
    title: "CISA Catalog of Known Exploited Vulnerabilities",
    catalogVersion: `2026.${ids.length}`,
    dateReleased: "2026-01-01T00:00:00.000Z",
    count: ids.length,
    vulnerabilities,
  };
  const bytes = Buffer.from(JSON.stringify(catalog));
  await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: true });
}

let runs = 0;

/** Hosts of their own, so that stories do not count each other's exceptions. */
async function newRun(labels: Readonly<Record<string, string>> = {}): Promise<string> {
  runs += 1;
  const run = `r${runs}`;
  const all = { run, exposure: "internal", ...labels };
  await someHosts(world, [
    { name: `${run}-1`, labels: all },
    { name: `${run}-2`, labels: all },
  ]);
  await rematch(world);
  return run;
}

interface Asking {
  readonly by?: Actor;
  readonly days?: number;
  readonly vulnerability?: string;
  readonly reasonClass?: ReasonClass;
  readonly controlLabel?: string;
  readonly patch?: string;
  readonly source?: string;
}

function ask(run: string, asking: Asking = {}) {
  const { by = the("alice"), days = 30, vulnerability = FIXED } = asking;
  return requestException(world, by, {
    ...(asking.source === undefined ? { vulnerability } : { source: asking.source }),
    selector: `run=${run}`,
    reasonClass: asking.reasonClass ?? "legacy",
    reason: "the till vendor certifies the old version only",
    owner: "carol",
    control: "its port is behind the firewall",
    evidence: "https://wiki.example/waf",
    controlLabel: asking.controlLabel,
    patch: asking.patch,
    until: now + days * DAY_MS,
  });
}

async function relabel(name: string, change: Readonly<Record<string, string>>): Promise<void> {
  const host = (await loadHost(world.db, name, [[]]))!;
  const labels = { ...host.labels, ...change };
  await inTransaction(world.db, (tx) =>
    updateHost(tx, host.id, { labels, way: host.way, mode: host.mode }),
  );
}

const stateOf = async (id: string): Promise<ExceptionState> =>
  (await loadException(world.db, id))!.state;

describe("an exception", () => {
  test("moves the date of a case while it runs, on all of its hosts, and leaves no trace after", async () => {
    const run = await newRun();
    const { patch } = await openPatch(world, the("alice"), { source: "openssl" });
    const others = await ask(run, { source: "openssl", patch: patch.id, days: 60 });
    expect(others.scope.vulnerabilities).toEqual([FIXED, UNFIXED]);
    await approveException(world, the("bob"), others.id);
    const one = (await caseEffects(world, [patch])).get(patch.id)!;
    expect(one).toMatchObject({ isExcepted: true, hosts: 2, hostsExcepted: 2 });
    expect(one.at === null || one.at === others.until || one.at === patch.deadline.at).toBe(true);
    // Whatever asks for the date gets the same answer: the case, its vulnerabilities, its hosts.
    expect((await datesAbout(world, systemActor, { name: `P-${patch.number}` })).effect).toEqual(
      one,
    );
    for (const about of [FIXED, `${run}-1`]) {
      const { dates, effect } = await datesAbout(world, systemActor, { name: about });
      expect(dates[0]?.at).toBeLessThan(others.until);
      expect(effect).toMatchObject({ isExcepted: true, at: others.until });
      expect(effect?.by.map((each) => each.number)).toEqual([others.number]);
    }
    const outside = await newRun();
    const two = (await caseEffects(world, [patch])).get(patch.id)!;
    expect(two).toMatchObject({ isExcepted: false, hosts: 4, at: patch.deadline.at });
    expect((await datesAbout(world, systemActor, { name: FIXED })).effect?.isExcepted).toBe(false);
    await inTransaction(world.db, (tx) =>
      movePatch(tx, { patch: patch.id, verb: "drop", actor: the("alice").subject, at: now }),
    );
    now = others.until;
    expect((await caseEffects(world, [patch])).size).toBe(0);
    expect(await endOverdueExceptions(world)).toBe(1);
    expect(await stateOf(others.id)).toBe("expired");
    // The case that was dropped for it is open again, with the date that it always had.
    const again = await requirePatch(world.db, patch.id);
    expect(again).toMatchObject({ state: "triage", deadline: patch.deadline });
    expect(outside).not.toBe(run);
  });

  test("ends by itself when a flaw becomes known to be exploited, and the ledger says why", async () => {
    const run = await newRun();
    const asked = await ask(run);
    await approveException(world, the("bob"), asked.id);
    expect(await endOverdueExceptions(world)).toBe(0);
    await loadKev(FIXED);
    expect(await endOverdueExceptions(world)).toBe(1);
    const ended = (await loadException(world.db, asked.id))!;
    expect(ended.state).toBe("ended");
    expect(ended.closedReason).toContain(`known to be exploited since: ${FIXED}`);
    const { rows } = await sql<{ type: string; why: string | null }>`
      select type, facts ->> 'why' as why from event where object = ${`exception:${asked.id}`}
       order by inserted`.execute(world.db);
    expect(rows).toEqual([
      { type: "exception.requested", why: null },
      { type: "exception.approved", why: null },
      { type: "exception.ended", why: "known-exploited" },
    ]);
    // What was known to be exploited when it was asked for breaks nothing.
    const second = await ask(await newRun());
    await approveException(world, the("bob"), second.id);
    expect(await endOverdueExceptions(world)).toBe(0);
    await loadKev("CVE-2020-0001");
  });

  test("ends when its control, its seclusion or the lack of a fix is gone", async () => {
    const control = await newRun({ waf: "on" });
    const secluded = await newRun();
    const unfixed = await newRun();
    const asked = [
      await ask(control, { controlLabel: "waf=on" }),
      await ask(secluded),
      await ask(unfixed, { reasonClass: "no-fix", vulnerability: UNFIXED }),
    ];
    for (const one of asked) await approveException(world, the("bob"), one.id);
    expect(await endOverdueExceptions(world)).toBe(0);
    await relabel(`${control}-2`, { waf: "off" });
    await relabel(`${secluded}-1`, { exposure: "public" });
    await loadTracker("3.0.18-1~deb12u1", "3.0.18-1~deb12u1");
    expect(await endOverdueExceptions(world)).toBe(3);
    const reasons = await Promise.all(
      asked.map(async (one) => (await loadException(world.db, one.id))!.closedReason),
    );
    expect(reasons[0]).toContain("gone from 1 of its hosts");
    expect(reasons[1]).toContain("exposed now");
    expect(reasons[2]).toContain(`There is a fix now for ${UNFIXED}`);
    await loadTracker("3.0.18-1~deb12u1");
  });

  test("is not given for what is not there, for too long, or for a reason that is not so", async () => {
    const run = await newRun();
    await expect(ask(run, { days: 91 })).rejects.toThrow("at most 90 days");
    await expect(ask(run, { vulnerability: "CVE-1999-0001" })).rejects.toThrow("Nothing to except");
    await expect(ask("nowhere")).rejects.toThrow("Nothing to except");
    await expect(ask(run, { reasonClass: "no-fix" })).rejects.toThrow("There is a fix");
    await expect(ask(run, { controlLabel: "waf=on" })).rejects.toThrow("do not carry the label");
  });

  test("is approved anew each time, at most twice, whether renewed or asked for as new", async () => {
    const run = await newRun();
    const first = await ask(run, { days: 10 });
    await approveException(world, the("bob"), first.id);
    now += 10 * DAY_MS;
    await endOverdueExceptions(world);
    const second = await renewException(world, the("alice"), {
      exception: first.id,
      reason: "the vendor ships in March",
      until: now + 10 * DAY_MS,
    });
    expect(second).toMatchObject({ state: "requested", renewal: 1, renews: first.id });
    await approveException(world, the("bob"), second.id);
    const third = await ask(run, { by: the("bob"), days: 20 });
    expect(third.renewal).toBe(2);
    await approveException(world, the("alice"), third.id);
    await expect(ask(run)).rejects.toThrow("there is no further one");
    // Fewer hosts of the same are no way around it, other hosts are other ones.
    await expect(
      requestException(world, the("alice"), {
        vulnerability: FIXED,
        hosts: [`${run}-1`],
        reasonClass: "legacy",
        reason: "only this one, please",
        owner: "carol",
        control: "a firewall in front",
        evidence: "https://wiki.example/waf",
        until: now + DAY_MS,
      }),
    ).rejects.toThrow("there is no further one");
    expect((await ask(await newRun())).renewal).toBe(0);
  });

  test("is out of reach of who asked for it, of services, and of approvers of other hosts", async () => {
    const run = await newRun();
    const asked = await ask(run);
    const byService = await ask(run, { by: service });
    for (const [who, id, why] of [
      [the("alice"), asked.id, "somebody else has to approve"],
      [{ ...the("alice"), via: "token" as const }, asked.id, "somebody else has to approve"],
      [the("alice"), byService.id, "somebody else has to approve"],
      [service, asked.id, "Only a person approves"],
      [{ ...service, kind: "system" as const }, byService.id, "Only a person approves"],
      [the("eve"), asked.id, "There is no exception"],
    ] as const) {
      await expect(approveException(world, who, id)).rejects.toThrow(why);
    }
    await newRunFor("eve");
    const hers = await ask("eve");
    const wider = await requestException(world, the("alice"), {
      vulnerability: FIXED,
      selector: `run in (eve,${run})`,
      reasonClass: "legacy",
      reason: "hers and some that are not",
      owner: "carol",
      control: "a firewall in front",
      evidence: "https://wiki.example/waf",
      until: now + DAY_MS,
    });
    await expect(approveException(world, the("eve"), wider.id)).rejects.toThrow("does not reach");
    expect((await requireException(world, the("eve"), hers.id)).id).toBe(hers.id);
    const page = { skip: 0, limit: 50 };
    const inbox = await listExceptions(world, the("eve"), { ...page, isWaiting: true });
    expect(inbox.items.map((one) => one.id)).toEqual([hers.id]);
    const seen = await listExceptions(world, the("eve"), { ...page, isWaiting: false });
    expect(seen.items.map((one) => one.id)).toEqual([wider.id, hers.id]);
    expect((await approveException(world, the("eve"), hers.id)).state).toBe("approved");
    for (const one of [wider, hers]) {
      const verb = one === hers ? "revoke" : "refuse";
      const given = { exception: one.id, verb, reason: "r" } as const;
      await closeException(world, the("bob"), given);
    }
  });
});

async function newRunFor(run: string): Promise<void> {
  await someHosts(world, [{ name: `${run}-1`, labels: { run, exposure: "internal" } }]);
}

interface Told {
  id: string;
  by: string;
  state: ExceptionState;
  until: number;
  renewal: number;
}

interface Model {
  readonly told: Told[];
}

interface Real {
  run: string;
}

type Handle = "alice" | "bob" | "carol";

abstract class Step implements fc.AsyncCommand<Model, Real> {
  readonly by: Handle;
  readonly which: number;
  constructor(by: Handle, which: number) {
    this.by = by;
    this.which = which;
  }
  check(): boolean {
    return true;
  }
  protected at(model: Model): Told | undefined {
    return model.told[this.which % Math.max(1, model.told.length)];
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    for (const told of model.told) {
      const row = (await loadException(world.db, told.id))!;
      expect({ state: row.state, renewal: row.renewal }, String(this)).toEqual({
        state: told.state,
        renewal: told.renewal,
      });
      expect(row.approvedBy).not.toBe(row.requesterPerson);
      if (row.approvedAt !== null)
        expect(row.until - row.approvedAt).toBeLessThanOrEqual(90 * DAY_MS);
    }
  }
  abstract act(model: Model, real: Real): Promise<void>;
  toString(): string {
    return `${this.constructor.name}(${this.by}, ${this.which})`;
  }
}

const isApproved = (told: Told): boolean =>
  ["approved", "expired", "revoked"].includes(told.state) && approvedOnce.has(told.id);
const approvedOnce = new Set<string>();

const nextRenewal = (model: Model): number =>
  Math.max(-1, ...model.told.filter(isApproved).map((told) => told.renewal)) + 1;

async function refusedWith(work: Promise<unknown>): Promise<string | null> {
  return work.then(
    () => null,
    (cause: { code?: string; message: string }) => {
      expect(["forbidden", "blocked"], cause.message).toContain(cause.code);
      return cause.code ?? null;
    },
  );
}

class Ask extends Step {
  async act(model: Model, { run }: Real): Promise<void> {
    const days = 5 + (this.which % 80);
    const renewal = nextRenewal(model);
    const work = ask(run, { by: the(this.by), days });
    if (renewal > 2) return void expect(await refusedWith(work)).toBe("blocked");
    const asked = await work;
    expect(asked.renewal).toBe(renewal);
    const { id, until } = asked;
    model.told.push({ id, by: this.by, state: "requested", until, renewal });
  }
}

class Approve extends Step {
  async act(model: Model): Promise<void> {
    const told = this.at(model);
    if (told === undefined) return;
    const renewal = nextRenewal(model);
    const isFree =
      told.state === "requested" && told.by !== this.by && now < told.until && renewal <= 2;
    const refused = await refusedWith(approveException(world, the(this.by), told.id));
    expect(refused === null, String(this)).toBe(isFree);
    if (!isFree) return;
    Object.assign(told, { state: "approved", renewal });
    approvedOnce.add(told.id);
  }
}

class Close extends Step {
  async act(model: Model): Promise<void> {
    const told = this.at(model);
    if (told === undefined) return;
    const verb = (["refuse", "withdraw", "revoke"] as const)[this.which % 3]!;
    const isFree = {
      refuse: told.state === "requested",
      withdraw: told.state === "requested" && told.by === this.by,
      revoke: told.state === "approved",
    }[verb];
    const given = { exception: told.id, verb, reason: "r" };
    const refused = await refusedWith(closeException(world, the(this.by), given));
    expect(refused === null, `${String(this)} ${verb}`).toBe(isFree);
    const states = { refuse: "refused", withdraw: "withdrawn", revoke: "revoked" } as const;
    if (isFree) told.state = states[verb];
  }
}

class Wait extends Step {
  async act(model: Model): Promise<void> {
    now += (1 + (this.which % 30)) * DAY_MS;
    await endOverdueExceptions(world);
    for (const told of model.told) {
      const isLive = told.state === "requested" || told.state === "approved";
      if (isLive && told.until <= now) told.state = "expired";
    }
  }
}

test("whatever people do, one story comes out, and nobody gets past the limits", async () => {
  const given = fc.tuple(fc.constantFrom<Handle>("alice", "bob", "carol"), fc.nat(100));
  const steps = [Ask, Approve, Approve, Close, Close, Wait].map((Kind) =>
    given.map(([by, which]) => new Kind(by, which)),
  );
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 16, size: "max" }), async (commands) => {
      const model: Model = { told: [] };
      const real: Real = { run: await newRun() };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      for (const told of model.told) seen.add(`${told.state} ${told.renewal}`);
    }),
    { numRuns: 40 },
  );
  // A test that never came far would prove nothing.
  const states = [...seen].map((text) => text.split(" ")[0]);
  expect(states).toEqual(expect.arrayContaining(["approved", "expired"]));
});

describe("at the same moment", () => {
  const ROUNDS = 8;

  test("many approve, refuse, withdraw and the time runs out: the last event is the state", async () => {
    const ends = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const asked = await ask(await newRun(), { days: 5 });
      const before = now;
      const close = (by: string, verb: "refuse" | "withdraw" | "revoke") =>
        closeException(world, the(by), { exception: asked.id, verb, reason: "r" });
      const expire = async (): Promise<void> => {
        now = asked.until;
        await endOverdueExceptions(world);
      };
      await Promise.allSettled([
        approveException(world, the("bob"), asked.id),
        approveException(world, the("carol"), asked.id),
        ...(round % 2 === 0 ? [close("alice", "withdraw"), close("bob", "refuse")] : []),
        ...(round % 4 === 3 ? [expire()] : []),
        close("carol", "revoke"),
      ]);
      now = before;
      const { rows } = await sql<{ type: string }>`
        select type from event where object = ${`exception:${asked.id}`} order by inserted
        `.execute(world.db);
      const types = rows.map((row) => row.type);
      expect(types.at(-1)).toBe(`exception.${await stateOf(asked.id)}`);
      expect(types.filter((type) => type === "exception.approved").length).toBeLessThanOrEqual(1);
      expect(types.filter((type) => !/requested|approved/.test(type)).length).toBeLessThanOrEqual(
        1,
      );
      ends.add(types.join(" "));
    }
    expect(ends.size).toBeGreaterThan(1);
  });

  test("two requests for the same are approved: the second counts as renewed", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = await newRun();
      const asked = [await ask(run), await ask(run, { by: the("carol") })];
      expect(asked.map((one) => one.renewal)).toEqual([0, 0]);
      const given = await Promise.all(
        asked.map((one) => approveException(world, the("bob"), one.id)),
      );
      expect(given.map((one) => one.renewal).sort()).toEqual([0, 1]);
    }
  });
});

describe("what services contain", () => {
  const CVE = "CVE-2026-0900";

  async function deploy(version: string, qs: string): Promise<void> {
    const packages = { "node_modules/qs": { version: qs } };
    await putSbom(world, systemActor, {
      ...{ service: "till", artifact: "web", environment: "", release: null, documentName: "" },
      version,
      bytes: Buffer.from(JSON.stringify({ lockfileVersion: 3, packages })),
    });
    await rematch(world);
  }

  test("is dated, excepted by name and owed by its team, as what hosts have is", async () => {
    const till = await addService(world, systemActor, {
      ...{ name: "till", title: "", team: "checkout", owners: [], repository: "" },
      labels: { run: "till", exposure: "internal", scope: "pci" },
      ...{ hostSelector: null, hosts: [], needs: [] },
    });
    await deploy("1", "6.0.0");
    const record = {
      id: CVE,
      modified: "2025-12-01T00:00:00Z",
      severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
      affected: [
        {
          package: { ecosystem: "npm", name: "qs" },
          ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "6.0.4" }] }],
        },
      ],
    };
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    await loadFeedFile(world, systemActor, { bytes, asOf: now, acceptShrink: true });
    const known = now;
    const standing = async () => {
      const [one, ...others] = await findingsOfService(world, till);
      expect(others).toEqual([]);
      return one!;
    };
    const first = await standing();
    expect(first).toMatchObject({
      vulnerability: CVE,
      source: "qs",
      standing: "in-time",
      by: null,
    });
    expect(first.dates[0]).toMatchObject({ exposure: "internal", clockStartedAt: known });
    // The same in a later document is the same sight of it.
    now += 2 * DAY_MS;
    await deploy("2", "6.0.0");
    expect((await standing()).dates).toEqual(first.dates);
    now += 60 * DAY_MS;
    expect((await standing()).standing).toBe("overdue");
    const debt = async () => {
      const { byLabel, sources } = await debtOfFleet(world, systemActor, { by: "team", days: 30 });
      const curve = byLabel.get("checkout")!;
      return { overdue: curve.overdue.at(-1)!, excepted: curve.excepted.at(-1)!, sources };
    };
    const owed = await debt();
    expect(owed.overdue).toBeGreaterThan(0);
    expect(owed.sources.find((one) => one.source === "qs")).toMatchObject({
      ...{ hosts: 0, services: ["till"], vulnerabilities: [CVE] },
    });

    const asked = await requestException(world, the("alice"), {
      ...{ vulnerability: CVE, services: ["till"], reasonClass: "legacy", owner: "carol" },
      ...{ reason: "the till vendor certifies the old version only", until: now + 20 * DAY_MS },
      control: "its port is behind the firewall",
      evidence: "https://wiki.example/waf",
    });
    expect(asked).toMatchObject({ assumes: { hosts: 1, isExposed: false, fixable: [CVE] } });
    expect(asked.scope.hosts).toEqual({ kind: "services", ids: [till.id] });
    await expect(approveException(world, the("eve"), `X-${asked.number}`)).rejects.toThrow();
    await approveException(world, the("bob"), `X-${asked.number}`);
    expect(await standing()).toMatchObject({
      ...{ standing: "excepted", effective: asked.until, by: { number: asked.number } },
    });
    const shown = await datesAbout(world, systemActor, { name: "till" });
    expect(shown.about.kind).toBe("service");
    expect(shown.effect).toMatchObject({ isExcepted: true, at: asked.until });
    expect(shown.effects.get(CVE)?.by).toMatchObject([{ number: asked.number }]);
    const during = await debt();
    expect([during.overdue, during.excepted]).toEqual([0, owed.overdue]);
    // What its approval rested on turns: the service is reached from outside now.
    await editService(world, systemActor, "till", { labels: { exposure: "internet" } });
    expect(await endOverdueExceptions(world)).toBeGreaterThan(0);
    expect(await standing()).toMatchObject({ standing: "overdue", by: null });
    await deploy("3", "6.0.4");
    expect(await findingsOfService(world, till)).toEqual([]);
  });
});
