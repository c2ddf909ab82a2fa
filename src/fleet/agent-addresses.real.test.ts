import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Agents, startAgents } from "../../test/builders/agents.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type AgentListener, startAgentListener } from "../server/agent-listener.ts";
import { writeBusy } from "./agent-message.ts";
import { POLLS_UNDER_WAY_MAX } from "./agent-pace.ts";
import { agentCa } from "./store-agent-ca.ts";

/** A host that knows several addresses of its server, and one that is sent away for a while. */
const isRoot = process.getuid?.() === 0;
/** Nobody listens there: the port is one that only root may take. */
const NOBODY = "https://localhost:1";

describe.skipIf(!isRoot)("the addresses of a host that calls in", () => {
  let made: TestWorld;
  let folder: string;
  let agents: Agents;
  const open: AgentListener[] = [];
  beforeAll(async () => {
    made = await testWorld();
    folder = mkdtempSync(join(tmpdir(), "fettle-addresses-"));
    agents = await startAgents(made.world, folder);
  });
  afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())));
  afterAll(async () => {
    await agents?.close();
    await made?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Another server on the same database, which counts what reaches it. */
  const another = async (of: { readonly state?: string; readonly busySeconds?: number } = {}) => {
    const config = { ...made.world.config, agentPort: 0, agentName: "localhost" };
    const ca = await agentCa(of.state ?? made.world.paths.state);
    let requests = 0;
    const listener = await startAgentListener(
      { ...made.world, config },
      {
        caPem: ca.certificatePem,
        issueServer: ca.issueServer,
        answer: (request) => {
          requests += 1;
          const { busySeconds: retrySeconds } = of;
          if (retrySeconds === undefined) return agents.door.answer(request);
          const text = writeBusy("E_BUSY", "later", retrySeconds);
          return Promise.resolve({ status: 503, text, refusal: null, retrySeconds });
        },
      },
    );
    open.push(listener);
    return { url: listener.url, close: listener.close, requests: () => requests };
  };
  const read = (name: string, file: string): string =>
    readFileSync(join(agents.folder(name), "var/agent", file), "utf8");

  test("the next address is asked where nobody answers, and stays the first from then on", async () => {
    const other = await another();
    for (const [name, shell] of [
      ["two-dash", ["dash"]],
      ["two-ash", ["busybox", "ash"]],
    ] as const) {
      const ran = await agents.install(name, { url: NOBODY, also: [other.url, agents.url], shell });
      expect(ran, ran.said).toMatchObject({ ok: true });
      expect(ran.said).toContain(`the server is ${other.url}`);
      expect(read(name, "url")).toBe(`${other.url}\n${NOBODY}\n${agents.url}\n`);
    }
    const before = other.requests();
    expect(await agents.run("two-dash", "once")).toMatchObject({ ok: true });
    expect(other.requests()).toBe(before + 1);
    await other.close();
    open.splice(0);
    const moved = await agents.run("two-dash", "once");
    expect(moved, moved.said).toMatchObject({ ok: true });
    expect(moved.said).toContain(`${other.url} cannot be reached`);
    expect(read("two-dash", "url")).toBe(`${agents.url}\n${other.url}\n${NOBODY}\n`);
    // The ratchet is the database's: the other server knows the token of the one before.
    expect(await agents.run("two-dash", "once")).toMatchObject({ ok: true, said: "" });
  });

  test("an address with another authority is told nothing, at enrolment and later", async () => {
    const stranger = await another({ state: mkdtempSync(join(folder, "stranger-")) });
    const also = [agents.url];
    const ran = await agents.install("posed", { url: stranger.url, also });
    expect(ran, ran.said).toMatchObject({ ok: true });
    expect(await agents.run("posed", "once")).toMatchObject({ ok: true });
    expect(stranger.requests()).toBe(0);
  });

  test("a server that is busy says when to come back, which is no failure of the host", async () => {
    const busy = await another({ busySeconds: 77 });
    const ran = await agents.install("sent-away", { url: agents.url });
    expect(ran, ran.said).toMatchObject({ ok: true });
    const file = join(agents.folder("sent-away"), "var/agent/url");
    writeFileSync(file, `${busy.url}\n`);
    const sent = await agents.run("sent-away", "once");
    expect(sent.said).toContain("E_BUSY");
    expect(read("sent-away", "next")).toMatch(/^\d+ 77\n$/);
    expect(existsSync(join(agents.folder("sent-away"), "var/agent/failures"))).toBe(false);
    // Where another has room, nobody waits.
    writeFileSync(file, `${busy.url}\n${agents.url}\n`);
    expect(await agents.run("sent-away", "once")).toMatchObject({ ok: true });
    expect(read("sent-away", "url")).toBe(`${agents.url}\n${busy.url}\n`);
  });

  test("polls beyond what a server can take are told times of their own, before anything is asked", async () => {
    const poll = () =>
      agents.door.answer({
        ...{ method: "POST", url: new URL("https://agent/agent/v1/poll"), authorization: null },
        ...{ admitted: `h-${"0".repeat(20)}`, body: Buffer.from("nonsense"), waitedMs: 0 },
      });
    const count = POLLS_UNDER_WAY_MAX + 300;
    const replies = await Promise.all(Array.from({ length: count }, poll));
    const sent = replies.filter((reply) => reply.status === 503);
    expect(sent).toHaveLength(300);
    expect([...new Set(sent.map((reply) => reply.retrySeconds))]).toEqual([10, 11, 12]);
    expect(sent[0]?.text).toMatch(/^@refused E_BUSY [^\n]+\n@next 10\n@end\n$/);
    expect(new Set(replies.map((reply) => reply.refusal))).toEqual(new Set(["E_FORMAT", null]));
    expect((await poll()).refusal).toBe("E_FORMAT");
  });
});
