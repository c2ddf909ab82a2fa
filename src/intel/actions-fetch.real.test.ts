import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tarOf } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { openFetcher } from "./actions-fetch.ts";
import { archiveProgress, begunIn, loadInSlices } from "./actions-slices.ts";
import { sourceOf } from "./feed-source.ts";

let made: TestWorld;
let content = "one";
const sent: number[] = [];
const publisher = createServer((request, response) => {
  const etag = `"${content}"`;
  const status = request.headers["if-none-match"] === etag ? 304 : 200;
  sent.push(status);
  response.writeHead(status, { etag }).end(status === 200 ? content : undefined);
});
beforeAll(async () => {
  made = await testWorld();
  await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  publisher.close();
  await made.close();
});

it("a file that came whole is not fetched again by a server that goes on after a kill", async () => {
  const url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/archive`;
  const into = join(made.world.paths.state, "incoming");
  // Each time a fetcher of its own, as after a start.
  const fetched = async (isKept: boolean) => {
    const fetcher = await openFetcher(made.world);
    const file = await fetcher.fetch({ urls: [url], into, ...(isKept ? { isKept } : {}) });
    if (file.kind !== "file") throw new Error("no file");
    expect(sha256(readFileSync(file.path))).toBe(file.sha256);
    return [readFileSync(file.path, "utf8"), file.etag, sent.at(-1)];
  };
  expect(await fetched(true)).toEqual(["one", '"one"', 200]);
  expect(await fetched(true)).toEqual(["one", '"one"', 304]);
  writeFileSync(into, "damaged");
  expect(await fetched(true)).toEqual(["one", '"one"', 200]);
  content = "two";
  expect(await fetched(true)).toEqual(["two", '"two"', 200]);
  expect(await fetched(false)).toEqual(["two", '"two"', 200]);
});

it("an archive of records goes on behind the slice that was loaded last, if it is the same one", async () => {
  const record = (n: number): string =>
    JSON.stringify({
      dataType: "CVE_RECORD",
      cveMetadata: { cveId: `CVE-2026-${2_000 + n}`, state: "PUBLISHED" },
      containers: { cna: { descriptions: [{ lang: "en", value: "A flaw." }] } },
    });
  const files = Array.from({ length: 5 }, (_, n) => [`${n}.json`, record(n)] as const);
  const bytes = tarOf(Object.fromEntries(files));
  const file = { path: join(made.world.paths.state, "records"), sha256: sha256(bytes), url: "x" };
  writeFileSync(file.path, bytes);
  const run = { world: made.world, actor: systemActor, source: sourceOf("cve-list") };
  const told: number[] = [];
  const tell = async (documents: number): Promise<void> => void told.push(documents);
  await loadInSlices(run, [file], { documents: 3, tell });
  const { rows } = await sql<{ id: string }>`
    select id from vulnerability_text order by id`.execute(made.world.db);
  expect(rows.map(({ id }) => id)).toEqual(["CVE-2026-2003", "CVE-2026-2004"]);
  expect(told).toEqual([5]);

  const progress = archiveProgress({ sha256: file.sha256, documents: 3, since: "2026-11-01" });
  expect(begunIn(progress, file.sha256)).toMatchObject({ documents: 3, since: "2026-11-01" });
  expect(begunIn(progress, sha256("another"))).toBeNull();
  const olderReaders = { archive: { ...progress.archive, reader: 0 } };
  expect(begunIn(olderReaders, file.sha256)).toBeNull();
});
