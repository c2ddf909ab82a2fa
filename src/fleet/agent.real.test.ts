import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Agents, cloneHost, startAgents } from "../../test/builders/agents.ts";
import { approvedMark } from "../../test/builders/local-hosts.ts";
import { simulateAgents } from "../../test/builders/simulated-agents.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { DAY_MS } from "../base/instant.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { startScan } from "../inventory/actions-scan.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { loadWaysIn } from "../inventory/store-ways-in.ts";
import { ownProgram, programOf } from "../reach/own-program.ts";
import { startRollout } from "../rollout/actions.ts";
import { showRollout } from "../rollout/actions-show.ts";
import { startRollouts } from "../rollout/loops.ts";
import { startAgentListener } from "../server/agent-listener.ts";
import { concernsOfAgents, listAgents, moveAgent } from "./actions-agent.ts";
import { agentDoor } from "./actions-agent-door.ts";
import { writeAgentEnrol } from "./agent-enrol.ts";
import { agentCa } from "./store-agent-ca.ts";

/** Hosts that call in: the real program, real TLS, the real database. */
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("hosts that call in", () => {
  let made: TestWorld;
  let folder: string;
  let agents: Agents;
  beforeAll(async () => {
    made = await testWorld();
    folder = mkdtempSync(join(tmpdir(), "fettle-agent-"));
    agents = await startAgents(made.world, folder);
  });
  afterAll(async () => {
    await agents?.close();
    await made?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const stateOf = async (name: string) => {
    const page = { afterName: "", limit: 100 };
    const all = await listAgents(made.world, systemActor, page);
    return all.find((agent) => agent.name === name);
  };
  const events = async (type: string): Promise<number> => {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from event where type = ${type}`.execute(made.world.db);
    return rows[0]?.count ?? 0;
  };
  const wasLaid = (name: string): boolean =>
    existsSync(join(agents.folder(name), "etc/identity")) ||
    existsSync(join(agents.folder(name), "var/anchor"));

  test("a host enrols itself by one line, polls, and is scanned over its poll", async () => {
    const ran = await agents.install("web-1");
    expect(ran, ran.said).toMatchObject({ ok: true });
    expect(ran.said).toContain("enrolled as h-");
    const first = await agents.run("web-1", "once");
    expect(first, first.said).toMatchObject({ ok: true });
    expect(await stateOf("web-1")).toMatchObject({ state: "live", polls: 1 });
    const scan = await startScan(made.world, systemActor, { hosts: ["web-1"], refresh: "nothing" });
    const second = await agents.run("web-1", "once");
    expect(second, second.said).toMatchObject({ ok: true });
    const looked = async () => {
      const { rows } = await sql<{ state: string; problem: string | null }>`
        select state, problem from scan_host where scan_id = ${scan.id}`.execute(made.world.db);
      return rows;
    };
    await expect.poll(looked, { timeout: 10_000 }).toEqual([{ state: "changed", problem: null }]);
    expect(await events("host.enrolled")).toBe(1);
    // Who else is root there it says under the key that it made itself.
    const [host] = await loadHosts(made.world.db, { scopes: everywhere, names: ["web-1"] });
    expect(await loadWaysIn(made.world.db, host!.id)).toMatchObject({
      ...{ proof: "signed", problem: null },
      text: expect.stringContaining(`\nhost ${host!.protocolId}\nway agent\n`),
    });
    // Its text has folders of its own, so it is another program than the server's.
    const program = programOf(readFileSync(join(agents.folder("web-1"), "program"), "utf8"));
    expect(program.version).toBe(ownProgram().version);
    expect(await stateOf("web-1")).toMatchObject({ program });
    const { items } = await concernsOfAgents(made.world, systemActor);
    expect(items).toEqual([{ kind: "other-program", count: 1, names: ["web-1"] }]);
  });

  // The rollout is of another context, which this test only drives; its own tests judge it.
  test("a rollout reaches agents through their polls, under dash and busybox", async () => {
    const shells = { "roll-1": ["dash"], "roll-2": ["busybox", "ash"] };
    for (const [name, shell] of Object.entries(shells)) {
      const ran = await agents.install(name, { shell });
      expect(ran, ran.said).toMatchObject({ ok: true });
    }
    const scope = { scopes: everywhere, names: Object.keys(shells) };
    await startScan(made.world, systemActor, { hosts: scope.names, refresh: "nothing" });
    await Promise.all(scope.names.map((name) => agents.run(name, "once")));
    const hosts = await loadHosts(made.world.db, scope);
    const change = await approvedMark(made.world, [{ ring: "canary", hosts }]);
    const rollouts = startRollouts(made.world);
    const { id } = await startRollout(made.world, systemActor, { change });
    const truth = (name: string): string => {
      const file = join(agents.folder(name), "truth");
      return existsSync(file) ? readFileSync(file, "utf8") : "";
    };
    try {
      const deadline = Date.now() + 60_000;
      for (let state = ""; state !== "finished"; ) {
        const said = await Promise.all(scope.names.map((name) => agents.run(name, "once")));
        const shown = await showRollout(made.world, systemActor, id);
        ({ state } = shown.row);
        const words = said.map((ran) => ran.said).join("");
        if (Date.now() > deadline) expect(shown.view, words).toBe("finished");
      }
      expect(scope.names.map(truth)).toEqual(["mark\n", "mark\n"]);
      const { rows } = await sql`select distinct way from job_result`.execute(made.world.db);
      expect(rows).toEqual([{ way: "agent" }]);
    } finally {
      await rollouts.stop();
    }
  });

  test("R8 a token works once, in time, and for its own group only", async () => {
    const used = await agents.token();
    expect(await agents.install("once-1", { token: used.token })).toMatchObject({ ok: true });
    const again = await agents.install("once-2", { token: used.token });
    expect(again.ok).toBe(false);
    expect(wasLaid("once-2")).toBe(false);
    const late = await agents.token();
    await sql`update agent_token set made_at = now() - interval '2 hours', until = now() - interval '1 hour'
               where id = ${late.id}`.execute(made.world.db);
    expect((await agents.install("late", { token: late.token })).ok).toBe(false);
    expect(wasLaid("late")).toBe(false);
    const other = await agents.install("other-ring", { ring: "prod" });
    expect(other.said).toMatch(/E_AUDIENCE|no line for|E_POLICY/);
    expect(wasLaid("other-ring")).toBe(false);
    expect(await stateOf("other-ring")).toBeUndefined();
    const kept =
      await sql`select 1 from agent_token where token_digest like ${`%${used.token}%`}`.execute(
        made.world.db,
      );
    expect(kept.rows).toEqual([]);
  });

  test("R8 of fifty that race with one token exactly one is enrolled", async () => {
    const { id, token, policy } = await agents.token();
    const bodies = Array.from({ length: 50 }, (_, at) => {
      const key = openMachineKey(makeMachineKey().privateKeyPem);
      const text = writeAgentEnrol({
        tenant: made.world.config.deployment,
        host: `h-${sha256(key.publicKeyLine).slice(0, 20)}`,
        name: `race-${at}`,
        keyLine: key.publicKeyLine,
        ring: "canary",
        labels: ["ring=canary"],
        policy,
        token,
        boot: "0".repeat(32),
      });
      const namespace = "fettle-enrol-v1" as const;
      return `@enrol\n${text}@enrolsig\n${signDocument({ namespace, key, bytes: text })}@end\n`;
    });
    const url = new URL("https://agent/agent/v1/enrol");
    const replies = await Promise.all(
      bodies.map((body) =>
        agents.door.answer({
          ...{ method: "POST", url, authorization: null, admitted: null },
          body: Buffer.from(body),
          waitedMs: 0,
        }),
      ),
    );
    const codes = replies.map((reply) => reply.status);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    // A machine with no room may tell some of them to come later; none of them gets in.
    expect(codes.filter((code) => ![200, 403, 503].includes(code))).toEqual([]);
    const { rows } = await sql`
      select 1 from host h join agent_token t on t.used_by = h.id
       where t.id = ${id} and h.name like 'race-%'`.execute(made.world.db);
    expect(rows).toHaveLength(1);
  });

  test("U10 who shows no certificate may send a page of text and no more", async () => {
    const { certificatePem: ca } = await agentCa(made.world.paths.state);
    const post = (bytes: number): Promise<number> =>
      new Promise((resolve) => {
        const url = `${agents.url}/agent/v1/enrol`;
        const asked = request(url, { method: "POST", ca, agent: false }, (reply) => {
          reply.resume();
          resolve(reply.statusCode ?? 0);
        });
        // Cut off while it still sends.
        asked.on("error", () => resolve(413));
        asked.end(Buffer.alloc(bytes, 97));
      });
    expect(await post(60 * 1024)).not.toBe(413);
    expect(await post(70 * 1024)).toBe(413);
    expect(await post(8 * 1024 * 1024)).toBe(413);
  });

  test("U25 a server that hands out a policy or an authority of its own enrols nobody", async () => {
    const policy = await agents.install("own-policy", { policyDigest: sha256("another policy") });
    expect(policy.said).toContain("policy: FAILED");
    expect(wasLaid("own-policy")).toBe(false);
    const stranger = await agentCa(mkdtempSync(join(folder, "stranger-")));
    const posing = await agents.install("own-ca", { authority: stranger.certificatePem });
    expect(posing.said).toMatch(/certificate|SSL/);
    expect(wasLaid("own-ca")).toBe(false);
    expect(await stateOf("own-ca")).toBeUndefined();
  });

  test("R9 a copied machine and its twin are both refused until a person has looked", async () => {
    expect((await agents.install("twin")).ok).toBe(true);
    await cloneHost(agents.folder("twin"), agents.folder("twin-b"));
    expect(await agents.run("twin", "once")).toMatchObject({ ok: true });
    const copy = await agents.run("twin-b", "once");
    expect(copy.said).toContain("E_QUARANTINE");
    expect((await agents.run("twin", "once")).said).toContain("E_QUARANTINE");
    expect(await stateOf("twin")).toMatchObject({ state: "quarantined" });
    expect(await events("agent.quarantined")).toBe(1);
    const release = { host: "twin", verb: "release", reason: "the copy was deleted" } as const;
    await moveAgent(made.world, systemActor, release);
    expect(await agents.run("twin", "once")).toMatchObject({ ok: true });
    expect(await agents.run("twin", "once")).toMatchObject({ ok: true });
  });

  test("a buried id is refused at once and never given again", async () => {
    expect((await agents.install("gone")).ok).toBe(true);
    const bury = { host: "gone", verb: "bury", reason: "the disk was sold" } as const;
    await moveAgent(made.world, systemActor, bury);
    expect((await agents.run("gone", "once")).said).toContain("E_KEY");
    await expect(moveAgent(made.world, systemActor, { ...bury, verb: "release" })).rejects.toThrow(
      "buried already",
    );
  });

  test("a burial holds for open connections and on every server of the database at once", async () => {
    let aheadMs = 0;
    const clock = () => Date.now() + aheadMs;
    const world = { ...made.world, clock, config: { ...made.world.config, agentPort: 0 } };
    const ca = await agentCa(world.paths.state);
    const { certificatePem: caPem, issueServer } = ca;
    const doors = [agentDoor(world), agentDoor(world)];
    const servers = await Promise.all(
      doors.map((door) => startAgentListener(world, { caPem, issueServer, answer: door.answer })),
    );
    let at = 0;
    const [one, other, third] = await simulateAgents(
      world,
      3,
      () => servers[at]?.url ?? "",
      "both",
    );
    const pollBoth = async () => {
      const codes: string[] = [];
      for (at = 0; at < servers.length; at++) {
        for (const agent of [one, other]) codes.push((await agent?.poll())?.why ?? "none");
      }
      return codes;
    };
    try {
      // Both servers hold open connections, and move the same ratchets in turn.
      expect(await pollBoth()).toEqual(["", "", "", ""]);
      const talk = "0".repeat(32);
      expect((await one?.talk(talk, servers[0]?.url))?.text).toContain("E_TALK");
      const reason = "the disk was sold";
      await moveAgent(world, systemActor, { host: one?.protocolId ?? "", verb: "bury", reason });
      const since = performance.now();
      expect(await pollBoth()).toEqual(["E_KEY", "", "E_KEY", ""]);
      expect((await one?.talk(talk, servers[0]?.url))?.text).toContain("E_KEY");
      expect((await one?.talk(talk, servers[1]?.url))?.text).toContain("E_KEY");
      expect(performance.now() - since).toBeLessThan(5_000);
      await moveAgent(world, systemActor, {
        host: other?.protocolId ?? "",
        verb: "quarantine",
        reason,
      });
      expect((await other?.talk(talk, servers[1]?.url))?.text).toContain("E_QUARANTINE");
      // Nor does a connection outlive the certificate that opened it.
      at = 0;
      expect((await third?.poll())?.why).toBe("");
      aheadMs = 31 * DAY_MS;
      expect((await third?.poll())?.why).toBe("E_KEY");
    } finally {
      for (const agent of [one, other, third]) agent?.close();
      await Promise.all(servers.map((server) => server.close()));
      await Promise.all(doors.map((door) => door.stop()));
    }
  });

  test("500 agents are answered, and again after the listener was away, with no poll lost", async () => {
    const world = { ...made.world, config: { ...made.world.config, agentPort: 0 } };
    const ca = await agentCa(world.paths.state);
    const listen = () => {
      const { certificatePem: caPem, issueServer } = ca;
      return startAgentListener(world, { caPem, issueServer, answer: agents.door.answer });
    };
    let listener = await listen();
    const simulated = await simulateAgents(world, 500, () => listener.url);
    const all = () => Promise.all(simulated.map((agent) => agent.poll()));
    // A machine with no room sends some of a crowd off before their handshake; hosts call again.
    const answered = async (agent: (typeof simulated)[number]) => {
      const called = await agent.poll();
      return called.status === 0 ? agent.poll() : called;
    };
    const first = await Promise.all(simulated.map(answered));
    await listener.close();
    const away = await all();
    listener = await listen();
    const back = await Promise.all(simulated.map(answered));
    for (const agent of simulated) agent.close();
    await listener.close();
    const codes = (polls: readonly { status: number }[]) => [
      ...new Set(polls.map((p) => p.status)),
    ];
    expect([codes(first), codes(away), codes(back)]).toEqual([[200], [0], [200]]);
    const { rows } = await sql<{ polls: number; agents: number }>`
      select sum(poll_count) as polls, count(*) filter (where state = 'live') as agents
        from agent a join host h on h.id = a.host where h.name like 'sim-%'`.execute(world.db);
    expect(rows.map((row) => [Number(row.polls), row.agents])).toEqual([[1000, 500]]);
    // They do not come back in step.
    expect(new Set(back.map((poll) => poll.nextSeconds)).size).toBeGreaterThan(10);
  });
});
