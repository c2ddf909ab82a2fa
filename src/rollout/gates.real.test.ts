import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goOn } from "../../test/builders/go-on.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { type HostId, newId, type SubjectId } from "../base/ids.ts";
import { MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import type { RoleName } from "../base/permission.ts";
import type { Gate } from "../policy/rings-gates.ts";
import { measureDueGates } from "./actions-gates.ts";
import { askMetrics, setMetricSource } from "./actions-metric-source.ts";
import { orderRevert } from "./actions-revert.ts";
import { showRollout } from "./actions-show.ts";
import { signGate } from "./actions-sign.ts";
import { takeTurns } from "./actions-turn.ts";
import type { Engine } from "./engine.ts";
import { loadReadings } from "./store-gates.ts";
import { addHosts, aRollout, openAllWaves, type Story } from "./store-story.ts";

/** Gates against a real Prometheus that scrapes an exporter of this test, and against real servers. */
const DEADLINE_MS = 20_000;
/** Enough hosts a side for a comparison of hosts. */
const SIDE = 22;

const isCi = process.env["CI"] === "true";
const hasPrometheus = isCi || spawnSync("prometheus", ["--version"]).error === undefined;

let test_: TestWorld;
let exporter: Server;
let service: Server;
let prometheus: ChildProcess | null = null;
let folder: string;
let patched: HostId[];
let peers: HostId[];
/** What the exporter tells now, and what the service answers. */
const told = { errors: "0.001", patchedMs: 100, status: 200 };

beforeAll(async () => {
  test_ = await testWorld();
  patched = await addHosts(test_.world.db, SIDE);
  peers = await addHosts(test_.world.db, SIDE);
  exporter = await listening((_asked, answer) => answer.end(metrics()));
  service = await listening((_asked, answer) => {
    answer.statusCode = told.status;
    answer.end("<h1>Shop</h1>");
  });
  if (!hasPrometheus) return;
  const port = await startPrometheus();
  await setMetricSource(test_.world, systemActor, {
    ...{ name: "main", url: `http://127.0.0.1:${port}`, secretFile: null, authority: null },
  });
  await until(async () => (await ask("count(latency_ms)")) === String(2 * SIDE));
}, 60_000);

afterAll(async () => {
  if (prometheus !== null) {
    const ended = new Promise((resolve) => prometheus?.once("exit", resolve));
    prometheus.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
  exporter.close();
  service.close();
  await test_.close();
});

function metrics(): string {
  const line = (host: HostId, value: number): string =>
    `latency_ms{instance="host-${host}:9100"} ${value}`;
  return [
    `error_ratio ${told.errors}`,
    ...patched.map((host, at) => line(host, told.patchedMs + at / 10)),
    ...peers.map((host, at) => line(host, 100 + at / 10)),
    "",
  ].join("\n");
}

function listening(answer: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(answer);
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function startPrometheus(): Promise<number> {
  folder = await mkdtemp(join(tmpdir(), "fettle-prometheus-"));
  const free = await listening(() => undefined);
  const port = portOf(free);
  await new Promise((resolve) => free.close(resolve));
  const config = join(folder, "prometheus.yml");
  const scrape = { job_name: "test", honor_labels: true, scrape_interval: "1s" };
  const targets = [`127.0.0.1:${portOf(exporter)}`];
  await writeFile(
    config,
    JSON.stringify({ scrape_configs: [{ ...scrape, static_configs: [{ targets }] }] }),
  );
  prometheus = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  return port;
}

async function ask(query: string): Promise<string | null> {
  const when = { at: Date.now(), lookbackMs: MINUTE_MS };
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const answer = await askMetrics(test_.world, { source: "main", query, when }, signal);
  if (answer.kind === "refused") return null;
  return String(answer.series[0]?.points[0]?.[1] ?? "");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error("it did not come about in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const measured = { interval: 30 * SECOND_MS, for: 0, failAfter: 1 };
const threshold = (onFail: Gate["onFail"]): Gate => ({
  name: "errors",
  onFail,
  rule: {
    kind: "prometheus",
    source: "main",
    query: "error_ratio",
    threshold: { comparison: "<", value: 0.01 },
    ...measured,
  },
});

/** A first wave that is done and verified, and a second one that waits for it. */
async function aStory(gates: readonly Gate[], over = {}): Promise<Story> {
  const { db } = test_.world;
  const waves = [
    { ring: "canary", hosts: patched, gate: { gates, soakSeconds: 0 } },
    { ring: "prod", hosts: peers },
  ];
  const story = await aRollout(db, waves, over);
  await openAllWaves(db, story);
  await sql`update wave set state = 'waiting', opened_at = null
             where rollout = ${story.id} and number = 2`.execute(db);
  await sql`update target set state = 'done', verdict = 'verified', ended_at = now()
             where rollout = ${story.id} and wave = 1`.execute(db);
  return story;
}

const engine = (): Engine => ({ world: test_.world, server: "a" }) as Engine;

/** Measures what is due, and lets the engine decide. */
async function measureAndTurn(story: Story): Promise<void> {
  const { db } = test_.world;
  await sql`update rollout_gate set next_at = now() where rollout = ${story.id}`.execute(db);
  await measureDueGates(test_.world, new AbortController().signal);
  while ((await takeTurns(engine(), 0)).hasMore);
}

async function shown(story: Story) {
  return (await showRollout(test_.world, systemActor, `R-${story.number}`)).view;
}

async function gateOf(story: Story, name = "errors") {
  const { waves } = await shown(story);
  return waves[0]?.gates.find((gate) => gate.name === name);
}

async function stop(story: Story): Promise<void> {
  const { db } = test_.world;
  await sql`update rollout set state = 'stopped', ended_at = now()
             where id = ${story.id}`.execute(db);
}

describe.skipIf(!hasPrometheus)("a threshold in a real Prometheus", () => {
  test("passes the wave while it holds, with its evidence kept", async () => {
    const story = await aStory([threshold("halt")]);
    await until(async () => {
      await measureAndTurn(story);
      return (await gateOf(story))?.answer === "pass";
    });
    expect((await shown(story)).waves[0]?.state).toBe("passed");
    const key = { rollout: story.id, wave: 1, name: "errors" };
    const [reading] = await loadReadings(test_.world.db, key, 1);
    expect(reading).toMatchObject({ kind: "good", words: "error_ratio is 0.001, < 0.01" });
    await stop(story);
  });

  test("halts the rollout when it is broken, and takes every host of the wave back", async () => {
    const story = await aStory([threshold("revert-wave")]);
    told.errors = "0.2";
    await until(async () => (await ask("error_ratio")) === "0.2");
    await measureAndTurn(story);
    const view = await shown(story);
    expect(view.haltReason).toBe(
      "the gate errors of wave 1 has failed: error_ratio is 0.2, not < 0.01",
    );
    expect(view.outcomes).toMatchObject({ verified: 0, waiting: 2 * SIDE });
    told.errors = "0.001";
    await stop(story);
  });

  test("that has no data waits, and says why", async () => {
    const gate = threshold("halt");
    const rule = { ...gate.rule, query: "absent_metric" } as Gate["rule"];
    const story = await aStory([{ ...gate, rule }]);
    await measureAndTurn(story);
    expect(await gateOf(story)).toMatchObject({ answer: "not-yet", words: /no data/ });
    expect((await shown(story)).now).toContain("no data is never a pass");
    await stop(story);
  });

  test("whose server is away waits, and says why", async () => {
    const gone = { url: "http://127.0.0.1:1", secretFile: null, authority: null };
    await setMetricSource(test_.world, systemActor, { name: "gone", ...gone });
    const gate = threshold("halt");
    const story = await aStory([
      { ...gate, rule: { ...gate.rule, source: "gone" } as Gate["rule"] },
    ]);
    await measureAndTurn(story);
    expect(await gateOf(story)).toMatchObject({
      answer: "not-yet",
      words: "gone: 127.0.0.1:1 could not be reached (ECONNREFUSED)",
    });
    await stop(story);
  });

  test("with a query that is none is told in the words of Prometheus", async () => {
    expect(await ask("sum(")).toBeNull();
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const when = { at: Date.now(), lookbackMs: MINUTE_MS };
    const of = { source: "main", query: "sum(", when };
    const answer = await askMetrics(test_.world, of, signal);
    expect(answer).toMatchObject({ kind: "refused", words: /^main: it says: .*parse error/ });
  });
});

describe.skipIf(!hasPrometheus)("a comparison in a real Prometheus", () => {
  const compare: Gate = {
    name: "latency",
    onFail: "halt",
    rule: {
      kind: "compare",
      ...{ source: "main", label: "instance", against: "unpatched", samples: "hosts" },
      ...{ over: MINUTE_MS, step: SECOND_MS, confidence: 0.98, pass: 95, marginal: 75 },
      metrics: [
        {
          ...{ name: "latency", query: "latency_ms", direction: "increase", weight: 1 },
          ...{ critical: true, mustHaveData: true, muted: false, nan: "remove", outliers: null },
          effect: { measure: "mean-ratio", tolerated: 0.25 },
        },
      ],
      ...measured,
    },
  };

  test("passes where patched hosts are as their unpatched peers, and fails where they are slower", async () => {
    const same = await aStory([compare]);
    await until(async () => {
      await measureAndTurn(same);
      return (await gateOf(same, "latency"))?.answer === "pass";
    });
    await stop(same);
    told.patchedMs = 300;
    await until(async () => (await ask("max(latency_ms)"))?.startsWith("302") === true);
    const slow = await aStory([compare]);
    await until(async () => {
      await measureAndTurn(slow);
      return (await shown(slow)).haltReason !== null;
    });
    expect((await shown(slow)).haltReason).toMatch(/of patched hosts is \d\.\d+ times/);
    told.patchedMs = 100;
    await stop(slow);
  });
});

describe("a check of a real service", () => {
  const check = (): Gate => ({
    name: "shop",
    onFail: "revert-all",
    rule: {
      kind: "check",
      http: {
        ...{ url: `http://127.0.0.1:${portOf(service)}/{host}`, method: "GET", headers: {} },
        ...{ status: 200, expectHeaders: {}, contains: "Shop", redirects: "refuse" },
      },
      ...{ each: "host", timeout: 5 * SECOND_MS, tries: 1, success: 1 },
      ...measured,
    },
  });
  const rules = { stabilisationMs: null, reverts: null, irreversible: [] };

  test("is asked for each patched host within the networks of the policy", async () => {
    const story = await aStory([check()], { rules: { ...rules, networks: ["127.0.0.0/8"] } });
    await measureAndTurn(story);
    const gate = await gateOf(story, "shop");
    expect(gate).toMatchObject({ answer: "pass", evidence: { runs: SIDE, good: SIDE } });
    await stop(story);
  });

  test("never reaches this machine unless the policy names it", async () => {
    const story = await aStory([{ ...check(), onFail: "hold" }]);
    await measureAndTurn(story);
    expect(await gateOf(story, "shop")).toMatchObject({
      answer: "fail",
      words: /is this machine itself/,
    });
    await stop(story);
  });

  test("that fails while it stabilises takes everything back, after the last wave too", async () => {
    const whole = { ...rules, networks: ["127.0.0.0/8"], stabilisationMs: MINUTE_MS };
    const story = await aStory([], { rules: whole, after: [check()] });
    const { db } = test_.world;
    await sql`update target set state = 'done', verdict = 'verified', ended_at = now()
               where rollout = ${story.id}`.execute(db);
    await sql`update wave set state = 'passed', opened_at = now(), passed_at = now()
               where rollout = ${story.id}`.execute(db);
    await measureAndTurn(story);
    expect((await shown(story)).now).toMatch(/every wave is done; shop must go on holding until/);
    told.status = 503;
    await measureAndTurn(story);
    const view = await shown(story);
    expect(view.haltReason).toMatch(/^the gate shop after the last wave has failed: 0 of/);
    expect(view.outcomes.waiting).toBe(2 * SIDE);
    told.status = 200;
    await stop(story);
  });
});

describe("people", () => {
  const someone = (role: RoleName): Actor => ({
    ...{ subject: newId<SubjectId>(Date.now()), name: "somebody", kind: "person", via: "session" },
    grants: [{ role, scope: [] }],
  });
  const signOff: Gate = {
    name: "signed",
    onFail: "hold",
    rule: { kind: "signOff", role: "approver", people: 1 },
  };

  test("with the role sign a wave off, and others cannot", async () => {
    const story = await aStory([signOff]);
    const ref = { rollout: `R-${story.number}`, wave: 1, gate: "signed" };
    const word = { ...ref, verdict: "accept", reason: "the canaries look well" } as const;
    await expect(signGate(test_.world, someone("operator"), word)).rejects.toThrow(/role approver/);
    await signGate(test_.world, someone("approver"), word);
    expect(await gateOf(story, "signed")).toMatchObject({
      answer: "pass",
      words: "accepted: the canaries look well",
    });
    await stop(story);
  });

  test("refuse a gate, and going on asks it anew", async () => {
    const story = await aStory([{ ...signOff, onFail: "halt" }]);
    const ref = { rollout: `R-${story.number}`, wave: 1, gate: "signed" };
    const refused = { ...ref, verdict: "refuse", reason: "the queue grows" } as const;
    await signGate(test_.world, someone("approver"), refused);
    await measureAndTurn(story);
    expect((await shown(story)).haltReason).toMatch(/has failed: refused: the queue grows/);
    await goOn(test_.world, ref.rollout);
    expect(await gateOf(story, "signed")).toMatchObject({ answer: "not-yet" });
    await stop(story);
  });

  test("take a wave back by their own word, and the rollout halts for it", async () => {
    const story = await aStory([signOff]);
    const given = { rollout: `R-${story.number}`, wave: 1, host: null, reason: "logins fail" };
    const ordered = await orderRevert(test_.world, someone("operator"), given);
    expect(ordered).toMatchObject({ hosts: SIDE, rollout: { state: "halted" } });
    await expect(orderRevert(test_.world, someone("operator"), given)).rejects.toThrow(
      /No host of it has the patch/,
    );
    await stop(story);
  });
});
