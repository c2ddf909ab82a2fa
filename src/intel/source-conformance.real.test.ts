import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
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
import { makeOwnTls, type OwnTls, openProxy, type TestProxy } from "../../test/builders/way-out.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { Config } from "../base/config.ts";
import { HOUR_MS } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { feedStatus, refreshFromNetwork } from "./actions.ts";
import { type NetworkOutcome, refreshFeeds } from "./actions-network.ts";
import { setSource } from "./actions-source.ts";
import { sourceOf } from "./feed-source.ts";
import { type FetchLimits, fetchLimits } from "./fetch-rules.ts";
import { startFeedRefresh, startMatching } from "./loops.ts";
import { keptBodies } from "./store-feed-cache.ts";
import { loadSources, saveSource } from "./store-source.ts";

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
    limits: { ...fetchLimits, attemptsMax: 1, ...of.limits },
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
      (select sum(statement_count) from statement_block where feed = ${subject.feed}),
      (select count(*) from vulnerability_text where feed = ${subject.feed}),
      case ${subject.feed} when 'kev' then (select count(*) from kev where valid_to is null)
        when 'epss' then (select count(*) from epss)
        when 'endoflife' then (select count(*) from support_cycle) else 0 end) as text`.execute(
    made.world.db,
  );
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
  const began = Date.now();
  const look = setInterval(() => {
    if (!hasPart(began) && Date.now() < began + 2_000) return;
    clearInterval(look);
    response.destroy();
  }, 5);
}

/** Written since then: parts of other tests lie there too. */
function hasPart(since: number): boolean {
  const folder = join(made.world.paths.state, "feeds");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.some((file) => {
    if (!file.endsWith(".part")) return false;
    const { size, mtimeMs } = statSync(join(folder, file));
    // Times of files come from a coarser clock.
    return size > 0 && mtimeMs >= since - 10;
  });
}

/** 16 MiB of nothing in some kilobytes. */
const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));

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

/** A trouble that publishers make, and what must come of it; in this order, each from the state before. */
interface Trouble {
  readonly name: string;
  /** Why a source cannot meet it; null where it can. */
  readonly notFor?: (subject: PublisherSubject) => string | null;
  run(subject: PublisherSubject): Promise<void>;
}

const noWhole = (subject: PublisherSubject): string | null =>
  subject.isPieces === true ? "its records stand for themselves, without size or age" : null;

const badAnswers: readonly [string, Fault, Partial<FetchLimits>, RegExp][] = [
  ["drips", (_q, r, b) => r.write(b.subarray(0, 20)), { timeoutMs: 100 }, /broke off|in time/],
  ["is silent", () => true, { silenceMs: 30 }, /in time/],
  [
    "sends more than is allowed",
    (_q, r) => !!r.end(Buffer.alloc(200_000)),
    { bytesMax: 100_000 },
    /too much/,
  ],
  ["sends a small file that unpacks to a huge one", (_q, r) => !!r.end(bomb), {}, /./],
  [
    "sends a page",
    (_q, r) => !!r.writeHead(200, { "content-type": "text/html" }).end("<p>"),
    {},
    /web page/,
  ],
  ["sends something else", (_q, r) => !!r.end("hello"), {}, /./],
  ["sends nothing", (_q, r) => !!r.end(), {}, /./],
  ["has nothing there", (_q, r) => !!r.writeHead(410).end(), {}, /answered 410/],
  [
    "leads in a circle",
    (q, r) => !!r.writeHead(302, { location: q.url }).end(),
    {},
    /elsewhere too often/,
  ],
  [
    "leads to nowhere",
    (_q, r) => !!r.writeHead(302, { location: "ftp://127.0.0.1/x" }).end(),
    {},
    /not followed/,
  ],
];

const troubles: readonly Trouble[] = [
  {
    name: "is loaded whole, then only asked whether it changed",
    async run(subject) {
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
    },
  },
  {
    name: "keeps the last good generation when the answer breaks off, and says since when",
    async run(subject) {
      const before = await inForce(subject);
      expect(await refresh(subject, { numbers: upTo(41) }, { fault: half })).toMatchObject({
        kind: "unavailable",
      });
      await expectAlarm(subject, before, /broke off/);
      const since = (await status(subject)).source.failingSince;
      await refresh(subject, { numbers: upTo(41) }, { fault: half });
      expect((await status(subject)).source).toMatchObject({ failingSince: since, failedAt: now });
    },
  },
  {
    name: "asks for the rest of what broke off",
    async run(subject) {
      const limits = { attemptsMax: 2 };
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
      const outcome = await refresh(subject, { numbers: upTo(41) }, { fault: answerRest, limits });
      expect(outcome).toMatchObject({ kind: "loaded" });
      expect(publisher.asked.filter((request) => request.headers.range !== undefined)).toHaveLength(
        1,
      );
      expect((await status(subject)).source).toMatchObject({ failure: null, failingSince: null });
    },
  },
  {
    name: "leaves out one bad record, by name, and never the rest",
    async run(subject) {
      const outcome = await refresh(subject, { numbers: upTo(42), hasBadRecord: true });
      expect(outcome).toMatchObject({ kind: "loaded" });
      expect((await status(subject)).feed.entryCount).toBe(42);
    },
  },
  {
    name: "takes records that come twice or in another order for what they are",
    async run(subject) {
      const before = await inForce(subject);
      const numbers = [...upTo(42).toReversed(), ...upTo(42)];
      const outcome = await refresh(subject, { numbers });
      expect(outcome.kind).not.toBe("unavailable");
      expect(outcome.kind).not.toBe("refused");
      expect(await inForce(subject)).toBe(before);
      await refresh(subject, { numbers: upTo(42) });
    },
  },
  {
    name: "waits as long as a busy publisher asks",
    async run(subject) {
      const limits = { attemptsMax: 2 };
      for (const status of [429, 503]) {
        const until = new Date(now + 60_000 + 3_000).toUTCString();
        const headers = { "retry-after": status === 429 ? "3" : until };
        const outcome = await refresh(
          subject,
          { numbers: upTo(status === 429 ? 43 : 44) },
          { fault: busy(status, headers, 1), limits },
        );
        expect(outcome).toMatchObject({ kind: "loaded" });
        expect(Math.max(...waits)).toBeGreaterThanOrEqual(2_000);
      }
    },
  },
  {
    name: "comes back later when the publisher wants more patience than a request has",
    async run(subject) {
      const before = await inForce(subject);
      const fault = busy(503, { "retry-after": "7200" }, 99);
      expect(await refresh(subject, { numbers: upTo(45) }, { fault })).toMatchObject({
        kind: "unavailable",
      });
      await expectAlarm(subject, before, /answered 503/);
      expect((await status(subject)).source.nextCheckAt).toBeGreaterThanOrEqual(now + 7_200_000);
    },
  },
  ...badAnswers.map(
    ([what, fault, limits, words]): Trouble => ({
      name: `keeps the last good generation when the publisher ${what}`,
      async run(subject) {
        const before = await inForce(subject);
        const outcome = await refresh(subject, { numbers: upTo(45) }, { fault, limits });
        const isLeftOut = subject.isPieces === true && outcome.kind !== "unavailable";
        if (!isLeftOut) await expectAlarm(subject, before, words);
        expect(await inForce(subject)).toBe(before);
      },
    }),
  ),
  {
    name: "is followed to where it moved",
    async run(subject) {
      const fault: Fault = (request, response) => {
        const url = new URL(request.url ?? "/", publisher.url);
        if (url.searchParams.has("moved")) return false;
        url.searchParams.set("moved", "1");
        response.writeHead(307, { location: url.pathname + url.search }).end();
        return true;
      };
      const outcome = await refresh(subject, { numbers: upTo(45) }, { fault });
      expect(outcome).toMatchObject({ kind: "loaded" });
      expect(publisher.faults).toBeGreaterThan(0);
    },
  },
  {
    name: "is had from a mirror when its own address fails",
    async run(subject) {
      const urls = ["http://127.0.0.1:1/gone", publisher.url + subject.path];
      expect(await refresh(subject, { numbers: upTo(46) }, { urls })).toMatchObject({
        kind: "loaded",
      });
    },
  },
  {
    name: "is refused when it is older than the last, and the one before stays",
    notFor: noWhole,
    async run(subject) {
      const before = await inForce(subject);
      const offer = { numbers: upTo(48), isOld: true } as const;
      expect(await refresh(subject, offer)).toMatchObject({ kind: "refused", why: "older" });
      await expectAlarm(subject, before, /older than what is loaded/);
    },
  },
  {
    name: "is refused when it shrinks, and the one before stays",
    notFor: noWhole,
    async run(subject) {
      const before = await inForce(subject);
      expect(await refresh(subject, { numbers: upTo(20) })).toMatchObject({ kind: "refused" });
      await expectAlarm(subject, before, /more than a tenth fewer/);
      // The same again is still refused: it was not kept as what the publisher last said.
      expect(await refresh(subject, { numbers: upTo(20) })).toMatchObject({ kind: "refused" });
      expect((await status(subject)).source.failure).toContain("Refused");
      expect(await refresh(subject, { numbers: upTo(47) })).toMatchObject({ kind: "loaded" });
      expect((await status(subject)).source.failure).toBeNull();
    },
  },
];

/** Kinds of the catalogue × troubles: whoever adds a kind or a trouble adds all of its cases. */
describe.each(publisherSubjects)("the source $source", (subject) => {
  const met = troubles.filter(({ notFor }) => (notFor?.(subject) ?? null) === null);
  it.each(met)("$name", ({ run }) => run(subject));
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

function subjectOf(name: string): PublisherSubject {
  const subject = publisherSubjects.find(({ source }) => source === name);
  if (subject === undefined) throw new Error(`no subject ${name}`);
  return subject;
}

describe("fetching feeds", () => {
  it("asks once per timetable, whoever asks", async () => {
    const subject = subjectOf("kev");
    publisher.offer({ subject, offer: { numbers: upTo(40) } });
    const sources = [sourceOf("kev", [publisher.url + subject.path])];
    const once = () => refreshFeeds(made.world, systemActor, { isForced: false, sources });
    // Whatever was asked of it before is an hour ago.
    now += HOUR_MS + 1;
    publisher.asked.length = 0;
    await Promise.all([once(), once(), once()]);
    await once();
    expect(publisher.asked).toHaveLength(1);
    now += HOUR_MS + 1;
    await once();
    expect(publisher.asked).toHaveLength(2);
  });

  it("sends a publisher's key from a file that only the server can read, and nobody else's", async () => {
    const subject = subjectOf("nvd");
    const source = sourceOf("nvd", [publisher.url + subject.path]);
    await made.world.db.transaction().execute((tx) =>
      saveSource(tx, source, {
        urls: source.urls,
        secretFile: "nvd-key",
        authority: null,
        isEnabled: true,
        by: "user:ann",
        at: now,
      }),
    );
    const once = () =>
      refreshFeeds(made.world, systemActor, {
        isForced: true,
        sources: [source],
        wait: async () => undefined,
      });
    publisher.offer({ subject, offer: { numbers: upTo(40) } });
    publisher.asked.length = 0;
    expect(await once()).toMatchObject([
      { kind: "unavailable", message: expect.stringContaining("chmod 600") },
    ]);
    const secrets = join(made.world.paths.state, "secrets");
    mkdirSync(secrets);
    writeFileSync(join(secrets, "nvd-key"), "s3cret\n", { mode: 0o600 });
    expect(await once()).toMatchObject([{ kind: "loaded" }]);
    expect(publisher.asked.map(({ headers }) => headers["apikey"])).toEqual(
      publisher.asked.map(() => "s3cret"),
    );
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

/** The same server with another way out. */
function behind(feeds: Partial<Config["feeds"]>): World {
  const { config } = made.world;
  return { ...made.world, config: { ...config, feeds: { ...config.feeds, ...feeds } } };
}

async function kevFrom(at: Publisher, world: World, count: number): Promise<NetworkOutcome> {
  const subject = subjectOf("kev");
  now += 60_000;
  at.offer({ subject, offer: { numbers: upTo(count) } });
  const [outcome] = await refreshFeeds(world, systemActor, {
    isForced: true,
    sources: [sourceOf("kev", [at.url + subject.path])],
    limits: { ...fetchLimits, attemptsMax: 1 },
  });
  if (outcome === undefined) throw new Error("nobody was asked");
  return outcome;
}

async function believe(authority: string, urls: readonly string[]): Promise<void> {
  await setSource(made.world, systemActor, {
    ...{ name: "kev", urls, secretFile: null, isEnabled: true, authority },
  });
}

describe("a way out that is not straight", () => {
  let mirror: Publisher;
  let tls: OwnTls;
  const opened: TestProxy[] = [];
  beforeAll(async () => {
    tls = makeOwnTls();
    mirror = await openPublisher(tls);
  });
  afterAll(async () => {
    await mirror.close();
    for (const proxy of opened) await proxy.close();
  });
  const proxyFor = async (auth: string | null): Promise<TestProxy> => {
    const proxy = await openProxy(auth);
    opened.push(proxy);
    return proxy;
  };

  it("believes a mirror by the authority that the operator gave, and by no other way", async () => {
    expect(await kevFrom(mirror, made.world, 60)).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/is not trusted .*--ca FILE/),
    });
    await believe(tls.ca, [mirror.url]);
    expect(await kevFrom(mirror, made.world, 60)).toMatchObject({ kind: "loaded" });
    await believe(makeOwnTls().ca, [mirror.url]);
    expect(await kevFrom(mirror, made.world, 61)).toMatchObject({
      message: expect.stringContaining("is not trusted"),
    });
    await believe("", [mirror.url]);
    expect(await kevFrom(mirror, made.world, 61)).toMatchObject({ kind: "unavailable" });
    await expect(believe(tls.key, [mirror.url])).rejects.toMatchObject({ code: "invalid" });
    await expect(believe(tls.cert, [mirror.url])).rejects.toMatchObject({
      message: expect.stringContaining("no authority's"),
    });
  });

  it("goes through a proxy, encrypted from end to end, and around it where it is told to", async () => {
    const proxy = await proxyFor(null);
    await believe(tls.ca, [mirror.url]);
    const world = behind({ proxy: proxy.url });
    expect(await kevFrom(mirror, world, 62)).toMatchObject({ kind: "loaded" });
    expect(proxy.asked).toEqual([`CONNECT ${new URL(mirror.url).host}`]);
    expect(await kevFrom(publisher, world, 63)).toMatchObject({ kind: "loaded" });
    expect(proxy.asked.at(-1)).toBe(`GET ${publisher.url}/kev/file`);
    const count = proxy.asked.length;
    const around = behind({ proxy: proxy.url, noProxy: "example.org,127.0.0.1" });
    expect(await kevFrom(mirror, around, 64)).toMatchObject({ kind: "loaded" });
    expect(proxy.asked).toHaveLength(count);
  });

  it("tells a proxy who asks by a file that only the server reads, and nobody else", async () => {
    const proxy = await proxyFor("ann:p@ss/w:rd");
    await believe(tls.ca, [mirror.url]);
    const file = join(made.world.paths.state, "proxy-auth");
    const world = behind({ proxy: proxy.url, proxyAuthFile: file });
    for (const at of [mirror, publisher]) {
      expect(await kevFrom(at, behind({ proxy: proxy.url }), 65)).toMatchObject({
        message: expect.stringContaining("feeds.proxyAuthFile"),
      });
    }
    writeFileSync(file, "ann:p@ss/w:rd\n", { mode: 0o644 });
    expect(await kevFrom(mirror, world, 65)).toMatchObject({
      message: expect.stringContaining("chmod 600"),
    });
    chmodSync(file, 0o600);
    expect(await kevFrom(mirror, world, 65)).toMatchObject({ kind: "loaded" });
    publisher.asked.length = 0;
    expect(await kevFrom(publisher, world, 66)).toMatchObject({ kind: "loaded" });
    const sent = JSON.stringify([...mirror.asked, ...publisher.asked].map((r) => r.headers));
    expect(sent).not.toContain("proxy-authorization");
    writeFileSync(file, "ann:wrong\n");
    expect(await kevFrom(mirror, world, 67)).toMatchObject({
      message: expect.stringContaining("feeds.proxyAuthFile"),
    });
  });

  it("is told apart from a proxy that is gone", async () => {
    const world = behind({ proxy: "http://127.0.0.1:1" });
    const outcome = await kevFrom(publisher, world, 68);
    expect(outcome).toMatchObject({ message: expect.stringContaining("way out (proxy") });
  });
});
