import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, get } from "node:https";
import { type AddressInfo, connect, createServer as createRelay, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentCa } from "../fleet/store-agent-ca.ts";
import { startEntrance } from "./agent-entrance.ts";

let port = 0;
let ask: (of: number) => Promise<string>;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const state = mkdtempSync(join(tmpdir(), "fettle-entrance-"));
  const ca = await agentCa(state);
  const { certificatePem, keyPem } = await ca.issueServer(["localhost"], Date.now());
  const server = createServer({ cert: certificatePem, key: keyPem }, (_, response) =>
    response.end("here"),
  );
  const entrance = startEntrance(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  ends.push(
    () => entrance.close(),
    () => server.close(),
    () => rmSync(state, { recursive: true }),
  );
  ask = (at) =>
    new Promise((resolve, reject) => {
      const options = {
        host: "localhost",
        port: at,
        ca: ca.certificatePem,
        agent: false,
        family: 4,
      };
      get(options, (response) => response.setEncoding("latin1").once("data", resolve)).once(
        "error",
        reject,
      );
    });
});

afterAll(() => {
  for (const end of ends) end();
});

const open = async (first: Uint8Array): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  ends.push(() => socket.destroy());
  await once(socket, "connect");
  socket.write(first);
  return socket;
};

test("a first record that comes in pieces is put together", async () => {
  const relay = createRelay((from) => {
    const to = connect({ port, host: "127.0.0.1", noDelay: true });
    to.pipe(from).on("error", () => undefined);
    from.once("data", (record: Buffer) => {
      from.pause();
      to.write(record.subarray(0, 3));
      setTimeout(() => to.write(record.subarray(3, 40)), 20);
      setTimeout(() => {
        to.write(record.subarray(40));
        from.pipe(to);
      }, 40);
    });
  });
  ends.push(() => relay.close());
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  expect(await ask((relay.address() as AddressInfo).port)).toBe("here");
});

test("three hundred that say only the beginning of a record keep nobody out", async () => {
  const begun = Uint8Array.from([22, 3, 1, 2, 0, 1]);
  await Promise.all(Array.from({ length: 300 }, () => open(begun)));
  const before = performance.now();
  expect(await ask(port)).toBe("here");
  // With a place for each, four times 64 would first have to lend theirs for half a second.
  expect(performance.now() - before).toBeLessThan(1_500);
});

test("what does not begin a handshake is cut off at once", async () => {
  const socket = await open(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  socket.resume();
  await once(socket, "close");
  expect(socket.bytesRead).toBe(0);
});
