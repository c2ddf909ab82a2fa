import { afterEach, expect, test } from "vitest";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import { shopFleet } from "./shop-fleet.ts";

describePages("the pages of patches", () => {
  const at = openPages({ hasStarter: true, prepare: (site) => shopFleet(site.world) });
  const { goTo, rows } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  test("teach what a case is while there is none", async () => {
    const { page } = at;
    await goTo("/patches?tab=cases");
    await page.getByText("No cases yet").waitFor();
    await expectAccessible(page);
  });

  test("tell what one update would do on chosen hosts before anybody opens a case for it", async () => {
    const { page } = at;
    await goTo("/patches?label=ring%3D2");
    await page.getByText(/Updates on offer clear \d+\.\d\u00a0% of the known risk/).waitFor();
    await picture(page, "patches-chosen");
    await page
      .getByRole("link", { name: /^openssl/ })
      .first()
      .click();
    await page.waitForURL(/\/patches\/update\?source=openssl.*label=ring/);
    await page.getByText(/It clears \d+ findings, \d+\.\d\u00a0% of all known risk/).waitFor();
    await page.getByRole("row", { name: /libssl3 amd64 3\.0\.11-1~deb12u1 3\.0\.17-1~deb12u2/ });
    await settled(page);
    await picture(page, "update");
    await expectAccessible(page);
  });

  test("queue what to fix first, and open the case of a row", async () => {
    const { page } = at;
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
    const { page } = at;
    await goTo("/patches/P-1");
    await page.getByText(/opened the case for openssl/).waitFor();
    await picture(page, "patch");
    await expectAccessible(page);
    for (const [tab, told] of [
      ["why", /BOD 26-04/],
      ["pace", /Failed on 0 of 0/],
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
    const { page, site } = at;
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

  test("keep a case out of band from a plan until a person wrote why it cannot wait", async () => {
    const { page, site } = at;
    const text = `kind: classification
rules:
  - {name: all at once, when: "true", route: emergency, urgency: high}
`;
    const post = (path: string, body: unknown) =>
      fetch(`${site.url}/api/v1/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${site.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const { inForce } = await (await post("policy/plan", { text })).json();
    expect((await post("policy/apply", { text, reason: "test", expected: inForce })).status).toBe(
      200,
    );
    expect((await post("patches", { source: "nginx" })).status).toBe(201);
    await goTo("/patches/P-3");
    await page.getByText(/It goes out of band/).waitFor();
    await picture(page, "patch-lacks");
    await page.getByRole("button", { name: "Write what is missing" }).click();
    await page.getByLabel("Why").fill("Exploited against shops like ours since this morning.");
    await picture(page, "patch-edit");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Edit the case" }).waitFor();
    await goTo("/patches?tab=order");
    await expect.poll(async () => (await rows()).length, SOON).toBe(3);
    await picture(page, "patches-order");
    await expectAccessible(page);
    await goTo("/patches?tab=trains");
    const weekly = page.getByRole("region", { name: "security, weekly" });
    await weekly.getByRole("link", { name: /^P-1 / }).waitFor();
    await page
      .getByRole("region", { name: "On no train" })
      .getByText(/out of band/)
      .waitFor();
    await picture(page, "patches-trains");
    await expectAccessible(page);
  });

  test("say what a plan lacks, in the planner's words", async () => {
    const { page } = at;
    await goTo("/patches/P-1?tab=plan&make=yes");
    await page.getByLabel("Rings policy").selectOption({ index: 1 });
    await page.getByLabel("Hosts", { exact: true }).fill("service=nothing");
    await picture(page, "patch-make-plan");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the plan" }).click();
    await page.getByRole("alert").waitFor();
    await picture(page, "patch-plan-refused");
  });

  test("drop a case with a reason, and open it again", async () => {
    const { page } = at;
    await goTo("/patches/P-2");
    await page.getByRole("button", { name: "Drop" }).click();
    await page.getByLabel("Why", { exact: false }).fill("It is not reachable from anywhere.");
    await expectAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "Drop" }).click();
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    await page.getByText("dropped").first().waitFor();
    // The page is drawn anew while the hints of the deed come in, so the mouse may have to come again.
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await settled(page);
    const reason = page.getByRole("tooltip").getByText("The case is dropped.");
    const isTold = async () => {
      await page.mouse.move(0, 0);
      await page.getByRole("button", { name: "Drop" }).hover();
      return reason.waitFor({ timeout: 1_000 }).then(
        () => true,
        () => false,
      );
    };
    await expect.poll(isTold, SOON).toBe(true);
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
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
