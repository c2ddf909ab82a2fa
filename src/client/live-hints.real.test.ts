import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { liveHints } from "./live-hints.ts";

/** A server that answers each connection as the test says; what it was asked is kept. */
let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Answer = (reply: ServerResponse) => void;

async function answering(...answers: Answer[]) {
  const asked: IncomingMessage["headers"][] = [];
  server = createServer((request, reply) => {
    asked.push(request.headers);
    (answers[asked.length - 1] ?? answers.at(-1))?.(reply);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = new AbortController();
  const hints = liveHints({ url: `http://127.0.0.1:${port}`, token: "t", signal: stop.signal });
  return { asked, hints, stop };
}

const says =
  (...blocks: string[]): Answer =>
  (reply) => {
    reply.writeHead(200, { "content-type": "text/event-stream" });
    reply.flushHeaders();
    for (const block of blocks) reply.write(`${block}\n\n`);
  };
const saysAndEnds =
  (...blocks: string[]): Answer =>
  (reply) => {
    says(...blocks)(reply);
    reply.end();
  };
const refuses =
  (status: number, code: string): Answer =>
  (reply) => {
    reply.writeHead(status, { "content-type": "application/problem+json" });
    reply.end(JSON.stringify({ code, detail: "no" }));
  };

describe("live hints", () => {
  test("begin with a look at everything and go on behind the last one after a break", async () => {
    const { asked, hints, stop } = await answering(
      saysAndEnds(": hello", 'id: r-7\ndata: {"topics":["hosts"]}'),
      says('id: r-8\ndata: {"topics":["rollout:x"]}'),
    );
    const heard: unknown[] = [];
    for await (const hint of hints) {
      heard.push(hint);
      if (heard.length === 5) stop.abort();
    }
    expect(heard).toEqual([
      { topics: null, isConnected: true },
      { topics: ["hosts"], isConnected: true },
      { topics: null, isConnected: false },
      { topics: null, isConnected: true },
      { topics: ["rollout:x"], isConnected: true },
    ]);
    expect(asked.map((headers) => headers["last-event-id"])).toEqual([undefined, "r-7"]);
    expect(asked[0]?.authorization).toBe("Bearer t");
  });

  test("end with the server's own words where it says no for good", async () => {
    const { hints } = await answering(refuses(401, "unauthenticated"));
    await expect(hints.next()).rejects.toMatchObject({ code: "unauthenticated", message: "no" });
  });

  test("are looked for again, ever more slowly, where the server has none", async () => {
    const { asked, hints, stop } = await answering(refuses(404, "not-found"));
    const began = performance.now();
    for (let i = 0; i < 3; i += 1) {
      expect((await hints.next()).value).toEqual({ topics: null, isConnected: false });
    }
    expect(performance.now() - began).toBeGreaterThan(1_400);
    expect(asked).toHaveLength(3);
    stop.abort();
    expect((await hints.next()).done).toBe(true);
  });

  test("end at once when nobody wants them any more", async () => {
    const { hints, stop } = await answering(says());
    await hints.next();
    const next = hints.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });
});
