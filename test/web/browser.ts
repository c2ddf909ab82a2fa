import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/**
 * Debian's browser; nothing is downloaded. Its build without windows draws with the same engine and takes a
 * sixth less of the processor in a test.
 */
const installed = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(existsSync);
export const hasBrowser = installed !== undefined;

/** Pictures of the pages as tests saw them; `npm run pictures` puts those of the README into docs. */
const pictures =
  process.env["FETTLE_PICTURES"] ?? resolve(import.meta.dirname, "../../.fettle/pictures");

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(installed === undefined ? {} : { executablePath: installed }),
    // Quiet flags: a browser that looks for its maker's hosts slows every test on a closed network.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Longer than any page takes on a busy machine, short enough to see quickly that one is broken. */
const WAIT_MS_MAX = 12_000;

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page wrote to its console as an error, and exceptions that nobody caught. */
  readonly faults: string[];
}

export interface View {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** A window of its own, with everything that goes wrong in it kept. */
export async function visit(browser: Browser, url: string, view: View = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: view.width ?? 1280, height: view.height ?? 860 },
    colorScheme: view.scheme ?? "light",
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    // Interfaces that come and go on this machine make a request fail, which the pages ask again.
    const isOfMachine = message.text().includes("net::ERR_NETWORK_CHANGED");
    // The browser reports each refused request too; pages show those in words of their own.
    const isRefusal = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isRefusal && !isOfMachine) faults.push(message.text());
  });
  return { page, context, faults };
}

/** Signs in as a person would, and waits for the first page. */
export async function signIn(page: Page, who: { handle: string; password: string }): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Handle").fill(who.handle);
  await page.locator("input[name=password]").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}

/** Waits until nothing on the page says that it is still loading. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}

/** The rules as axe publishes them for browsers: less than half of what its builder would send. */
const axeFile = createRequire(import.meta.resolve("@axe-core/playwright")).resolve(
  "axe-core/axe.min.js",
);
let axeText: string | null = null;

/** Once a document: the builder sends and reads the rules twice a look, which is half of a look's time. */
async function bringAxe(page: Page): Promise<void> {
  if (await page.evaluate(() => "axe" in window)) return;
  axeText ??= readFileSync(axeFile, "utf8");
  await page.evaluate(axeText);
}

/**
 * WCAG 2.2 A and AA and axe's best practices: no finding at all. In the dark only the colours are other
 * ones than in the light, where every page is read first, so only they are judged again. No page has frames,
 * so one look at it is enough, and only what breaks a rule is gathered: half of the processor time.
 */
export async function expectAccessible(page: Page): Promise<void> {
  expect(page.frames()).toHaveLength(1);
  await bringAxe(page);
  // The document has the rules; what the builder would send says nothing.
  const builder = new AxeBuilder({ page, axeSource: "undefined" }).setLegacyMode();
  const axe = builder.options({ resultTypes: ["violations"] });
  const isDark = await page.evaluate(
    () => window.matchMedia("(prefers-color-scheme: dark)").matches,
  );
  const { violations } = await (isDark ? axe.withRules("color-contrast") : axe).analyze();
  const told = violations.map(
    (violation) =>
      `${violation.id}: ${violation.help}\n${violation.nodes
        .slice(0, 3)
        .map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary ?? ""}`)
        .join("\n")}`,
  );
  expect(told, told.join("\n")).toEqual([]);
}

/** At no width does a page scroll sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  // A window that has just become narrow needs a moment, as charts follow their box.
  await page
    .waitForFunction(
      () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      undefined,
      { timeout: 3_000 },
    )
    .catch(() => undefined);
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(over, "pixels that the page is wider than its window").toBeLessThanOrEqual(0);
}

/** A picture to look at: `.fettle/pictures/NAME.png`. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
