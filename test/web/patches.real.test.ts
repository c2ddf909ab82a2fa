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

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("the pages of patches", () => {
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

  test("teach what a case is while there is none", async () => {
    await goTo("/patches?tab=cases");
    await page.getByText("No cases yet").waitFor();
    await expectAccessible(page);
  });

  test("queue what to fix first, and open the case of a row", async () => {
    await goTo("/patches");
    await page.getByText(/updates on offer would clear/).waitFor();
    await page.getByRole("button", { name: "Open a case for openssl" }).click();
    await page.waitForURL(/\/patches\/P-1$/);
    await page.getByRole("heading", { level: 1, name: /^P-1/ }).waitFor();
    await goTo("/patches");
    await page.getByRole("link", { name: "P-1" }).waitFor();
    await picture(page, "patches");
    await expectAccessible(page);
    await goTo("/patches?q=openssl");
    await expect
      .poll(async () => (await rows()).map((row) => row.slice(0, 7)), SOON)
      .toEqual(["openssl", "openssl"]);
  });

  test("tell a case from its advisory on, why it is what it is, and where it stands", async () => {
    await goTo("/patches/P-1");
    await page.getByText(/opened the case for openssl/).waitFor();
    await picture(page, "patch");
    await expectAccessible(page);
    for (const [tab, told] of [
      ["why", /BOD 26-04/],
      ["where", /hosts older/],
      ["plan", /No plan yet/],
      ["approvals", /Nobody was asked yet/],
      ["rollout", /Nothing was rolled out yet/],
      ["evidence", /Check it without this server/],
    ] as const) {
      await goTo(`/patches/P-1?tab=${tab}`);
      await page.getByText(told).first().waitFor();
      await settled(page);
      await picture(page, `patch-${tab}`);
      await expectAccessible(page);
    }
  });

  test("show a case that somebody else opens, without a reload", async () => {
    await goTo("/patches?q=curl");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Open a case for curl" }).waitFor();
    const opened = await fetch(`${site.url}/api/v1/patches`, {
      method: "POST",
      headers: { authorization: `Bearer ${site.token}`, "content-type": "application/json" },
      body: JSON.stringify({ source: "curl" }),
    });
    expect(opened.status).toBe(201);
    await page.getByRole("link", { name: "P-2" }).waitFor();
  });

  test("say what a plan lacks, in the planner's words", async () => {
    await goTo("/patches/P-1?tab=plan&make=yes");
    await page.getByLabel("Rings policy").selectOption({ index: 1 });
    await page.getByLabel("Hosts").fill("service=nothing");
    await picture(page, "patch-make-plan");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the plan" }).click();
    await page.getByRole("alert").waitFor();
    await picture(page, "patch-plan-refused");
  });

  test("drop a case with a reason, and open it again", async () => {
    await goTo("/patches/P-2");
    await page.getByRole("button", { name: "Drop" }).click();
    await page.getByLabel("Why", { exact: false }).fill("It is not reachable from anywhere.");
    await expectAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "Drop" }).click();
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    await page.getByText("dropped").first().waitFor();
    await page.getByRole("button", { name: "Drop" }).hover();
    await page.getByRole("tooltip").getByText("The case is dropped.").waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/patches");
    await picture(page, "patches-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [path, name] of [
      ["/patches", "patches-narrow"],
      ["/patches/P-1", "patch-narrow"],
      ["/patches/P-1?tab=why", "patch-why-narrow"],
      ["/patches/P-1?tab=where", "patch-where-narrow"],
    ] as const) {
      await goTo(path);
      await expectNoSidewaysScroll(page);
      await picture(page, name);
      await expectAccessible(page);
    }
  });
});
