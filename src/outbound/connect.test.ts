import dns from "node:dns/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { reachOfAnybody, reachOfOperators } from "./address.ts";
import { askOnce } from "./ask-once.ts";
import { NotAsked } from "./connect.ts";
import { openWayOut } from "./way-out.ts";

// The name service is the attacker's here: it says one thing first and another thing after.
const lookup = vi.spyOn(dns, "lookup");

const answers = (...addresses: string[]): void => {
  const asked = lookup as unknown as ReturnType<typeof vi.fn>;
  for (const address of addresses) asked.mockResolvedValueOnce([{ address, family: 4 }]);
};

let server: Server;
let port: number;
const reachedBy: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    reachedBy.push(request.socket.localAddress ?? "");
    response.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  lookup.mockRestore();
  server.close();
});
beforeEach(() => {
  lookup.mockReset();
  reachedBy.length = 0;
});

const small = {
  ...{ headers: {}, body: null, authority: null, bytesMax: 1000, timeoutMs: 5_000 },
  method: "GET" as const,
  signal: new AbortController().signal,
};

async function byWay(url: string, reach = reachOfOperators): Promise<number | undefined> {
  const out = await openWayOut({ reach, own: null });
  const signal = AbortSignal.timeout(5_000);
  const response = await out.send({ url, headers: {}, signal, silenceMs: 5_000 });
  response.resume();
  return response.statusCode;
}

describe("a name that changes its mind", () => {
  test("is asked once for each connection, and the connection goes to what was judged", async () => {
    answers("127.0.0.1", "127.0.0.2");
    await askOnce({ ...small, url: `http://rebind.example:${port}/`, reach: reachOfOperators });
    expect(lookup).toHaveBeenCalledTimes(1);
    lookup.mockReset();
    answers("127.0.0.3", "127.0.0.4");
    await byWay(`http://rebind.example:${port}/`);
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(reachedBy).toEqual(["127.0.0.1", "127.0.0.3"]);
  });

  test("is refused before any connection when it leads inside, also beside an address outside", async () => {
    const reach = reachOfAnybody([]);
    for (const inside of ["127.0.0.1", "10.0.0.7", "169.254.169.254"]) {
      const asked = lookup as unknown as ReturnType<typeof vi.fn>;
      const both = [
        { address: "1.1.1.1", family: 4 },
        { address: inside, family: 4 },
      ];
      asked.mockResolvedValueOnce(both).mockResolvedValueOnce(both);
      const url = `http://rebind.example:${port}/`;
      await expect(askOnce({ ...small, url, reach })).rejects.toThrow(NotAsked);
      await expect(byWay(url, reach)).rejects.toThrow(NotAsked);
    }
    expect(reachedBy).toEqual([]);
  });
});

test("an address that is written as such is judged too, however it is written", async () => {
  for (const host of ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"]) {
    const url = `http://${host}:${port}/`;
    await expect(byWay(url, reachOfAnybody([]))).rejects.toThrow(NotAsked);
  }
  expect(reachedBy).toEqual([]);
  expect(lookup).not.toHaveBeenCalled();
});
