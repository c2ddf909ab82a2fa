import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeStarter } from "../../scripts/make-starter.ts";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile, trackerOf } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { feedStatus } from "./actions.ts";
import { hostFindings } from "./findings.ts";
import { readFeed } from "./ingest.ts";
import { loadFeed } from "./load-feed.ts";
import { loadStarter } from "./starter.ts";
import { exposure } from "./store-exposure.ts";
import { loadVulnerabilities } from "./store-vulnerability.ts";

const SHIPPED = new URL("../../starter/", import.meta.url).pathname;
const now = Date.parse("2026-11-21T12:00:00Z");

let made: TestWorld;
let folder: string;
beforeEach(async () => {
  made = await testWorld({ clock: () => now });
  folder = mkdtempSync(join(tmpdir(), "fettle-starter-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await made.close();
});

describe("the starter snapshot that is shipped", () => {
  it("is at most 5 MB and holds no texts", () => {
    const files = readdirSync(SHIPPED);
    const size = files.reduce((sum, file) => sum + statSync(join(SHIPPED, file)).size, 0);
    expect(size).toBeLessThanOrEqual(5 * 1024 * 1024);
    for (const file of files.filter((name) => name.endsWith(".gz"))) {
      const text = gunzipSync(readFileSync(join(SHIPPED, file))).toString();
      expect(text).not.toMatch(/"(description|shortDescription|title|details|notes)"/);
    }
  });

  it("loads, is stale from the first moment and says what it is", async () => {
    const outcomes = await loadStarter(made.world);
    expect(outcomes.map((o) => [o.feed, o.kind])).toEqual([
      ["debian-tracker", "loaded"],
      ["epss", "loaded"],
      ["kev", "loaded"],
      ["vulnrichment", "loaded"],
    ]);
    for (const feed of await feedStatus(made.world)) {
      expect(feed).toMatchObject({
        origin: "starter",
        freshness: { kind: "stale" },
        problemCount: 0,
      });
      expect(feed.label).toContain("starter snapshot");
      expect(feed.licence).not.toBe("");
    }
    const tracker = (await feedStatus(made.world)).find((f) => f.name === "debian-tracker");
    expect(tracker).toMatchObject({ isComplete: false });
    expect(tracker?.label).toContain("derived from debian/changelog");
  });

  it("answers for a host of Debian 12, with facts, but never calls it covered", async () => {
    const curl = aPackage({ name: "curl", version: "7.88.1-10" });
    const id = await addHost(made.world, { name: "web-1", packages: [curl] });
    await loadStarter(made.world);
    const rows = await exposure(made.world.db, { scopes: [[]] });
    expect(rows.length).toBeGreaterThan(10);
    const facts = await loadVulnerabilities(
      made.world.db,
      rows.map((r) => r.vulnerability),
    );
    expect([...facts.values()].some((v) => v.epss !== null)).toBe(true);
    const { coverage } = await hostFindings(made.world.db, id, now);
    expect(coverage).toMatchObject({ coveredCount: 0, unknown: [{ reason: "starter-feed" }] });
  });

  it("does nothing a second time", async () => {
    await loadStarter(made.world);
    expect(await loadStarter(made.world)).toEqual([]);
  });

  it("never overrides what an operator loaded", async () => {
    await loadFeed(made.world, systemActor, {
      bytes: trackerOf(10),
      origin: "file",
      asOf: null,
      confirmedAt: null,
      acceptShrink: false,
      licence: "",
      expectFeed: null,
    });
    const outcomes = await loadStarter(made.world);
    expect(outcomes.map((o) => o.feed)).not.toContain("debian-tracker");
  });
});

describe("making a snapshot", () => {
  it("keeps ids, states and values, drops texts, and is the same each time", async () => {
    const feeds = join(folder, "feeds");
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    const states = {
      "CVE-2026-0001": {
        bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" },
      },
      "CVE-2026-0002": { bookworm: { status: "resolved", fixed_version: "0", urgency: "low" } },
      "CVE-2026-0003": {
        bookworm: { status: "open", nodsa: "Minor", nodsa_reason: "ignored", urgency: "low" },
      },
      "CVE-2026-0004": { bookworm: { status: "open", nodsa: "Minor", urgency: "low" } },
      "CVE-2026-0005": { bookworm: { status: "open", urgency: "end-of-life" } },
      "CVE-2026-0006": { bookworm: { status: "undetermined", urgency: "low" } },
      "CVE-2026-0007": { trixie: { status: "open", urgency: "unimportant" } },
    };
    mkdirSync(feeds);
    writeFileSync(join(feeds, "x"), trackerFile({ apt: states }));
    writeFileSync(
      join(feeds, "y"),
      "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.00043,0.1\nCVE-2020-0001,0.00042,0.1\nCVE-2020-0002,0.9,0.99\n",
    );
    writeFileSync(join(feeds, "z"), "no feed");
    const asOf = new Map([["debian-tracker", "2026-11-20"]]);
    expect(await makeStarter(feeds, a, asOf)).toEqual(await makeStarter(feeds, b, asOf));
    for (const file of readdirSync(a)) {
      expect(readFileSync(join(a, file)).equals(readFileSync(join(b, file)))).toBe(true);
    }
    const [before] = await readFeed(trackerFile({ apt: states }));
    const [after] = await readFeed(readFileSync(join(a, "debian-tracker.json.gz")));
    const kinds = (reading: typeof before) =>
      reading?.content.kind === "advisories"
        ? reading.content.statements.map((s) => [
            s.vulnerability,
            s.ecosystem,
            s.state.kind,
            s.urgency,
          ])
        : [];
    expect(kinds(after)).toEqual(kinds(before));
    const [scores] = await readFeed(readFileSync(join(a, "epss.csv.gz")));
    expect(scores?.content).toMatchObject({
      scores: { ids: ["CVE-2020-0002", "CVE-2026-0001"], scores: [0.9, 0.00043] },
    });
  });

  it("asks for the date of a feed that carries none", async () => {
    writeFileSync(join(folder, "x"), trackerOf(3));
    await expect(makeStarter(folder, join(folder, "out"), new Map())).rejects.toMatchObject({
      code: "invalid",
    });
  });
});
