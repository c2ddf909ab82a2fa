import { expect, test } from "vitest";
import { approveChange } from "../../src/change/actions-approve.ts";
import { askElevation } from "../../src/change/actions-elevation.ts";
import type { Change } from "../../src/change/model.ts";
import { loadPlan } from "../../src/plan/store.ts";
import { aPerson, type TestPerson } from "../builders/stored.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { requested, type Scene, setScene } from "./played-rollout.ts";

describePages("rights that are lent over a change", () => {
  let scene: Scene;
  let change: Change;
  let vera: TestPerson;

  const at = openPages({
    prepare: async (site) => {
      scene = await setScene(site.world);
      change = await requested(scene);
      const approver = await aPerson(site.world, "april", { role: "approver" });
      const statement = (await loadPlan(site.world.db, change.plan))?.statement ?? "";
      const signature = approver.sign(statement);
      await approveChange(site.world, approver.actor, { change: change.id, signature });
      vera = await aPerson(site.world, "vera", { role: "viewer" });
    },
  });

  test("are asked for by one and granted by another, who sees the ask come", async () => {
    const { page, site, faults } = at;
    await page.goto(`/changes/C-${change.number}`);
    const panel = page.getByRole("region", { name: "Lent rights" });
    await panel.getByText("somebody else decides").waitFor();
    const asked = { change: change.id, minutes: 30, reason: "dave is ill today" };
    await askElevation(site.world, vera.actor, asked);
    await panel.getByText("dave is ill today").waitFor();
    await panel.getByRole("button", { name: /^Grant J-/ }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Grant J-/ })
      .click();
    await panel.getByText("lent", { exact: true }).waitFor();
    await settled(page);
    await expectAccessible(page);
    await panel.scrollIntoViewIfNeeded();
    await picture(page, "elevation");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await panel.scrollIntoViewIfNeeded();
    await picture(page, "elevation-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
    expect(faults).toEqual([]);
  });

  test("are revoked with a reason, and never granted to oneself", async () => {
    const { page } = at;
    const panel = page.getByRole("region", { name: "Lent rights" });
    await panel.getByRole("button", { name: /^Revoke J-/ }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("dave is back");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Revoke J-/ })
      .click();
    await panel.getByText("over: revoked").waitFor();
    await panel.getByRole("button", { name: "Ask for its rights" }).click();
    await panel.getByLabel("Why").fill("I want to see it");
    await panel.getByRole("button", { name: "Ask", exact: true }).click();
    await panel.getByText("asked for").waitFor();
    const grant = panel.getByRole("button", { name: /^Grant J-/ });
    expect(await grant.getAttribute("aria-disabled")).toBe("true");
    await grant.hover();
    await page.getByText("so somebody else has to decide it").waitFor();
  });
});
