/**
 * Whether a rollout's page stays smooth while hosts change: `node bench/rollout-page.ts [hosts]
 * [--waves N] [--rate HOSTS-A-SECOND] [--seconds N]`. The engine's own turns, claims, permits and results
 * run a rollout of waves of one size with hosts that are done at once, held to the rate by the waves'
 * own limit; a browser on the same machine has the page open. Told are the time between frames, and the
 * tasks that block the page for 50 ms or more (Long Tasks, W3C). JSON lines.
 */

import { parseArgs } from "node:util";
import { chromium, type Page } from "playwright-core";
import { ADMIN } from "../test/builders/first-admin.ts";
import { missingPrograms } from "./needs.ts";
import { openBenchSite } from "./site.ts";
import { watchedRollout } from "./watched-rollout.ts";

const { values: flags, positionals } = parseArgs({
  options: {
    waves: { type: "string", default: "40" },
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    picture: { type: "string" },
  },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);
const [waves, rate, seconds] = [flags.waves, flags.rate, flags.seconds].map(Number) as [
  number,
  number,
  number,
];
/** What people see as a stutter: two frames or more are missing. */
const FRAME_MS_MAX = 50;

// Either will do: the build without windows draws with the same engine.
const browsers = ["chromium-headless-shell", "chromium"];
const missing = missingPrograms(browsers);
const [program] = browsers.filter((name) => !missing.includes(name));
if (program === undefined) {
  console.error("This measures a page in a browser. Install Debian's chromium.");
  process.exit(1);
}
const site = await openBenchSite();
const browser = await chromium.launch({
  executablePath: `/usr/bin/${program}`,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
});
try {
  const rollout = await watchedRollout(site.world, { hosts, waves, rate });
  const page = await open();
  let requests = 0;
  page.on("request", () => {
    requests += 1;
  });
  const since = performance.now();
  await page.goto(`/rollouts/${rollout.ref}`);
  await page
    .locator("[data-wave]")
    .nth(waves - 1)
    .waitFor();
  const msOpen = Math.round(performance.now() - since);
  requests = 0;
  const stop = rollout.run();
  const before = await rollout.verified();
  const told = await watchFrames(page, seconds * 1_000);
  const after = await rollout.verified();
  if (flags.picture !== undefined) await page.screenshot({ path: flags.picture, fullPage: true });
  await stop();
  const changed = Math.round((after - before) / seconds);
  console.log(JSON.stringify({ hosts, waves, msOpen, changedASecond: changed, requests, ...told }));
} finally {
  await browser.close();
  await site.close();
}

async function watchFrames(page: Page, ms: number) {
  const { frames, tasks } = await page.evaluate(async (msMax) => {
    const long: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long.push(duration);
    });
    observer.observe({ entryTypes: ["longtask"] });
    const times: number[] = [];
    const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
    const started = await frame();
    for (let last = started; last - started < msMax; ) {
      const now = await frame();
      times.push(now - last);
      last = now;
    }
    observer.disconnect();
    return { frames: times, tasks: long };
  }, ms);
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return {
    frames: frames.length,
    ...{ msMedian: at(0.5), msP95: at(0.95), msP99: at(0.99), msMax: at(1) },
    stutters: frames.filter((one) => one > FRAME_MS_MAX).length,
    longTasks: tasks.length,
    longTaskMsMax: Math.round(Math.max(0, ...tasks)),
    longTaskMsSum: Math.round(tasks.reduce((sum, one) => sum + one, 0)),
  };
}

async function open(): Promise<Page> {
  const context = await browser.newContext({
    baseURL: site.url,
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.evaluate(async (who) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ by: "password", ...who });
    await fetch("/api/v1/sessions", { method: "POST", headers, body });
  }, ADMIN);
  return page;
}
