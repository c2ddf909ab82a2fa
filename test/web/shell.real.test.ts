import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, openBrowser, visit } from "./browser.ts";
import { openSite, type Site } from "./site.ts";

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("the pages' shell", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    site = await openSite();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test("sends whoever is not signed in to the sign-in page, and back afterwards", async () => {
    const { page, faults } = await visit(browser, site.url);
    await page.goto("/hosts?q=web");
    await page.waitForURL(/\/sign-in\?next=/);
    expect(new URL(page.url()).searchParams.get("next")).toBe("/hosts?q=web");
    expect(faults).toEqual([]);
  });

  test("says where nothing is, and never answers a missing script with a page", async () => {
    const missing = await fetch(`${site.url}/assets/gone.js`);
    expect(missing.status).toBe(404);
    const shell = await fetch(`${site.url}/no/such/page`);
    expect(shell.headers.get("content-security-policy")).toContain("script-src 'self'");
    const nonces = [...(await shell.text()).matchAll(/style-nonce" content="([^"]+)"/g)];
    expect(nonces[0]?.[1]).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    const api = await fetch(`${site.url}/api/v1/nothing`);
    expect(api.headers.get("content-type")).toMatch(/problem\+json/);
  });
});
