import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trackerOf } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { feedStatus, refreshFromNetwork } from "./actions.ts";
import { type NetworkOutcome, networkLimits, refreshFeeds, sourcesFor } from "./actions-network.ts";
import { startFeedRefresh, startMatching } from "./loops.ts";

let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
let publisher: Server;
let answer: RequestListener = (_request, response) => response.writeHead(500).end();
let url = "";

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  publisher = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/data/json`;
});
afterAll(async () => {
  publisher.closeAllConnections();
  await new Promise((resolve) => publisher.close(resolve));
  await made.close();
});

async function refresh(of: Partial<typeof networkLimits> = {}): Promise<NetworkOutcome> {
  now += 60_000;
  const [outcome] = await refreshFeeds(made.world, systemActor, {
    isForced: true,
    sources: [{ feed: "debian-tracker", url, licence: "public" }],
    limits: { ...networkLimits, timeoutMs: 5_000, ...of },
  });
  if (outcome === undefined) throw new Error("nobody was asked");
  return outcome;
}

async function status() {
  const feed = (await feedStatus(made.world)).find((f) => f.name === "debian-tracker");
  if (feed === undefined) throw new Error("no status");
  return feed;
}

const body = trackerOf(100);
const good: RequestListener = (request, response) => {
  if (request.headers["if-none-match"] === '"v1"') response.writeHead(304).end();
  else response.writeHead(200, { etag: '"v1"', "content-type": "application/json" }).end(body);
};

describe("fetching feeds", () => {
  it("loads what the publisher offers, and asks again only whether it changed", async () => {
    answer = good;
    expect(await refresh()).toMatchObject({ kind: "loaded", addedCount: 100 });
    expect(await status()).toMatchObject({ origin: "network", freshness: { kind: "fresh" } });
    const loadedAt = (await status()).loadedAt;
    now += 47 * 3_600_000;
    expect(await refresh()).toEqual({ kind: "current", feed: "debian-tracker" });
    expect(await status()).toMatchObject({ loadedAt, freshness: { kind: "fresh" } });
  });

  it.each<[string, RequestListener, string]>([
    ["is overloaded", (_q, r) => r.writeHead(503, { "retry-after": "60" }).end("busy"), "503"],
    ["throttles", (_q, r) => r.writeHead(429).end(), "429"],
    ["hangs up", (_q, r) => r.destroy(), "could not be reached"],
    [
      "breaks off in the middle",
      (_q, r) => {
        r.writeHead(200, { "content-length": body.length });
        r.write(body.subarray(0, 2000), () => r.destroy());
      },
      "broke off",
    ],
    ["sends a cut file", (_q, r) => r.end(body.subarray(0, 2000)), "cut short"],
    ["sends a cut archive", (_q, r) => r.end(gzipSync(body).subarray(0, 300)), "cut short"],
    ["sends a page", (_q, r) => r.end("<!doctype html>sign in"), "none of the feeds"],
    ["sends nothing", (_q, r) => r.end(), "none of the feeds"],
    [
      "sends another feed",
      (_q, r) => r.end("cve,epss,percentile\nCVE-2026-0001,0.1,0.1\n"),
      "not debian-tracker",
    ],
    ["never ends", (_q, r) => void r.write(body.subarray(0, 2000)), "broke off"],
    ["never answers", () => undefined, "could not be reached"],
  ])("keeps the last good generation when the publisher %s", async (_what, listener, words) => {
    const before = await status();
    answer = listener;
    const outcome = await refresh({ timeoutMs: 400 });
    expect(outcome).toMatchObject({ kind: "unavailable" });
    const after = await status();
    expect(after.failure).toContain(words);
    expect(after.generation).toBe(before.generation);
    expect(after.confirmedAt).toBe(before.confirmedAt);
  });

  it("stops reading at the limit of size", async () => {
    answer = (_request, response) => response.end(body);
    const outcome = await refresh({ bytesMax: 1000 });
    expect(outcome).toMatchObject({ kind: "unavailable" });
    expect((await status()).failure).toContain("sent too much");
  });

  it("raises an alarm when the publisher shrinks, and clears it with the next good answer", async () => {
    answer = (_request, response) => response.end(trackerOf(20));
    expect(await refresh()).toMatchObject({ kind: "refused", why: "shrunk" });
    expect((await status()).failure).toContain("Refused");
    answer = (_request, response) => response.end(trackerOf(101));
    expect(await refresh()).toMatchObject({ kind: "loaded", addedCount: 1 });
    expect((await status()).failure).toBeNull();
  });

  it("asks once per timetable, whoever asks", async () => {
    let asked = 0;
    answer = (request, response) => {
      asked++;
      good(request, response);
    };
    now += 3 * 3_600_000;
    const once = () =>
      refreshFeeds(made.world, systemActor, {
        isForced: false,
        sources: [{ feed: "debian-tracker", url, licence: "" }],
      });
    await Promise.all([once(), once(), once()]);
    await once();
    expect(asked).toBe(1);
  });

  it("chooses archives by the ecosystems that hosts have", () => {
    const names = sourcesFor(["Debian:12", "AlmaLinux:9", "AlmaLinux:8", "weird:1"]).map(
      (s) => s.feed,
    );
    expect(names).toEqual(["debian-tracker", "kev", "epss", "osv-almalinux"]);
  });

  it("is refused where the network is switched off for feeds", async () => {
    await expect(refreshFromNetwork(made.world, systemActor)).rejects.toMatchObject({
      code: "blocked",
    });
  });

  it("runs in the background without asking anybody while switched off, and stops", async () => {
    const loops = [startFeedRefresh(made.world), startMatching(made.world)];
    for (const loop of loops) loop.wake();
    await Promise.all(loops.map((loop) => loop.stop()));
  });
});
