import { afterEach, expect, test } from "vitest";
import { DAY_MS } from "../../src/base/instant.ts";
import { ADMIN } from "../builders/first-admin.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import { shopFleet } from "./shop-fleet.ts";

describePages("the pages of triage sessions", () => {
  const at = openPages({ hasStarter: true, prepare: (site) => shopFleet(site.world) });
  const { goTo } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  async function post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${at.site.url}/api/v1/triage-sessions${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${at.site.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  test("begin a session, vote by keyboard, do what was voted, and sign the minutes off", async () => {
    const { page } = at;
    await goTo("/triage");
    await page.getByText("No session yet").waitFor();
    await page.getByRole("button", { name: "Start a session" }).click();
    await page.getByLabel("Title").fill("Monday");
    await page.getByLabel("Quorum").fill("1");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/triage\/T-1$/);
    const first = page.getByRole("listitem", { name: /^Item 1,/ });
    await first.focus();
    await page.keyboard.press("ArrowDown");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")), SOON)
      .toMatch(/^Item 2,/);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("1");
    await page.getByLabel("Why").fill("it is exploited");
    await page.keyboard.press("Enter");
    await first.getByText("necessary, all hosts").waitFor();
    await picture(page, "triage-session");
    await expectAccessible(page);
    await first.getByRole("button", { name: "Open a case" }).click();
    await page.getByLabel("Why").fill("agreed by all");
    await page.getByRole("dialog").getByRole("button", { name: "Open a case" }).click();
    await first.getByRole("link", { name: "P-1" }).waitFor();
    // Somebody votes elsewhere: it stands here without a reload.
    await post("/T-1/votes", { place: 2, necessity: "not", words: "not reachable" });
    await page.getByText("“not reachable”").waitFor();
    const second = page.getByRole("listitem", { name: /^Item 2,/ });
    await second.getByRole("button", { name: "Put it off" }).click();
    const later = new Date(Date.now() + 20 * DAY_MS).toISOString().slice(0, 10);
    await page.getByLabel("Until").fill(later);
    await page.getByLabel("Who answers for it").fill("nobody-known");
    await page.getByLabel("Why").fill("The audit ends first; it is not reachable.");
    await page.getByRole("dialog").getByRole("button", { name: "Put off" }).click();
    await page
      .getByRole("dialog")
      .getByText(/no person nobody-known|nobody-known/)
      .waitFor();
    await picture(page, "triage-defer");
    await expectAccessible(page);
    await page.getByLabel("Who answers for it").fill(ADMIN.handle);
    await page.getByRole("dialog").getByRole("button", { name: "Put off" }).click();
    await second.getByRole("link", { name: "D-1" }).click();
    await page.waitForURL(/tab=deferrals/);
    await page.getByTitle("The audit ends first; it is not reachable.").waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Close and sign off" }).click();
    await page.getByLabel("Why").fill("One case opened.");
    await page.getByRole("dialog").getByRole("button", { name: "Close and sign off" }).click();
    await page.getByText(/Signed off: SHA-256/).waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/triage/T-1");
    await page.getByText(/Signed off: SHA-256/).waitFor();
    await picture(page, "triage-session-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await settled(page);
    await picture(page, "triage-session-narrow");
    await expectNoSidewaysScroll(page);
  });
});
