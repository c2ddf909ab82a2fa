import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Agents, startAgents } from "../../test/builders/agents.ts";
import { approvedMark } from "../../test/builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { Loop } from "../base/loop.ts";
import { type Listener, listen } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { startScan } from "../inventory/actions-scan.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { agentExchange } from "../reach/agent-exchange.ts";
import { startAgentRelay } from "../reach/loops-agent-relay.ts";
import { startRollout } from "../rollout/actions.ts";
import { showRollout } from "../rollout/actions-show.ts";
import { startRollouts } from "../rollout/loops.ts";
import { type AgentListener, startAgentListener } from "../server/agent-listener.ts";
import { agentDoor } from "./actions-agent-door.ts";
import { agentCa } from "./store-agent-ca.ts";

/**
 * Two servers on one database behind one address that leads each connection to the other server than
 * the one before: whichever a host calls, it comes to the talk that waits for it.
 */
const isRoot = process.getuid?.() === 0;

interface Standing {
  readonly world: World;
  readonly relay: Loop;
  readonly listener: Listener;
}

describe.skipIf(!isRoot)("hosts that call another server than the one that waits for them", () => {
  let made: TestWorld;
  let folder: string;
  let agents: Agents;
  let second: AgentListener;
  let balancer: Server;
  const servers: Standing[] = [];
  const asked: Record<"first" | "second", string[]> = { first: [], second: [] };

  beforeAll(async () => {
    made = await testWorld();
    folder = mkdtempSync(join(tmpdir(), "fettle-elsewhere-"));
    agents = await startAgents(made.world, folder);
    const state = join(folder, "second");
    cpSync(join(made.world.paths.state, "keys"), join(state, "keys"), { recursive: true });
    const world = { ...made.world, paths: { state, sockets: state } };
    const config = { ...world.config, agentPort: 0, agentName: "localhost" };
    const ca = await agentCa(state);
    const door = agentDoor({ ...world, config });
    second = await startAgentListener(
      { ...world, config },
      {
        caPem: ca.certificatePem,
        issueServer: ca.issueServer,
        answer: (request) => {
          asked.second.push(request.url.pathname);
          return door.answer(request);
        },
      },
    );
    balancer = await startBalancer([Number(new URL(agents.url).port), second.port], asked.first);
    for (const one of [made.world, world]) {
      const relay = startAgentRelay(one);
      const listener = listen(made.connection, ["agent"], relay.wake);
      servers.push({ world: one, relay, listener });
    }
  });
  afterAll(async () => {
    for (const { listener } of servers) await listener.close();
    for (const { relay } of servers) await relay.stop();
    balancer?.close();
    await second?.close();
    await agents?.close();
    await made?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const count = async (table: string): Promise<number> => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from ${sql.table(table)}`.execute(made.world.db);
    return rows[0]?.count ?? 0;
  };
  const installed = async (name: string): Promise<void> => {
    const port = (balancer.address() as AddressInfo).port;
    const ran = await agents.install(name);
    expect(ran, ran.said).toMatchObject({ ok: true });
    writeFileSync(join(agents.folder(name), "var/agent/url"), `https://localhost:${port}\n`);
  };

  test("servers find each other", async () => {
    await expect.poll(() => count("agent_server"), { timeout: 5_000 }).toBe(2);
  });

  test("a whole rollout of one server goes over calls to both", async () => {
    const names = ["over-1", "over-2"];
    for (const name of names) await installed(name);
    await startScan(made.world, systemActor, { hosts: names, refresh: "nothing" });
    await Promise.all(names.map((name) => agents.run(name, "once")));
    const hosts = await loadHosts(made.world.db, { scopes: everywhere, names });
    const change = await approvedMark(made.world, [{ ring: "canary", hosts }]);
    const rollouts = startRollouts(made.world);
    const { id } = await startRollout(made.world, systemActor, { change });
    try {
      const deadline = Date.now() + 60_000;
      for (let state = ""; state !== "finished"; ) {
        const said = await Promise.all(names.map((name) => agents.run(name, "once")));
        const shown = await showRollout(made.world, systemActor, id);
        ({ state } = shown.row);
        const words = said.map((ran) => ran.said).join("");
        if (Date.now() > deadline) expect(shown.view, words).toBe("finished");
      }
    } finally {
      await rollouts.stop();
    }
    for (const name of names) {
      expect(readFileSync(join(agents.folder(name), "truth"), "utf8")).toBe("mark\n");
    }
    // Polls and words of talks alike came to the server that had nothing to say.
    expect(new Set(asked.second)).toContain("/agent/v1/poll");
    expect(asked.second.filter((path) => path === "/agent/v1/talk").length).toBeGreaterThan(2);
    const { rows } = await sql`select distinct state, way from job_result`.execute(made.world.db);
    expect(rows).toEqual([{ state: "done", way: "agent" }]);
    await expect.poll(() => count("agent_part"), { timeout: 5_000 }).toBe(0);
    await expect.poll(() => count("agent_talk"), { timeout: 5_000 }).toBe(0);
  });

  test("a talk is nobody's but its host's, by whichever server it asks", async () => {
    const [first, other] = servers.map(({ world }) => agentExchange(world.paths.state));
    const session = first!.open("h-mine", { verb: "inspect" });
    await expect.poll(() => count("agent_talk"), { timeout: 5_000 }).toBe(1);
    expect(await other!.begin("h-other", 0)).toBeNull();
    const begun = await other!.begin("h-mine", 0);
    expect(begun).toMatchObject({ input: "inspect\n" });
    const part = { bytes: Buffer.from("@busy\n"), isLast: false };
    expect(await other!.said("h-other", begun!.talk, part)).toBeNull();
    expect(await other!.said("h-mine", "0".repeat(32), part)).toBeNull();
    // Once it began, no second call begins it.
    expect(await other!.begin("h-mine", 0)).toBeNull();
    await session.close();
    expect(await other!.said("h-mine", begun!.talk, part)).toBeNull();
    await expect.poll(() => count("agent_talk"), { timeout: 5_000 }).toBe(0);
  });

  test("what a server left that is gone keeps nobody waiting", async () => {
    await sql`insert into agent_server values ('gone', now() - interval '50 seconds')`.execute(
      made.world.db,
    );
    await sql`insert into agent_talk values ('t', 'h-left', 'gone', false)`.execute(made.world.db);
    const exchange = agentExchange(servers[1]!.world.paths.state);
    const before = performance.now();
    expect(await exchange.begin("h-left", 0)).toBeNull();
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  test("a server that stops takes its talks with it, and the other works on alone", async () => {
    const [first, other] = servers;
    const session = agentExchange(first!.world.paths.state).open("h-late", { verb: "inspect" });
    await expect.poll(() => count("agent_talk"), { timeout: 5_000 }).toBeGreaterThan(0);
    await first!.listener.close();
    await first!.relay.stop();
    const { rows } = await sql`select from agent_talk where host = 'h-late'`.execute(made.world.db);
    expect(rows).toEqual([]);
    expect(await agentExchange(other!.world.paths.state).begin("h-late", 0)).toBeNull();
    await session.close();
  });
});

/** Each connection goes to the next port; what the first is asked is not looked into, only counted. */
function startBalancer(ports: readonly number[], first: string[]): Promise<Server> {
  let next = 0;
  const server = createServer((client) => {
    const port = ports[next % ports.length];
    next += 1;
    if (port === ports[0]) first.push("connection");
    const to = connect({ host: "127.0.0.1", port: port ?? 0 });
    for (const [from, into] of [
      [client, to],
      [to, client],
    ] as const) {
      from.pipe(into);
      from.on("error", () => into.destroy());
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
