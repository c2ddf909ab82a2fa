/**
 * How soon the overview and the longest list can be used, with a generated fleet:
 * `node bench/pages.ts [hosts] [--world FOLDER]`. Each measurement is a browser window of its own with
 * nothing cached; the floor is a page of the same server that shows nothing but the sign-in form.
 * Scrolling is told by the time between frames. With a folder, that of `bench/api.ts` too, the fleet is
 * generated once and kept there. JSON lines.
 */
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { type Browser, chromium } from "playwright-core";
import { ADMIN } from "../test/builders/first-admin.ts";
import { generateFleet } from "./fleet.ts";
import { missingPrograms } from "./needs.ts";
import { type BenchSite, openBenchSite } from "./site.ts";

const RUNS = 5;
const SCROLL_FRAMES = 240;
const SCROLL_PIXELS = 400;
/** What people see as a stutter: two frames or more are missing. */
const FRAME_MS_MAX = 50;
const { values: flags, positionals } = parseArgs({
  options: { world: { type: "string" } },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);

const missing = missingPrograms(["chromium"]);
if (missing.length > 0) {
  console.error(`This measures pages in a browser. Install Debian's ${missing.join(", ")}.`);
  process.exit(1);
}
const site = await openBenchSite(flags.world);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
try {
  const { rows } = await sql<{ hosts: number }>`
    select count(*) as hosts from host`.execute(site.world.db);
  if (rows[0]?.hosts !== hosts) await generateFleet(site.world, { hosts });
  await measure("floor: sign-in form", "/sign-in", "input[name=password]", false);
  await measure("overview", "/", "section[aria-label='Fleet'] a", true);
  await measure("hosts, first rows", "/hosts", ".list-row .row-link", true);
  await measureJump();
  await measureScroll("hosts, scroll", "/hosts");
  await measureScroll("findings by host, scroll", "/findings?by=host");
  await measureScroll("findings by vulnerability, scroll", "/findings?by=vulnerability");
} finally {
  await browser.close();
  await site.close();
}

/** Milliseconds from the navigation until what is waited for can be seen. */
async function measure(what: string, path: string, ready: string, isIn: boolean): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const page = await open(browser, site, isIn);
    const since = performance.now();
    await page.goto(path, { waitUntil: "commit" });
    await page.locator(ready).first().waitFor();
    times.push(performance.now() - since);
    bytes = await page.evaluate(() =>
      performance.getEntriesByType("resource").reduce((sum, entry) => {
        return sum + (entry as PerformanceResourceTiming).encodedBodySize;
      }, 0),
    );
    await page.context().close();
  }
  print({ what, hosts, ...spread(times), kilobytes: Math.round(bytes / 1024) });
}

/** From the first rows of the list to its end, until the last row shows its name. */
async function measureJump(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const page = await open(browser, site, true);
    await page.goto("/hosts");
    await page.locator(".list-row .row-link").first().waitFor();
    const since = performance.now();
    await page.locator(".list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await page.locator(`[data-index="${hosts - 1}"] .row-link`).waitFor();
    times.push(performance.now() - since);
    await page.context().close();
  }
  print({ what: "hosts, jump to the end", hosts, ...spread(times) });
}

/** The time between frames while the list moves by some rows with each, as with a held key. */
async function measureScroll(what: string, path: string): Promise<void> {
  const page = await open(browser, site, true);
  await page.goto(path);
  await page.locator(".list-row .row-link").first().waitFor();
  const frames = await page.locator(".list").evaluate(
    async (list, { count, pixels }) => {
      const times: number[] = [];
      const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
      let last = await frame();
      for (let at = 0; at < count; at += 1) {
        list.scrollBy(0, pixels);
        const now = await frame();
        times.push(now - last);
        last = now;
      }
      return times;
    },
    { count: SCROLL_FRAMES, pixels: SCROLL_PIXELS },
  );
  await page.context().close();
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((frames.length - 1) * share)] ?? 0);
  const long = frames.filter((ms) => ms > FRAME_MS_MAX).length;
  const told = { msMedian: at(0.5), msP95: at(0.95), msMax: at(1), long };
  print({ what, hosts, frames: frames.length, ...told });
}

async function open(from: Browser, at: BenchSite, isIn: boolean) {
  const context = await from.newContext({ baseURL: at.url, reducedMotion: "reduce" });
  const page = await context.newPage();
  if (!isIn) return page;
  await page.goto("/sign-in");
  await page.evaluate(async (who) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ by: "password", ...who });
    await fetch("/api/v1/sessions", { method: "POST", headers, body });
  }, ADMIN);
  return page;
}

function spread(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (index: number) => Math.round(sorted[index] ?? 0);
  return { msMin: at(0), msMedian: at(RUNS >> 1), msMax: at(RUNS - 1) };
}

function print(line: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(line));
}
