import { afterEach, expect, test } from "vitest";
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
