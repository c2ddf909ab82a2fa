import { expect, test } from "vitest";
import type { PlanDigest } from "../../src/base/ids.ts";
import { everywhere } from "../../src/inventory/store.ts";
import { createPlan } from "../../src/plan/actions.ts";
import { loadPlanHosts } from "../../src/plan/store-hosts.ts";
import { askedOpenssl } from "../builders/stored.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { administrator, rings, setScene } from "./played-rollout.ts";

/** More hosts than one answer names, in waves that are drawn all the same. */
const cut = rings.replace(
  "    hosts: ring=2\n",
  "    hosts: ring=2\n    waves: { percent: [20, 40, 60, 80, 100] }\n",
);

describePages("the page of a large plan", () => {
  let digest: PlanDigest;

  const at = openPages({
    prepare: async (site) => {
      const scene = await setScene(site.world, { canary: 5, "2": 1_000 });
      const ada = await administrator(site.world);
      const asked = { patch: scene.patch, policy: { text: cut }, class: "normal" as const };
      digest = (await createPlan(site.world, ada, asked, askedOpenssl)).plan.digest;
    },
  });

  /** In the order of the plan, counted from 0. */
  async function nameAt(wave: number, place: number): Promise<string> {
    const filter = { plan: digest, scopes: everywhere, wave, skip: place, limit: 1 };
    return (await loadPlanHosts(at.site.world.db, filter))[0]!.name;
  }

  test("draws every host without asking for one, and opens the one that is clicked", async () => {
    const { page, faults } = at;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`/plans/${digest}`);
    const cells = page.getByRole("img", { name: "200 hosts of ring 2, one cell each" });
    await cells.nth(4).locator("[data-standing=waiting] path").waitFor();
    await settled(page);
    expect(asked.filter((path) => path.endsWith(`/plans/${digest}/hosts`))).toEqual([]);
    await picture(page, "plan-large");
    await expectAccessible(page);

    // Cells are 12 pixels apart: the third of the first row of the second cut.
    await cells.nth(1).click({ position: { x: 30, y: 6 } });
    await page.waitForURL(/\/hosts\//);
    await page.getByRole("heading", { name: await nameAt(3, 2), level: 1 }).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "200 hosts" }).first().click();
    await page.waitForURL(/tab=hosts&wave=2/);
    await page
      .getByRole("table", { name: "hosts" })
      .getByText(await nameAt(2, 0), { exact: true })
      .waitFor();
    expect(faults).toEqual([]);
  });

  test("has cells on a phone that a finger meets", async () => {
    const { page } = at;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`/plans/${digest}`);
    const cells = page.getByRole("img", { name: "200 hosts of ring 2, one cell each" });
    await cells.nth(4).locator("[data-standing=waiting] path").waitFor();
    await settled(page);
    await expectNoSidewaysScroll(page);
    await cells.nth(0).scrollIntoViewIfNeeded();
    await picture(page, "plan-large-narrow");
    // There they are 18 pixels apart: the second of the second row.
    const box = (await cells.nth(0).boundingBox())!;
    const columns = Math.floor(box.width / 18);
    await cells.nth(0).click({ position: { x: 27, y: 27 } });
    const name = await nameAt(2, columns + 1);
    await page.getByRole("heading", { name, level: 1 }).waitFor();
  });
});
