import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
import { ADMIN, openSite, type Site } from "./site.ts";

const PARTS = ["people", "roles", "tokens", "keys", "password", "feeds", "policy"] as const;

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("overview and settings", () => {
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

  test("an empty deployment teaches the first steps and claims nothing", async () => {
    const { page, faults } = await visit(browser, site.url);
    await page.goto("/");
    await signIn(page, ADMIN);
    await page.getByRole("region", { name: "First steps" }).waitFor();
    await expectAccessible(page);
    await picture(page, "overview-empty");
    expect(await page.locator(".mark.good").count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test("every part of the settings is read by keyboard and eye, wide and narrow", async () => {
    const { page, faults } = await visit(browser, site.url);
    await page.goto("/");
    await signIn(page, ADMIN);
    for (const part of PARTS) {
      await page.goto(`/settings/${part}`);
      await page.getByRole("tab", { selected: true }).waitFor();
      await settled(page);
      await expectAccessible(page);
      await picture(page, `settings-${part}`);
    }
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 800 });
    for (const part of PARTS) {
      await page.goto(`/settings/${part}`);
      await page.getByRole("tab", { selected: true }).waitFor();
      await settled(page);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await picture(page, `settings-${part}-390-dark`);
    }
    expect(faults).toEqual([]);
  });

  test("adds a person whose invitation is shown once, grants, and disables", async () => {
    const { page, faults } = await visit(browser, site.url);
    await page.goto("/");
    await signIn(page, ADMIN);
    await page.goto("/settings/people");
    await page.getByRole("button", { name: "Add a person" }).click();
    const dialogue = page.getByRole("dialog");
    await dialogue.getByLabel("Handle").fill("joan");
    await dialogue.getByLabel("Name").fill("Joan Clarke");
    await dialogue.getByRole("button", { name: "Add and invite" }).click();
    await page.getByText(`${site.url}/invite#`).waitFor();
    await expectAccessible(page);
    await picture(page, "settings-invited");
    await page.keyboard.press("Escape");
    const row = page.getByRole("row", { name: /joan/ });
    await row.getByText("viewer everywhere").waitFor();
    await row.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await row.getByText(/disabled/).waitFor();
    // The last administrator stays, and the page says why.
    await page.getByRole("row", { name: /ada/ }).getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("nobody who administers").first().waitFor();
    expect(faults).toEqual([]);
  });

  test("the palette finds pages and people's things by keyboard alone", async () => {
    const { page, faults } = await visit(browser, site.url);
    await page.goto("/");
    await signIn(page, ADMIN);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("approver keys");
    await page.getByText("My approver keys", { exact: true }).last().waitFor();
    await expectAccessible(page);
    await picture(page, "palette");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/settings/keys");
    expect(faults).toEqual([]);
  });
});
