import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { ADMIN } from "../builders/first-admin.ts";
import { hasBrowser, openBrowser, settled, signIn, type Visit, visit } from "./browser.ts";
import { openSite, type Site } from "./site.ts";

/** Tests of pages: left out, visibly, where there is no browser; a machine that builds must have one. */
export const describePages = describe.skipIf(!hasBrowser && process.env["CI"] === undefined);

/** As long as a page may take to show what it was told. */
export const SOON = { timeout: 15_000 };

/** One site and one browser for a file's tests, and a window in which the administrator is signed in. */
export interface OpenPages {
  readonly site: Site;
  readonly browser: Browser;
  readonly page: Page;
  /** What went wrong in that window. */
  readonly faults: string[];
  /** To a page, until it shows all that it asked for. */
  goTo(path: string): Promise<void>;
  /** The first cell of every row in sight. */
  rows(): Promise<readonly string[]>;
}

interface Preparation {
  readonly isSetUp?: boolean;
  /** Fleets whose findings are those of the starter snapshot need not load it each. */
  readonly hasStarter?: boolean;
  /** False where tests bring windows of their own. */
  readonly isSignedIn?: boolean;
  readonly prepare?: (site: Site) => Promise<unknown>;
}

/** Opens them before the tests of this block and closes them afterwards. */
export function openPages(how: Preparation = {}): OpenPages {
  let site: Site | undefined;
  let browser: Browser | undefined;
  let seen: Visit | undefined;
  beforeAll(async () => {
    const { isSetUp = true, hasStarter = false } = how;
    site = await openSite({ isSetUp, hasStarter });
    browser = await openBrowser();
    await how.prepare?.(site);
    if (how.isSignedIn === false) return;
    seen = await visit(browser, site.url);
    await signIn(seen.page, ADMIN);
    seen.faults.length = 0;
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  return {
    get site() {
      return opened(site);
    },
    get browser() {
      return opened(browser);
    },
    get page() {
      return opened(seen).page;
    },
    get faults() {
      return opened(seen).faults;
    },
    async goTo(path) {
      const { page } = opened(seen);
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await settled(page);
    },
    rows: () => opened(seen).page.locator("[role=row] .row-link").allTextContents(),
  };
}

function opened<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the pages were not opened: the set-up failed");
  return part;
}
