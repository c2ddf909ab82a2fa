import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  hasRealFeeds,
  realFeed,
  tarOf,
  trackerFile,
  trackerOf,
} from "../../test/builders/intel.ts";
import type { ArchiveOrder } from "../../test/builders/load-archive.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { canonicalJson, type Json } from "../base/json.ts";
import { clientConfig } from "../db/database.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { feedStatus } from "./actions.ts";
import { loadSliced } from "./actions-load-file.ts";
import { readFeed } from "./ingest.ts";
import {
  type FeedInput,
  type LoadOutcome,
  loadFeed,
  loadFeedFrom,
  loadReadings,
} from "./load-feed.ts";
import type { Statement } from "./model.ts";
import { sayingText } from "./saying-text.ts";
import { loadDetails } from "./store-detail.ts";
import { loadSayings } from "./store-known.ts";
import { loadFirstKnown } from "./store-past.ts";
import { loadStatementsAbout, loadStatementsOn } from "./store-said.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";

let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
beforeAll(async () => {
  made = await testWorld({ clock: () => now });
});
afterAll(() => made.close());

async function load(bytes: Buffer | string, of: Partial<FeedInput> = {}): Promise<LoadOutcome> {
  now += 1000;
  const outcomes = await loadFeed(made.world, systemActor, {
    bytes: Buffer.from(bytes),
    origin: "file",
    asOf: now,
    confirmedAt: null,
    acceptShrink: false,
    licence: "",
    expectFeed: null,
    ...of,
  });
  if (outcomes[0] === undefined) throw new Error("nothing was loaded");
  return outcomes[0];
}

async function count(what: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${what}`.execute(
    made.world.db,
  );
  return rows[0]?.count ?? -1;
}

async function statusOf(name: string) {
  const feed = (await feedStatus(made.world)).find((f) => f.name === name);
  if (feed === undefined) throw new Error(`no feed ${name}`);
  return feed;
}

describe("generations of a feed", () => {
  it("write only what changed, and keep what was said before", async () => {
    expect(await load(trackerOf(100))).toMatchObject({ kind: "loaded", addedCount: 100 });
    const loadedAt = now;
    const next = await load(trackerOf(101));
    expect(next).toMatchObject({ kind: "loaded", addedCount: 1, endedCount: 0 });
    const moved = await load(trackerOf(101, "1.0-3"));
    expect(moved).toMatchObject({ addedCount: 101, endedCount: 101 });
    const at = new Date(loadedAt + 500).toISOString();
    const then = sql`statement where feed = 'debian-tracker'
      and valid_from <= ${at} and (valid_to is null or valid_to > ${at})`;
    expect(await count(then)).toBe(100);
    expect(await count(sql`statement where valid_to is null`)).toBe(101);
  });

  it("that are equal change nothing but how long the content is known to be current", async () => {
    const before = await statusOf("debian-tracker");
    expect(await load(trackerOf(101, "1.0-3"))).toMatchObject({ kind: "unchanged" });
    const after = await statusOf("debian-tracker");
    expect(after.loadedAt).toBe(before.loadedAt);
    expect(after.confirmedAt).toBeGreaterThan(before.confirmedAt ?? 0);
  });

  it("that shrink are refused with the reason, and the last good one stays", async () => {
    const before = await statusOf("debian-tracker");
    const outcome = await load(trackerOf(50, "1.0-3"));
    expect(outcome).toMatchObject({ kind: "refused", why: "shrunk" });
    const after = await statusOf("debian-tracker");
    expect(after.generation).toBe(before.generation);
    expect(after.failure).toContain("more than a tenth fewer");
    expect(await count(sql`statement where valid_to is null`)).toBe(101);
    expect(await count(sql`event where type = 'feed.refused'`)).toBe(1);
  });

  it("that an operator accepts in spite of that are recorded with who did", async () => {
    const outcome = await load(trackerOf(50, "1.0-3"), { acceptShrink: true });
    expect(outcome).toMatchObject({ kind: "loaded", endedCount: 51 });
    expect((await statusOf("debian-tracker")).failure).toBeNull();
    const accepted = sql`feed_generation where accepted_by = ${systemActor.subject}`;
    expect(await count(accepted)).toBe(1);
  });

  it("that are older than the last are refused", async () => {
    const outcome = await load(trackerOf(200), { asOf: now - 86_400_000 });
    expect(outcome).toMatchObject({ kind: "refused", why: "older" });
  });

  it("leave nothing behind when the content is damaged", async () => {
    const before = await statusOf("debian-tracker");
    await expect(load(trackerOf(200).subarray(0, 2000))).rejects.toMatchObject({ code: "invalid" });
    expect((await statusOf("debian-tracker")).generation).toBe(before.generation);
  });

  it("keep their problems where people see them", async () => {
    const release = { bookworm: { status: "odd" } };
    const file = trackerFile({ openssl: { "CVE-2026-0001": release } });
    const bad = JSON.parse(file.toString()) as Record<string, object>;
    const good = JSON.parse(trackerOf(60).toString()) as Record<string, object>;
    const mixed = { ...good, curl: bad["openssl"] };
    await load(JSON.stringify(mixed));
    const status = await statusOf("debian-tracker");
    expect(status.problemCount).toBe(1);
    expect(status.problems[0]?.place).toContain("curl CVE-2026-0001");
  });

  it("come in parts too, which leave alone what they do not name", async () => {
    const states = (fix: string) => ({
      package_state: ["openssl", "curl"].map((name) => ({
        cpe: "cpe:/o:redhat:enterprise_linux:9",
        package_name: name,
        fix_state: fix,
      })),
    });
    const hydra = (n: number, fix: string) =>
      JSON.stringify({ name: `CVE-2026-${n}`, threat_severity: "Low", ...states(fix) });
    const said = (id: string) => sql`statement where feed = 'redhat-hydra' and valid_to is null
      and vulnerability = ${id} and state ->> 'kind' = 'ignored'`;
    await load(`[${[20_001, 20_002, 20_003].map((n) => hydra(n, "Will not fix")).join(",")}]`);
    expect(await count(sql`statement_group where feed = 'redhat-hydra'`)).toBe(1);
    const outcome = await load(hydra(20_002, "Affected"));
    expect(outcome).toMatchObject({ kind: "loaded", addedCount: 2, endedCount: 2 });
    expect(await count(said("CVE-2026-20001"))).toBe(2);
    expect(await count(said("CVE-2026-20002"))).toBe(0);
    expect(await count(said("CVE-2026-20003"))).toBe(2);
  });

  it("are stale when nobody knows their date", async () => {
    await load(trackerOf(70), { asOf: null });
    expect((await statusOf("debian-tracker")).freshness).toMatchObject({ kind: "stale" });
  });

  it("are shown as never loaded until they are", async () => {
    expect((await statusOf("kev")).freshness.kind).toBe("never-loaded");
  });
});

function catalogue(ids: readonly string[], date: string, ransomware = "Unknown"): string {
  const vulnerabilities = ids.map((cveID) => ({
    cveID,
    dateAdded: "2026-01-02",
    dueDate: "2026-01-23",
    knownRansomwareCampaignUse: ransomware,
  }));
  return JSON.stringify({ catalogVersion: date, dateReleased: date, vulnerabilities });
}

const record = (id: string, exploitation: string, state = "PUBLISHED") => ({
  dataType: "CVE_RECORD",
  cveMetadata: { cveId: id, state, datePublished: "2026-01-01T00:00:00Z" },
  containers: {
    cna: { title: `title of ${id}` },
    adp: [
      {
        providerMetadata: { shortName: "CISA-ADP" },
        metrics: [
          {
            other: {
              type: "ssvc",
              content: {
                options: [
                  { Exploitation: exploitation },
                  { Automatable: "no" },
                  { "Technical Impact": "total" },
                ],
              },
            },
          },
          { cvssV3_1: { version: "3.1", vectorString: "CVSS:3.1/AV:N", baseScore: 8.1 } },
        ],
      },
    ],
  },
});

describe("facts of vulnerabilities", () => {
  it("are joined from all feeds, and only what is known is there", async () => {
    await load(catalogue(["CVE-2026-10000", "CVE-2026-10001"], "2026-11-01", "Known"));
    await load(
      "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\nCVE-2026-10000,0.51234,0.99001\n",
    );
    await load(
      JSON.stringify([record("CVE-2026-10000", "Active"), record("CVE-2026-10009", "none")]),
    );
    const facts = await loadVulnerabilities(made.world.db, [
      "CVE-2026-10000",
      "CVE-2026-10001",
      "CVE-1999-0001",
    ]);
    expect(facts.get("CVE-2026-10000")).toEqual({
      id: "CVE-2026-10000",
      title: "title of CVE-2026-10000",
      publishedAt: Date.parse("2026-01-01T00:00:00Z"),
      status: "published",
      cvss: [{ source: "CISA-ADP", version: "3.1", vector: "CVSS:3.1/AV:N", score: 8.1 }],
      kev: {
        addedAt: Date.parse("2026-01-02T00:00:00Z"),
        dueAt: Date.parse("2026-01-23T00:00:00Z"),
        isRansomware: true,
      },
      epss: { score: 0.51234, percentile: 0.99001 },
      ssvc: { exploitation: "active", isAutomatable: false, technicalImpact: "total" },
    });
    expect(facts.get("CVE-2026-10001")).toMatchObject({
      epss: null,
      ssvc: null,
      title: "about CVE-2026-10001",
    });
    expect(facts.get("CVE-1999-0001")).toMatchObject({
      kev: null,
      epss: null,
      ssvc: null,
      title: "",
    });
  });

  it("keep the history of known exploitation and of SSVC when they are edited", async () => {
    await load(catalogue(["CVE-2026-10000", "CVE-2026-10001"], "2026-11-02", "Unknown"));
    expect(await count(sql`kev where id = 'CVE-2026-10000'`)).toBe(2);
    expect(await count(sql`kev where valid_to is null`)).toBe(2);
    await load(JSON.stringify(record("CVE-2026-10000", "poc")));
    expect(await count(sql`ssvc where id = 'CVE-2026-10000'`)).toBe(2);
    // One record on its own says nothing about the others.
    expect(await count(sql`ssvc where valid_to is null`)).toBe(2);
    expect((await statusOf("vulnrichment")).entryCount).toBe(2);
  });

  it("keep what people read of each, by every feed that says something", async () => {
    const containers = {
      cna: {
        descriptions: [{ lang: "en", value: "Two lines\nof text." }],
        references: [{ url: "https://example.org/a" }, { url: "javascript:alert(1)" }],
        problemTypes: [{ descriptions: [{ cweId: "CWE-79" }, { cweId: "none" }] }],
      },
    };
    const full = (id: string) => ({ ...record(id, "none"), containers });
    await load(JSON.stringify([full("CVE-2026-10100"), full("CVE-2026-10101")]), {
      acceptShrink: true,
    });
    await load(JSON.stringify(full("CVE-2026-10102")));
    for (const id of ["CVE-2026-10100", "CVE-2026-10102"]) {
      expect(await loadDetails(made.world.db, id)).toEqual([
        {
          feed: "vulnrichment",
          description: "Two lines\nof text.",
          references: ["https://example.org/a"],
          weaknesses: ["CWE-79"],
          aliases: [],
          upstream: [],
          modifiedAt: null,
        },
      ]);
    }
    expect(await count(sql`vulnerability_detail`)).toBe(1);
    expect(await loadDetails(made.world.db, "CVE-2026-10109")).toEqual([]);
  });

  it("replace all scores at once", async () => {
    await load(
      "#model_version:v1,score_date:2026-11-21T00:00:00Z\ncve,epss,percentile\nCVE-2026-10007,0.1,0.2\n",
    );
    expect(await count(sql`epss`)).toBe(1);
  });
});

describe("an archive that is loaded in slices", () => {
  const record = (n: number, fixed = `1.${n}`): string =>
    JSON.stringify({
      id: `GHSA-${n}`,
      modified: "2026-01-01T00:00:00Z",
      // Long enough that few of them make a slice.
      details: `${n} ${"x".repeat(110_000)}`,
      affected: [
        {
          package: { ecosystem: "npm", name: `p${n}` },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }],
        },
      ],
    });
  const archiveOf = (texts: readonly string[]): Buffer =>
    tarOf(Object.fromEntries(texts.map((text, at) => [`${at}.json`, text])));
  const numbers = Array.from({ length: 40 }, (_, n) => n);

  function fileOf(bytes: Buffer) {
    now += 1000;
    const path = join(made.world.paths.state, "archive");
    writeFileSync(path, bytes);
    const input: FeedInput = {
      ...{ origin: "network", asOf: now, confirmedAt: now, acceptShrink: false, licence: "" },
      expectFeed: "osv-npm",
    };
    return { input, file: { path, sha256: sha256(bytes) } };
  }
  async function loadFile(bytes: Buffer, load: typeof loadSliced): Promise<LoadOutcome> {
    const { input, file } = fileOf(bytes);
    const [outcome] = await load(made.world, systemActor, input, file, 1);
    if (outcome === undefined) throw new Error("nothing was loaded");
    return outcome;
  }
  const said = () => count(sql`statement where feed = 'osv-npm' and valid_to is null`);

  it("is the same as one that was read whole, and follows what changes", async () => {
    const whole = await loadFile(archiveOf(numbers.map((n) => record(n))), loadFeedFrom);
    expect(whole).toMatchObject({ kind: "loaded", entryCount: 40, addedCount: 40 });
    const turned = archiveOf(numbers.toReversed().map((n) => record(n)));
    expect(await loadFile(turned, loadSliced)).toMatchObject({
      ...{ kind: "loaded", entryCount: 40, addedCount: 0, endedCount: 0 },
    });
    expect(await loadFile(turned, loadSliced)).toMatchObject({ kind: "unchanged" });
    const next = numbers.slice(1).map((n) => record(n, n === 7 ? "2.0" : `1.${n}`));
    expect(await loadFile(archiveOf([...next, "{}", next[3] ?? ""]), loadSliced)).toMatchObject({
      ...{ kind: "loaded", entryCount: 39, addedCount: 1, endedCount: 2, problemCount: 2 },
    });
    expect(await said()).toBe(39);
    expect(await count(sql`vulnerability_text where feed = 'osv-npm'`)).toBe(39);
    expect(await loadDetails(made.world.db, "GHSA-0")).toEqual([]);
    expect(await loadDetails(made.world.db, "GHSA-1")).toHaveLength(1);
  });

  it("is taken over slice by slice where records stand for themselves, though all have its digest", async () => {
    const input: FeedInput = {
      ...{ origin: "network", asOf: now, confirmedAt: now, acceptShrink: false, licence: "" },
      ...{ expectFeed: "osv-npm", keptAs: "in-pieces", isPart: true },
    };
    const generation = sha256("the archive");
    for (const n of [1, 2, 3]) {
      const readings = await readFeed(Buffer.from(record(n)));
      const of = { readings, generation };
      const [outcome] = await loadReadings(made.world, systemActor, input, of);
      expect(outcome).toMatchObject({ kind: "loaded", entryCount: 1 });
    }
    expect(await count(sql`vulnerability_text where feed = 'in-pieces'`)).toBe(3);
  });

  it("leaves the last good one where it shrinks, is damaged or is something else", async () => {
    const few = archiveOf(numbers.slice(0, 20).map((n) => record(n)));
    expect(await loadFile(few, loadSliced)).toMatchObject({ kind: "refused", why: "shrunk" });
    expect((await statusOf("osv-npm")).failure).toContain("Refused");
    const cut = archiveOf(numbers.map((n) => record(n, "9.9")));
    await expect(loadFile(cut.subarray(0, cut.length - 100_000), loadSliced)).rejects.toMatchObject(
      {
        code: "invalid",
      },
    );
    const other = archiveOf([record(1).replace('"npm"', '"PyPI"')]);
    await expect(loadFile(other, loadSliced)).rejects.toMatchObject({ code: "invalid" });
    expect(await said()).toBe(39);
    expect(await count(sql`vulnerability_text where feed = 'osv-npm'`)).toBe(39);
  });

  /** All that the feed has put into the store, without numbers and times of the load. */
  async function stored(): Promise<unknown> {
    const { rows } = await sql`
      select row_key, ecosystem, package_names, vulnerabilities, state from statement_group
       where feed = 'osv-npm' and valid_to is null order by row_key`.execute(made.world.db);
    const texts = await sql`
      select id, title, status, published_at from vulnerability_text
       where feed = 'osv-npm' order by id`.execute(made.world.db);
    const details = await sql`
      select bucket, encode(sha256(body), 'hex') as body from vulnerability_detail
       where feed = 'osv-npm' order by bucket`.execute(made.world.db);
    return [rows, texts.rows, details.rows];
  }
  async function forget(): Promise<void> {
    for (const table of ["statement_group", "vulnerability_text", "vulnerability_detail"]) {
      await sql`delete from ${sql.table(table)} where feed = 'osv-npm'`.execute(made.world.db);
    }
    await sql`update feed set generation = null, origin = null where name = 'osv-npm'`.execute(
      made.world.db,
    );
  }

  it("goes on behind the last slice when the server was killed, and nothing shows before", async () => {
    const KEPT = 1;
    const archive = archiveOf(numbers.map((n) => record(n, `3.${n}`)));
    await forget();
    await loadFile(archive, loadSliced);
    const undisturbed = await stored();
    await forget();

    const { input, file } = fileOf(archive);
    const order: ArchiveOrder = {
      ...{ connection: made.connection, state: made.world.paths.state, input, file },
    };
    const slices = () => count(sql`feed_intake`);
    const held = await holdSlice(file.sha256, KEPT);
    const argv = ["test/builders/load-archive.ts", JSON.stringify(order)];
    const server = spawn(process.execPath, argv, { stdio: "inherit" });
    try {
      await expect.poll(slices, { timeout: 30_000 }).toBe(KEPT);
      server.kill("SIGKILL");
      await once(server, "exit");
    } finally {
      server.kill("SIGKILL");
      await held.letGo();
    }
    expect(await said()).toBe(0);
    expect(await slices()).toBe(KEPT);

    // What stands in that slice is not read again: here it would say something else.
    const other = archiveOf(numbers.map((n) => record(n, n < 10 ? "9.9" : `3.${n}`)));
    writeFileSync(file.path, other);
    const [outcome] = await loadSliced(made.world, systemActor, input, file, 1);
    expect(outcome).toMatchObject({ kind: "loaded", entryCount: 40, addedCount: 40 });
    expect(await stored()).toEqual(undisturbed);
    expect(await slices()).toBe(0);
  });

  /** Whoever wants to keep this slice has to wait, as if the disk were slow, and can be killed there. */
  async function holdSlice(generation: string, slice: number) {
    const client = new pg.Client(clientConfig(made.connection));
    await client.connect();
    await client.query("begin");
    await client.query(
      `insert into feed_intake (feed, generation, reader, slice, document_count, is_last, body, kept_at)
       values ('osv-npm', $1, 0, $2, 0, false, '', now())`,
      [generation, slice],
    );
    return {
      letGo: async () => {
        await client.query("rollback");
        await client.end();
      },
    };
  }
});

describe("what records say by CPE names", () => {
  const product = (name: string): string => `cpe:2.3:a:maker:${name}:*:*:*:*:*:*:*:*`;
  const page = (cves: Readonly<Record<string, readonly [string, string][]>>): string =>
    JSON.stringify({
      ...{ format: "NVD_CVE", totalResults: 9 },
      vulnerabilities: Object.entries(cves).map(([id, said]) => ({
        cve: {
          ...{ id, lastModified: "2026-11-01T00:00:00" },
          configurations: said.map(([name, before]) => ({
            nodes: [
              {
                cpeMatch: [
                  { vulnerable: true, criteria: product(name), versionEndExcluding: before },
                ],
              },
            ],
          })),
        },
      })),
    });
  const about = async (name: string): Promise<readonly string[]> =>
    (await loadStatementsAbout(made.world.db, [{ ecosystem: CPE_ECOSYSTEM, name }]))
      .map((one) => `${one.vulnerability} ${sayingText(one)}`)
      .sort();
  const queued = async (): Promise<unknown> => {
    const { rows } = await sql`
      delete from rematch_source where ecosystem = ${CPE_ECOSYSTEM}
      returning package_name`.execute(made.world.db);
    return rows.map((row) => z.object({ package_name: z.string() }).parse(row).package_name).sort();
  };

  it("is packed, changes record by record, and touches only the products it names", async () => {
    const at = now;
    await load(page({ "CVE-2026-7001": [["one", "2"]], "CVE-2026-7002": [["two", "3"]] }));
    expect(await queued()).toEqual(["one", "two"]);
    const first = await about("one");
    expect(first).toHaveLength(1);
    const untouched = await loadStatementsOn(made.world.db, "CVE-2026-7002");
    const outcome = await load(page({ "CVE-2026-7001": [["one", "2.5"]] }));
    expect(outcome).toMatchObject({ kind: "loaded", addedCount: 1, endedCount: 1 });
    expect(await queued()).toEqual(["one"]);
    expect(await about("one")).not.toEqual(first);
    expect(await loadStatementsOn(made.world.db, "CVE-2026-7002")).toEqual(untouched);
    const sayings = await loadSayings(made.world.db, "CVE-2026-7001");
    expect(sayings.map(({ since, endedAt }) => [since > at, endedAt !== null])).toEqual([
      [true, true],
      [true, false],
    ]);
    await load(page({ "CVE-2026-7001": [] }));
    expect(await about("one")).toEqual([]);
    expect(await loadFirstKnown(made.world.db, "CVE-2026-7001")).toBe(sayings[0]?.since);
    expect(await count(sql`statement_group where ecosystem = ${CPE_ECOSYSTEM}`)).toBe(0);
  });

  it.skipIf(!hasRealFeeds)("is the same from the store as from the records", async () => {
    const bytes = realFeed("vulnrichment/vulnrichment-subset.tar.gz");
    const [reading] = await readFeed(bytes);
    if (reading?.content.kind !== "records") throw new Error("not read");
    const read = reading.content.statements ?? [];
    expect((await load(bytes, { acceptShrink: true })).kind).toBe("loaded");
    const names = [...new Set(read.map(({ packageName }) => packageName))];
    const stored = await loadStatementsAbout(
      made.world.db,
      names.map((name) => ({ ecosystem: CPE_ECOSYSTEM, name })),
    );
    const text = (one: Statement): string =>
      canonicalJson([one.vulnerability, one.packageName, one.state as unknown as Json]);
    expect(read.length).toBeGreaterThan(5_000);
    expect(new Set(stored.filter((one) => one.feed === reading.feed).map(text))).toEqual(
      new Set(read.map(text)),
    );

    // The same records once more, slice by slice: nothing is new and nothing ends.
    const plain = gunzipSync(bytes);
    const file = { path: join(made.world.paths.state, "records"), sha256: sha256(plain) };
    writeFileSync(file.path, plain);
    const input: FeedInput = {
      ...{ origin: "network", asOf: now, confirmedAt: now, acceptShrink: false, licence: "" },
      expectFeed: reading.feed,
    };
    const [sliced] = await loadSliced(made.world, systemActor, input, file);
    expect(sliced).toMatchObject({
      kind: "loaded",
      entryCount: 7159,
      addedCount: 0,
      endedCount: 0,
    });
  });
});
