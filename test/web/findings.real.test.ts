import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  hasBrowser,
  openBrowser,
  picture,
  settled,
  signIn,
  visit,
} from "./browser.ts";
import { shopFleet } from "./shop-fleet.ts";
import { ADMIN, openSite, type Site } from "./site.ts";

/** As long as a page may take to show what it was told. */
const SOON = { timeout: 15_000 };

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("the pages of findings", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    site = await openSite();
    await shopFleet(site.world);
    browser = await openBrowser();
    ({ page, faults } = await visit(browser, site.url));
    await signIn(page, ADMIN);
    faults.length = 0;
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  afterEach(() => expect(faults).toEqual([]));

  async function goTo(path: string): Promise<void> {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
  }
  const rows = () => page.locator("[role=row] .row-link").allTextContents();

  test("say which one update clears most, and what nobody can tell", async () => {
    await goTo("/findings");
    await page.getByText(/One update of \S+ clears \d+ findings on \d+ hosts/).waitFor();
    const gaps = page.getByRole("region", { name: "What this list cannot tell" });
    await gaps.getByText("1 host").waitFor();
    await page.getByRole("table", { name: "updates" }).waitFor();
    await picture(page, "findings");
    await expectAccessible(page);
  });

  test("keep filters and the way of grouping in the address", async () => {
    await goTo("/findings?by=vulnerability&exploited=true");
    await expect.poll(rows, SOON).toEqual(expect.arrayContaining([expect.stringMatching(/^CVE-/)]));
    const exploited = await rows();
    expect(exploited).toHaveLength(2);
    await picture(page, "findings-vulnerability");
    await expectAccessible(page);
    await page.getByRole("tab", { name: "By host" }).click();
    await page.waitForURL(/by=host/);
    await page.waitForURL(/exploited=true/);
    await expect.poll(rows, SOON).toContain("web-1");
    await picture(page, "findings-host");
    await expectAccessible(page);
  });

  test("explain one vulnerability to its comparison, its hosts and its remedy", async () => {
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByText("known exploited").first().waitFor();
    await page.getByText("glibc 2.36-9+deb12u2 is lower than 2.36-9+deb12u3").first().waitFor();
    await page.getByRole("button", { name: /Open a case for glibc/ }).waitFor();
    await picture(page, "vulnerability");
    await expectAccessible(page);
    await goTo("/vulnerabilities/CVE-1999-0001");
    await page.getByRole("alert").waitFor();
  });

  test("open a case from the update that clears it, and find it again", async () => {
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByRole("button", { name: /Open a case for glibc/ }).click();
    await page.waitForURL(/\/patches\/P-\d+/);
    await page.getByRole("heading", { level: 1, name: /glibc/ }).waitFor();
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByText("waits for a plan").waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/vulnerabilities/CVE-2023-4911");
    await picture(page, "vulnerability-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "vulnerability-narrow");
    await goTo("/findings");
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await picture(page, "findings-narrow");
  });
});
