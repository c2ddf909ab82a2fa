import { describe, expect, test } from "vitest";
import { type LoadItem, loadForecast, loadPicture } from "./feed-load.ts";
import { type Scan, type ScanHost, scanChanges, scanLine, scanPicture } from "./scan.ts";
import { plain } from "./span.ts";

const AT = "2026-11-21T22:10:00.000Z";
const NOW = Date.parse(AT);

const scan: Scan = {
  id: "s",
  selector: "",
  refreshesLists: true,
  hosts: 3,
  waiting: 1,
  running: 1,
  changed: 1,
  unchanged: 0,
  failed: 0,
  createdAt: AT,
  finishedAt: null,
  forecast: null,
};

function aHost(name: string, state: ScanHost["state"], problem: string | null = null): ScanHost {
  return { name, state, why: null, problem };
}

describe("a scan that goes on", () => {
  const before = { scan, items: [aHost("a", "changed"), aHost("b", "running")] };

  test("tells a log each host that ended, once, and how far it is", () => {
    expect(scanChanges(null, before, AT).map(scanLine)).toEqual([
      "a changed",
      "scan: 1 of 3 done, 1 running, 0 failed",
    ]);
    expect(scanChanges(before, before, AT)).toEqual([]);
    const forecast = { endsAt: "2026-11-21T22:12:00.000Z", marginSeconds: 30 };
    const after = {
      scan: { ...scan, running: 1, waiting: 0, failed: 1, forecast },
      items: [aHost("a", "changed"), aHost("b", "failed", "no route")],
    };
    expect(scanChanges(before, after, AT).map(scanLine)).toEqual([
      "b failed: no route",
      "scan: 2 of 3 done, 1 running, 1 failed; done about 2026-11-21 22:12:00Z",
    ]);
  });

  test("is a bar whose shapes say what became of the hosts, and names those that failed", () => {
    const look = {
      scan: { ...scan, failed: 1 },
      items: [aHost("b", "failed", "no \u001b[31mroute")],
    };
    const shown = scanPicture(look, { now: NOW, isConnected: true }).map(plain);
    expect(shown[1]).toMatch(/^ ■{13}✗{13}▣{13}□$/);
    expect(shown).toContain(" ✗ b failed: no route");
  });
});

describe("feeds that are loaded", () => {
  const item = (over: Partial<LoadItem>): LoadItem => ({
    name: "kev.json",
    bytes: 1_000_000,
    state: "waiting",
    text: "",
    beganAt: null,
    endedAt: null,
    ...over,
  });

  test("are forecast by the bytes of those before, and not at all without them", () => {
    const done = item({ state: "done", beganAt: NOW - 10_000, endedAt: NOW });
    expect(loadForecast([item({}), item({})], NOW)).toBeNull();
    expect(loadForecast([done], NOW)).toBeNull();
    expect(loadForecast([done, item({ bytes: 3_000_000 })], NOW)).toBe(NOW + 30_000);
    const begun = item({ state: "working", beganAt: NOW - 4_000, bytes: 3_000_000 });
    expect(loadForecast([done, begun], NOW)).toBe(NOW + 26_000);
    expect(loadForecast([done, item({ bytes: null })], NOW)).toBeNull();
  });

  test("have one row each, in the order they were named", () => {
    const rows = loadPicture(
      [
        item({ state: "done", beganAt: NOW - 2_000, endedAt: NOW, text: "kev loaded" }),
        item({ name: "epss\u0007.csv", state: "working", beganAt: NOW - 5_000, bytes: 12_345 }),
      ],
      NOW,
    ).map(plain);
    expect(rows[0]).toMatch(/^ ■ kev\.json +1\.0 MB {2}done \(2 s\) {2}kev loaded$/);
    expect(rows[1]).toMatch(/^ ▣ epss.\.csv +13 kB {2}working \(5 s\)/);
    expect(rows.join("")).not.toContain("\u0007");
  });
});
