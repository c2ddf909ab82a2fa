import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPerson, someHosts, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import type { RequestFacts } from "../base/request-facts.ts";
import { editHost } from "../inventory/actions.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { liveHints, visibleTopics } from "./actions-live.ts";
import { type HintHub, startHints } from "./loops-live.ts";

let made: TestWorld;
let hub: HintHub;
let admin: TestPerson;

beforeAll(async () => {
  made = await testWorld();
  hub = startHints(made.world, made.connection);
  admin = await aPerson(made.world, "ada");
});
afterAll(async () => {
  await hub.close();
  await made.close();
});

interface Heard {
  readonly id: string;
  readonly topics: readonly string[];
}

function listen(actor: Actor, lastEventId: string | null, stop: AbortController) {
  const request: RequestFacts = {
    address: "127.0.0.1",
    program: "",
    origin: null,
    ifMatch: null,
    lastEventId,
    credentialHash: null,
    signal: stop.signal,
    setHeader: () => undefined,
    markSecret: () => undefined,
  };
  const stream = liveHints({ world: made.world, actor, requestId: "r", request });
  return {
    async next(): Promise<Heard> {
      for (;;) {
        const { value, done } = await stream.next();
        if (done) throw new Error("the stream ended");
        const match = /^id: (\S+)\ndata: (.*)\n\n$/.exec(value);
        if (match?.[2] !== undefined) return { id: match[1]!, ...JSON.parse(match[2]) };
      }
    },
    /** Hears on until the topic was named; the topics that came before it are returned too. */
    async until(topic: string): Promise<Heard> {
      const topics: string[] = [];
      for (;;) {
        const heard = await this.next();
        topics.push(...heard.topics);
        if (topics.includes(topic)) return { id: heard.id, topics };
      }
    },
  };
}

describe("live hints", () => {
  test("name the host that changed, and go on behind the last one seen", async () => {
    const [web] = await someHosts(made.world, [{ name: "web-1", labels: { env: "prod" } }]);
    const stop = new AbortController();
    const live = listen(admin.actor, null, stop);
    const first = await live.next();
    expect(first.topics).toEqual([]);
    await editHost(made.world, admin.actor, "web-1", { labels: { ring: "canary" } });
    const heard = await live.until(`host:${web}`);
    expect(heard.topics).toContain("hosts");
    stop.abort();
    await editHost(made.world, admin.actor, "web-1", { labels: { ring: "1" } });
    await expect.poll(() => hub.since(placeOf(heard.id))).toContain(`host:${web}`);
    const again = new AbortController();
    const resumed = listen(admin.actor, heard.id, again);
    expect((await resumed.until(`host:${web}`)).topics).not.toContain("all");
    again.abort();
  });

  test("name the log when a head is signed over what happened, not only when it happens", async () => {
    const key = await openLogKey(made.world);
    while (await sequence(made.world, key));
    const stop = new AbortController();
    const live = listen(admin.actor, null, stop);
    await live.next();
    await editHost(made.world, admin.actor, "web-1", { labels: { tier: "0" } });
    await live.until("audit");
    const before = await loadHead(made.world.db);
    await sequence(made.world, key);
    await live.until("audit");
    expect((await loadHead(made.world.db))?.size).toBeGreaterThan(before?.size ?? 0);
    stop.abort();
  });

  test("say that anything may have changed where the last one seen is not known any more", async () => {
    const stop = new AbortController();
    const live = listen(admin.actor, `${"0".repeat(12)}-7`, stop);
    expect((await live.next()).topics).toEqual(["all"]);
    stop.abort();
    await expect(listen(admin.actor, "x", stop).next()).rejects.toMatchObject({ code: "invalid" });
  });

  test("name an object only to who may read it, and lists to who holds the right", async () => {
    const [mine, other] = await someHosts(made.world, [
      { name: "shop-1", labels: { env: "shop" } },
      { name: "bank-1", labels: { env: "bank" } },
    ]);
    const viewer = await aPerson(made.world, "vic", { role: "viewer", scope: "env=shop" });
    const topics = ["hosts", "users", `host:${mine}`, `host:${other}`, "nonsense", "nonsense:1"];
    expect(await visibleTopics(made.world, viewer.actor, topics)).toEqual([
      "hosts",
      "users",
      `host:${mine}`,
    ]);
    const nobody = { ...viewer.actor, grants: [] };
    expect(await visibleTopics(made.world, nobody, topics)).toEqual(["users"]);
  });
});

function placeOf(id: string): number {
  return Number(id.split("-")[1]);
}
