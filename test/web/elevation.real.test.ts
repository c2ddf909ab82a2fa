import { expect, test } from "vitest";
import { approveChange } from "../../src/change/actions-approve.ts";
import { askElevation } from "../../src/change/actions-elevation.ts";
import { proposeTemplate } from "../../src/change/actions-templates.ts";
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

  test("stand in the inbox of who may decide, until they are decided", async () => {
    const { page, site, faults } = at;
    const dora = await aPerson(site.world, "dora", { role: "viewer" });
    await page.goto("/changes?waiting=me");
    await page.getByRole("heading", { name: "Changes", level: 1 }).waitFor();
    const asked = { change: change.id, minutes: 45, reason: "the night is mine" };
    await askElevation(site.world, dora.actor, asked);
    const inbox = page.getByRole("region", { name: "Also asked of you" });
    await inbox.getByText("the night is mine").waitFor();
    await page.getByText("1 person asks").waitFor();
    await settled(page);
    await expectAccessible(page);
    await picture(page, "asked");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "asked-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
    await inbox.getByRole("link", { name: /^J-/ }).click();
    const panel = page.getByRole("region", { name: "Lent rights" });
    const row = panel.getByRole("listitem").filter({ hasText: "the night is mine" });
    await row.getByRole("button", { name: /^Refuse J-/ }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("not this night");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Refuse J-/ })
      .click();
    await row.getByText("refused").waitFor();
    await page.goto("/changes?waiting=me");
    await page.getByText("Nothing waits for your approval.").waitFor();
    expect(await inbox.count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test("are revoked with a reason, and never granted to oneself", async () => {
    const { page } = at;
    await page.goto(`/changes/C-${change.number}`);
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

  test("change control shows how changes went, and takes a template that others approve", async () => {
    const { page, site, faults } = at;
    await page.goto("/change-control");
    await page.getByText("No change ended in these 90 days").waitFor();
    await page.getByText("Nothing: no emergency waits").waitFor();
    await page.getByRole("button", { name: "Propose a template" }).click();
    await page.getByLabel("The template").fill("name: Not A Name");
    await page.getByRole("button", { name: "Propose", exact: true }).click();
    await page.getByRole("alert").waitFor();
    const text =
      "name: openssl-updates\nwhy: well known\npackages: [openssl]\nhostsMax: 5\nriskMax: medium\ndays: 90\n";
    await page.getByLabel("The template").fill(text);
    await page.getByRole("button", { name: "Propose", exact: true }).click();
    await page.getByText("cannot be used: it has 0 of 2 approvals").waitFor();
    const own = page.getByRole("button", { name: "Approve openssl-updates" });
    expect(await own.getAttribute("aria-disabled"), "not one's own").toBe("true");
    const other = text.replace("openssl-updates", "openssl-others");
    const rita = await aPerson(site.world, "rita", { role: "operator" });
    await proposeTemplate(site.world, rita.actor, other);
    await page.reload();
    await page.getByRole("button", { name: "Approve openssl-others" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("it never hurt");
    await page.getByRole("dialog").getByRole("button", { name: "Approve openssl-others" }).click();
    await page.getByText("cannot be used: it has 1 of 2 approvals").waitFor();
    await settled(page);
    await expectAccessible(page);
    await picture(page, "change-control");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "change-control-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
    expect(faults).toEqual([]);
  });
});
