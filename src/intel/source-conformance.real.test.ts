import { readdirSync, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  answerWell,
  type Fault,
  type Offer,
  openPublisher,
  type Publisher,
  type PublisherSubject,
  publisherSubjects,
} from "../../test/builders/publisher.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { feedStatus } from "./actions.ts";
import { type NetworkOutcome, refreshFeeds } from "./actions-network.ts";
import { sourceOf } from "./feed-source.ts";
import { type FetchLimits, fetchLimits } from "./fetch-rules.ts";
import { keptBodies } from "./store-feed-cache.ts";
import { loadSources } from "./store-source.ts";

/** What every source must stand over a real network, however its content comes. */
let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
let publisher: Publisher;
let waits: number[] = [];

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  publisher = await openPublisher();
});
afterAll(async () => {
  await publisher.close();
  await made.close();
});

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

async function refresh(
  subject: PublisherSubject,
  offer: Offer,
  of: {
    readonly fault?: Fault;
    readonly limits?: Partial<FetchLimits>;
    readonly urls?: readonly string[];
  } = {},
): Promise<NetworkOutcome> {
  now += 60_000;
  waits = [];
  publisher.asked.length = 0;
  publisher.offer({ subject, offer, ...(of.fault === undefined ? {} : { fault: of.fault }) });
  const urls = of.urls ?? [publisher.url + subject.path];
  const [outcome] = await refreshFeeds(made.world, systemActor, {
    isForced: true,
    sources: [sourceOf(subject.source, urls)],
    limits: { ...fetchLimits, attemptsMax: 2, ...of.limits },
    chance: () => 0.5,
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  });
  if (outcome === undefined) throw new Error("nobody was asked");
  return outcome;
}

async function status(subject: PublisherSubject) {
  const feed = (await feedStatus(made.world)).find((f) => f.name === subject.feed);
  const source = (await loadSources(made.world.db)).find((s) => s.name === subject.source);
  if (feed === undefined || source === undefined) throw new Error("no status");
  return { feed, source };
}

/** What is in force, whatever way it came. */
async function inForce(subject: PublisherSubject): Promise<string> {
  const { rows } = await sql<{ text: string }>`
    select concat_ws(' ',
      (select count(*) from statement where feed = ${subject.feed} and valid_to is null),
      (select count(*) from vulnerability_text where feed = ${subject.feed}),
      case ${subject.feed} when 'kev' then (select count(*) from kev where valid_to is null)
        when 'epss' then (select count(*) from epss) else 0 end) as text`.execute(made.world.db);
  return rows[0]?.text ?? "";
}

/** The last good generation is untouched, and the alarm says what is wrong and since when. */
async function expectAlarm(
  subject: PublisherSubject,
  before: string,
  words: RegExp,
): Promise<void> {
  const { feed, source } = await status(subject);
  expect(await inForce(subject)).toBe(before);
  expect(source.failure).toMatch(words);
  expect(source.failingSince).not.toBeNull();
  expect(feed.freshness.kind).toBe("fresh");
}

/** Half of it arrives, is written down, and nothing comes after it. */
function breakOff(response: ServerResponse, body: Buffer): void {
  response.write(body.subarray(0, body.length >> 1));
  const until = Date.now() + 2_000;
  const look = setInterval(() => {
    if (!hasPart() && Date.now() < until) return;
    clearInterval(look);
    response.destroy();
  }, 5);
}

function hasPart(): boolean {
  const folder = join(made.world.paths.state, "feeds");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.some((file) => file.endsWith(".part") && statSync(join(folder, file)).size > 0);
}

const half: Fault = (_request, response, body) => {
  response.writeHead(200, { "content-length": body.length });
  breakOff(response, body);
  return true;
};

const busy =
  (status: number, headers: Record<string, string>, times: number): Fault =>
  (_request, response) => {
    if (publisher.faults >= times) return false;
    response.writeHead(status, headers).end("busy");
    return true;
  };

describe.each(publisherSubjects)("the source $source", (subject) => {
  it("is loaded whole, then only asked whether it changed", async () => {
    expect(await refresh(subject, { numbers: upTo(40) })).toMatchObject({
      kind: "loaded",
      feed: subject.feed,
      source: subject.source,
    });
    const { feed, source } = await status(subject);
    expect(feed).toMatchObject({ entryCount: 40, failure: null, freshness: { kind: "fresh" } });
    expect(feed.origin).toBe("network");
    expect(source.failure).toBeNull();
    expect(source.nextCheckAt).toBeGreaterThan(now);
    expect((await keptBodies(made.world, subject.source)).length).toBeGreaterThan(0);
    const before = await inForce(subject);
    const { confirmedAt } = feed;
    const again = await refresh(subject, { numbers: upTo(40) });
    if (subject.isPieces === undefined) expect(again.kind).toBe("current");
    else expect(again).toSatisfy((o: NetworkOutcome) => o.kind !== "unavailable");
    expect(await inForce(subject)).toBe(before);
    expect((await status(subject)).feed.confirmedAt).toBeGreaterThan(confirmedAt ?? now);
  });

  it("keeps the last good generation when the answer breaks off, and says since when", async () => {
    const before = await inForce(subject);
    expect(await refresh(subject, { numbers: upTo(41) }, { fault: half })).toMatchObject({
      kind: "unavailable",
    });
    await expectAlarm(subject, before, /broke off/);
    const since = (await status(subject)).source.failingSince;
    await refresh(subject, { numbers: upTo(41) }, { fault: half });
    expect((await status(subject)).source).toMatchObject({ failingSince: since, failedAt: now });
  });

  it("asks for the rest of what broke off", async () => {
    let isFirst = true;
    const fault: Fault = (request, response, body) => {
      if (!isFirst) return false;
      isFirst = false;
      const etag = '"one"';
      response.writeHead(200, { "content-length": body.length, etag });
      breakOff(response, body);
      return request.method === "GET";
    };
    const answerRest: Fault = (request, response, body) => {
      if (fault(request, response, body)) return true;
      if (request.headers["if-range"] !== '"one"') return false;
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]);
      const range = `bytes ${from}-${body.length - 1}/${body.length}`;
      response.writeHead(206, { "content-range": range, etag: '"one"' });
      response.end(body.subarray(from));
      return true;
    };
    const outcome = await refresh(subject, { numbers: upTo(41) }, { fault: answerRest });
    expect(outcome).toMatchObject({ kind: "loaded" });
    expect(publisher.asked.filter((request) => request.headers.range !== undefined)).toHaveLength(
      1,
    );
    expect((await status(subject)).source).toMatchObject({ failure: null, failingSince: null });
  });

  it("leaves out one bad record, by name, and never the rest", async () => {
    const outcome = await refresh(subject, { numbers: upTo(42), hasBadRecord: true });
    expect(outcome).toMatchObject({ kind: "loaded" });
    expect((await status(subject)).feed.entryCount).toBe(42);
  });

  it("takes records that come twice or in another order for what they are", async () => {
    const before = await inForce(subject);
    const numbers = [...upTo(42).toReversed(), ...upTo(42)];
    const outcome = await refresh(subject, { numbers });
    expect(outcome.kind).not.toBe("unavailable");
    expect(outcome.kind).not.toBe("refused");
    expect(await inForce(subject)).toBe(before);
    await refresh(subject, { numbers: upTo(42) });
  });

  it("waits as long as a busy publisher asks", async () => {
    for (const status of [429, 503]) {
      const until = new Date(now + 60_000 + 3_000).toUTCString();
      const headers = { "retry-after": status === 429 ? "3" : until };
      const outcome = await refresh(
        subject,
        { numbers: upTo(status === 429 ? 43 : 44) },
        { fault: busy(status, headers, 1) },
      );
      expect(outcome).toMatchObject({ kind: "loaded" });
      expect(Math.max(...waits)).toBeGreaterThanOrEqual(2_000);
    }
  });

  it("comes back later when the publisher wants more patience than a request has", async () => {
    const before = await inForce(subject);
    const fault = busy(503, { "retry-after": "7200" }, 99);
    expect(await refresh(subject, { numbers: upTo(45) }, { fault })).toMatchObject({
      kind: "unavailable",
    });
    await expectAlarm(subject, before, /answered 503/);
    expect((await status(subject)).source.nextCheckAt).toBeGreaterThanOrEqual(now + 7_200_000);
  });

  it.each<[string, Fault, Partial<FetchLimits>, RegExp]>([
    ["drips", (_q, r, b) => r.write(b.subarray(0, 20)), { timeoutMs: 150 }, /broke off|in time/],
    ["is silent", () => true, { silenceMs: 50 }, /in time/],
    [
      "sends more than is allowed",
      (_q, r) => !!r.end(Buffer.alloc(200_000)),
      { bytesMax: 100_000 },
      /too much/,
    ],
    [
      "sends a page",
      (_q, r) => !!r.writeHead(200, { "content-type": "text/html" }).end("<p>"),
      {},
      /web page/,
    ],
    ["sends something else", (_q, r) => !!r.end("hello"), {}, /./],
    ["has nothing there", (_q, r) => !!r.writeHead(410).end(), {}, /answered 410/],
    [
      "leads in a circle",
      (q, r) => !!r.writeHead(302, { location: q.url }).end(),
      {},
      /elsewhere too often/,
    ],
  ])(
    "keeps the last good generation when the publisher %s",
    async (_what, fault, limits, words) => {
      const before = await inForce(subject);
      const outcome = await refresh(subject, { numbers: upTo(45) }, { fault, limits });
      const isLeftOut = subject.isPieces === true && outcome.kind !== "unavailable";
      if (!isLeftOut) await expectAlarm(subject, before, words);
      expect(await inForce(subject)).toBe(before);
    },
  );

  it("is had from a mirror when its own address fails", async () => {
    const urls = ["http://127.0.0.1:1/gone", publisher.url + subject.path];
    const isMirrored = subject.isPieces === undefined || subject.source === "nvd";
    if (!isMirrored) return;
    expect(await refresh(subject, { numbers: upTo(46) }, { urls })).toMatchObject({
      kind: "loaded",
    });
  });

  it("is refused when it shrinks, and the one before stays", async () => {
    if (subject.isPieces === true) return;
    const before = await inForce(subject);
    expect(await refresh(subject, { numbers: upTo(20) })).toMatchObject({ kind: "refused" });
    await expectAlarm(subject, before, /more than a tenth fewer/);
    // The same again is still refused: it was not kept as what the publisher last said.
    expect(await refresh(subject, { numbers: upTo(20) })).toMatchObject({ kind: "refused" });
    expect((await status(subject)).source.failure).toContain("Refused");
    expect(await refresh(subject, { numbers: upTo(47) })).toMatchObject({ kind: "loaded" });
    expect((await status(subject)).source.failure).toBeNull();
  });
});

describe("a source whose total changes while its pages are read", () => {
  it("misses no record, however the pages move", async () => {
    const subject = publisherSubjects.find(({ source }) => source === "nvd");
    if (subject === undefined) throw new Error("no nvd");
    await sql`update feed_source set progress = '{}' where name = 'nvd'`.execute(made.world.db);
    await sql`delete from vulnerability_text where feed = 'nvd'`.execute(made.world.db);
    let page = 0;
    const fault: Fault = (request, response) => {
      // The first five vanish after the second page; three new ones come at the end.
      const numbers = page++ < 2 ? upTo(60) : [...upTo(63).slice(5)];
      const url = new URL(request.url ?? "/", publisher.url);
      answerWell(request, response, subject.answer({ numbers }, url) ?? Buffer.alloc(0));
      return true;
    };
    await refresh(subject, { numbers: [] }, { fault });
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from vulnerability_text where feed = 'nvd'`.execute(
      made.world.db,
    );
    expect(rows[0]?.count).toBe(63);
  });
});
