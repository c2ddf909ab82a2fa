import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { age } from "../../src/rollout/store-story.ts";
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
import { approved, type PlayedRollout, requested, setScene, started } from "./played-rollout.ts";
import { ADMIN, openSite, type Site } from "./site.ts";

describe.skipIf(!hasBrowser && process.env["CI"] === undefined)("a rollout's page", () => {
  let site: Site;
  let browser: Browser;
  let rollout: PlayedRollout;
  let path: string;

  beforeAll(async () => {
    site = await openSite();
    browser = await openBrowser();
    const scene = await setScene(site.world);
    const change = await requested(scene);
    await approved(scene, change, scene.alice);
    rollout = await started(scene, change);
    path = `/rollouts/R-${rollout.row.number}`;
    // The canary has passed its gate; six of ring 1 are at work, one of them has failed.
    for (const names of [4, 2]) {
      await rollout.turn();
      expect(rollout.jobs.size).toBe(names);
      await rollout.begin();
      for (const name of rollout.jobs.keys()) await rollout.end(name);
      await rollout.look();
    }
    await age(site.world.db, 70_000);
    await rollout.turn();
    await rollout.begin();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test("is one picture of waves, hosts, gates and budgets", async () => {
    const { page, faults } = await visit(browser, site.url);
    await signIn(page, ADMIN);
    await page.goto(path);
    await page.getByRole("region", { name: "Wave 1, canary" }).waitFor();
    await settled(page);
    await picture(page, "rollout");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("looks right in the dark and on a phone", async () => {
    const dark = await visit(browser, site.url, { scheme: "dark" });
    await signIn(dark.page, ADMIN);
    await dark.page.goto(path);
    await dark.page.getByRole("region", { name: "Wave 1, canary" }).waitFor();
    await settled(dark.page);
    await picture(dark.page, "rollout-dark");
    await expectAccessible(dark.page);
    await dark.page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(dark.page);
    await picture(dark.page, "rollout-narrow");
  });
});
