import { expect, test } from "vitest";
import { expectAccessible, visit } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";

describePages("the pages' shell", () => {
  const at = openPages({ isSignedIn: false });

  test("sends whoever is not signed in to the sign-in page, and back afterwards", async () => {
    const { page, faults } = await visit(at.browser, at.site.url);
    await page.goto("/hosts?q=web");
    await page.waitForURL(/\/sign-in\?next=/);
    expect(new URL(page.url()).searchParams.get("next")).toBe("/hosts?q=web");
    expect(faults).toEqual([]);
  });

  test("says where nothing is, and never answers a missing script with a page", async () => {
    const missing = await fetch(`${at.site.url}/assets/gone.js`);
    expect(missing.status).toBe(404);
    const shell = await fetch(`${at.site.url}/no/such/page`);
    expect(shell.headers.get("content-security-policy")).toContain("script-src 'self'");
    const nonces = [...(await shell.text()).matchAll(/style-nonce" content="([^"]+)"/g)];
    expect(nonces[0]?.[1]).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    const api = await fetch(`${at.site.url}/api/v1/nothing`);
    expect(api.headers.get("content-type")).toMatch(/problem\+json/);
  });

  test("are judged by rules that find what is wrong, on each document anew", async () => {
    const { page } = await visit(at.browser, at.site.url);
    const right =
      '<html lang="en"><title>A</title><main><h1>A</h1><img src="data:," alt="A"></main>';
    const wrong = right.replace(' alt="A"', "");
    for (const [path, html] of Object.entries({ "/right": right, "/wrong": wrong })) {
      await page.route(path, (route) => route.fulfill({ contentType: "text/html", body: html }));
    }
    await page.goto("/right");
    await expectAccessible(page);
    await page.goto("/wrong");
    await expect(expectAccessible(page)).rejects.toThrow(/image-alt/);
    await page.evaluate(() => document.querySelector("img")?.setAttribute("alt", "A"));
    await expectAccessible(page);
  });
});
