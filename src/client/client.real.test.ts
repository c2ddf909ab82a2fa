import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import type { SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import { listen } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { setUp } from "../identity/actions-setup.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { startSequencer } from "../ledger/loops.ts";
import { recordEvent } from "../ledger/record.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { allRoutes } from "../server/all-routes.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { ApiProblem, ask, openClient } from "./client.ts";
import { liveEvents } from "./live-events.ts";

let world: World;
let server: RunningServer;
let token: string;
let subject: SubjectId;
let closeAll: () => Promise<void>;

beforeAll(async () => {
  const made = await testWorld();
  world = made.world;
  const secret = readFileSync((await ensureSetupSecret(world))!, "utf8").trim();
  ({ token, subject } = await setUp(world, { secret, handle: "ada", name: "Ada", address: "::1" }));
  server = await startServer(world, allRoutes, { checkReplies: true });
  const sequencer = startSequencer(world, await openLogKey(world));
  const listener = listen(made.connection, ["ledger"], () => sequencer.wake());
  closeAll = async () => {
    await server.close();
    await listener.close();
    await sequencer.stop();
    await made.close();
  };
});
afterAll(() => closeAll());

const record = (type: "a.one" | "a.two" | "a.three"): Promise<unknown> =>
  inTransaction(world.db, (tx) => recordEvent(tx, { type, actor: subject, object: "a:b" }));

describe("the client", () => {
  test("asks with its token and gives the reply typed", async () => {
    const client = openClient({ url: server.url, token });
    const me = await ask(client.GET("/api/v1/me"));
    expect(me.handle).toBe("ada");
    const user = await ask(
      client.GET("/api/v1/users/{user}", { params: { path: { user: "ada" } } }),
    );
    expect(user.id).toBe(subject);
  });

  test("throws what the server told, with the request's id", async () => {
    const client = openClient({ url: server.url, token });
    const path = { user: "nobody" };
    const failing = ask(client.GET("/api/v1/users/{user}", { params: { path } }));
    await expect(failing).rejects.toMatchObject({
      code: "not-found",
      message: "There is no user nobody.",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const anonymous = openClient({ url: server.url });
    await expect(ask(anonymous.GET("/api/v1/me"))).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  test("says plainly when nobody answers", async () => {
    const client = openClient({ url: "http://127.0.0.1:9", token });
    const failing = ask(client.GET("/api/v1/me"));
    await expect(failing).rejects.toBeInstanceOf(ApiProblem);
    await expect(failing).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("live events", () => {
  test("come without a gap through a restart of the server, and end when told to", async () => {
    const stop = new AbortController();
    const { port } = server;
    const live = liveEvents({ url: server.url, token, after: 1, signal: stop.signal });
    let known = 1;
    // What was refused above is an event too, as is that the log is read; both come in their turn.
    const next = async (): Promise<string> => {
      for (;;) {
        const { index, type } = (await live.next()).value;
        expect(index).toBe(++known);
        if (!["access.refused", "change.refused", "ledger.read"].includes(type)) return type;
      }
    };
    await record("a.one");
    expect(await next()).toBe("a.one");
    await server.close();
    await record("a.two");
    const config = { ...world.config, port };
    server = await startServer({ ...world, config }, allRoutes, { checkReplies: true });
    expect(await next()).toBe("a.two");
    await record("a.three");
    expect(await next()).toBe("a.three");
    const last = live.next();
    stop.abort();
    expect((await last).done).toBe(true);
  });

  test("throw when the server refuses", async () => {
    const signal = new AbortController().signal;
    const live = liveEvents({ url: server.url, token: "fettle_wrong", signal });
    await expect(live.next()).rejects.toMatchObject({ code: "unauthenticated" });
  });
});
