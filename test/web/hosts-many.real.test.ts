import { sql } from "kysely";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateFleet } from "../../bench/fleet.ts";
import { hasBrowser, openBrowser, picture, settled, signIn, visit } from "./browser.ts";
import { ADMIN, openSite, type Site } from "./site.ts";

const HOSTS = 100_000;
/** As long as a page may take to show what it was told. */
const SOON = { timeout: 20_000 };

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("a list of 100,000 hosts", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    site = await openSite();
    await generateFleet(site.world, { hosts: HOSTS, sets: 40, packagesPerSet: 40 });
    browser = await openBrowser();
    ({ page, faults } = await visit(browser, site.url));
    await signIn(page, ADMIN);
    faults.length = 0;
    await page.goto("/hosts");
    await page.getByText("100,000 hosts", { exact: true }).waitFor();
    await settled(page);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const list = () => page.getByRole("table", { name: "hosts" });
  const names = () => page.locator("[role=row] .row-link").allTextContents();
  const jump = (share: number) =>
    list().evaluate((box, to) => {
      box.scrollTop = to * box.scrollHeight;
    }, share);
  async function ordered(): Promise<readonly string[]> {
    const { rows } = await sql<{ name: string }>`
      select name from host where removed_at is null order by name`.execute(site.world.db);
    return rows.map((row) => row.name);
  }

  test("jumps to its end and its middle and draws no more rows than are in sight", async () => {
    const all = await ordered();
    expect(all).toHaveLength(HOSTS);
    expect((await names())[0]).toBe(all[0]);
    await jump(1);
    await expect.poll(async () => (await names()).at(-1), SOON).toBe(all.at(-1));
    await jump(0.5);
    const middle = HOSTS / 2;
    await page.locator(`[data-index="${middle}"] .row-link`).waitFor();
    const shown = await page.locator(`[data-index="${middle}"] .row-link`).textContent();
    expect(shown).toBe(all[middle]);
    expect(await page.locator(".list-row").count()).toBeLessThan(80);
    await picture(page, "hosts-many");
    await jump(0);
    await expect.poll(async () => (await names())[0], SOON).toBe(all[0]);
    expect(faults).toEqual([]);
  });
});
