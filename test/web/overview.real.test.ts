import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { configSchema } from "../../src/base/config.ts";
import { present } from "../../src/base/failure.ts";
import { DAY_MS } from "../../src/base/instant.ts";
import { inTransaction } from "../../src/db/database.ts";
import { refreshFeeds } from "../../src/intel/actions-network.ts";
import { sourceOf } from "../../src/intel/feed-source.ts";
import { fetchLimits } from "../../src/intel/fetch-rules.ts";
import { recordEvent } from "../../src/ledger/record.ts";
import { forward, newMemory, showSinks } from "../../src/watch/actions.ts";
import { ADMIN } from "../builders/first-admin.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  settled,
  signIn,
  visit,
} from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { approved, requested, setScene, started } from "./played-rollout.ts";
import { shopFleet } from "./shop-fleet.ts";

const PARTS = [
  ...[
    "people",
    "directories",
    "roles",
    "sessions",
    "tokens",
    "keys",
    "password",
    "feeds",
    "policy",
    "events",
  ],
] as const;

describePages("overview and settings", () => {
  const at = openPages();
  // Each test begins in the light on a wide window, and leaves no fault behind.
  beforeEach(async () => {
    await at.page.emulateMedia({ colorScheme: "light" });
    await at.page.setViewportSize({ width: 1280, height: 860 });
  });
  afterEach(() => expect(at.faults).toEqual([]));

  test("an empty deployment teaches the first steps and claims nothing", async () => {
    const { page } = at;
    await page.goto("/");
    await page.getByRole("region", { name: "First steps" }).waitFor();
    await expectAccessible(page);
    await picture(page, "overview-empty");
    expect(await page.locator(".mark.good").count()).toBeGreaterThan(0);
  });

  test("every part of the settings is read by keyboard and eye, wide and narrow", async () => {
    const { page } = at;
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
  });

  test("a receiver of events that cannot be reached says so, and why", async () => {
    const { page } = at;
    const sinks = [{ name: "siem", syslog: "tcp://127.0.0.1:9", events: ["rollout.*"] }];
    const { events } = configSchema.parse({ events: { to: sinks } });
    const { world } = at.site;
    Object.assign(world.config, { events });
    await page.goto("/settings/events");
    const row = page.getByRole("row", { name: /siem/ });
    await row.getByText("nothing was sent yet").waitFor();
    const actor = systemActor.subject;
    await inTransaction(world.db, (tx) =>
      recordEvent(tx, { type: "rollout.started", actor, object: "rollout:r-1" }),
    );
    const sink = present(events.to[0], "the receiver");
    await vi.waitFor(async () => {
      await forward(world, { sink, server: "server-1", memory: newMemory() });
      const [now] = await showSinks(world);
      expect(now?.state.problem).not.toBeNull();
    });
    await page.reload();
    await row.getByText(/could not be reached .*ECONNREFUSED/).waitFor();
    await expectAccessible(page);
    await picture(page, "settings-events-siem");
  });

  test("adds a person whose invitation is shown once, grants, and disables", async () => {
    const { page } = at;
    await page.goto("/settings/people");
    await page.getByRole("button", { name: "Add a person" }).click();
    const dialogue = page.getByRole("dialog");
    await dialogue.getByLabel("Handle").fill("joan");
    await dialogue.getByLabel("Name").fill("Joan Clarke");
    await dialogue.getByRole("button", { name: "Add and invite" }).click();
    await page.getByText(`${at.site.url}/invite#`).waitFor();
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
  });

  test("adds a directory, gives its group a role, and shows its token once", async () => {
    const { page } = at;
    await page.goto("/settings/directories");
    await page.getByLabel("Handle").fill("entra");
    await page.getByLabel("Title").fill("Entra");
    await page.getByRole("button", { name: "Add a directory" }).click();
    const part = page.getByRole("region", { name: "Entra" });
    await part.getByText("has no token").waitFor();
    await part.getByRole("button", { name: "Make a token" }).click();
    await part.getByText(/^fettle_/).waitFor();
    await part.getByText("/scim/v2").waitFor();
    await part.getByLabel("Members of the group").fill("Linux patchers");
    await part.getByLabel("Role").selectOption("operator");
    await part.getByLabel("Where").fill("env=prod");
    await part.getByRole("button", { name: "Add the rule" }).click();
    await part.getByRole("row", { name: /Linux patchers operator env=prod/ }).waitFor();
    await settled(page);
    await expectAccessible(page);
    await picture(page, "settings-directory");
    await page.setViewportSize({ width: 390, height: 800 });
    await expectNoSidewaysScroll(page);
    await picture(page, "settings-directory-390");
    await page.reload();
    await part.waitFor();
    expect(await part.getByText(/^fettle_/).count()).toBe(0);
  });

  test("a fleet at work reads as one sentence, what waits for me, and rollouts that move", async () => {
    await shopFleet(at.site.world);
    const scene = await setScene(at.site.world, { canary: 4, "1": 10, "2": 20 });
    const change = await requested(scene);
    await approved(scene, change, scene.alice);
    const rollout = await started(scene, change);
    for (let round = 0; round < 2; round += 1) {
      await rollout.turn();
      await rollout.begin();
      for (const name of [...rollout.jobs.keys()]) await rollout.end(name);
      await rollout.look();
    }
    const { page } = at;
    await page.goto("/");
    await page
      .getByRole("region", { name: "Rollouts now" })
      .getByText("canary", { exact: true })
      .waitFor();
    await page.locator("section[aria-label='Exposure in the last 30 days'] svg").waitFor();
    await settled(page);
    expect(await page.locator("p a").count(), "numbers that are links").toBeGreaterThan(0);
    await expectAccessible(page);
    await picture(page, "overview");
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page);
    await picture(page, "overview-dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "overview-390");
  });

  test("a past day is told as that, with its findings, and one comes back from it", async () => {
    const { page } = at;
    const day = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
    await at.goTo(`/?asOf=${day}`);
    const banner = page.getByRole("region", { name: "A past day" });
    await banner.getByText(`${day} 23:59 UTC`).waitFor();
    expect(await page.getByRole("region", { name: "Rollouts now" }).count()).toBe(0);
    await picture(page, "overview-past");
    await expectAccessible(page);
    await page.getByRole("link", { name: "The findings of that day" }).click();
    await page.waitForURL(new RegExp(`/findings\\?by=vulnerability&asOf=${day}`));
    await page.goBack();
    await banner.getByRole("button", { name: "Back to now" }).click();
    await page.getByRole("region", { name: "Rollouts now" }).waitFor();
  });

  test("a source that fails says since when, what that takes away and what to do", async () => {
    const { page } = at;
    // Nobody listens there; the starter snapshot, which is too old, is all that covers the fleet.
    const [outcome] = await refreshFeeds(at.site.world, systemActor, {
      ...{ isForced: true, limits: { ...fetchLimits, attemptsMax: 1 } },
      sources: [sourceOf("debian-tracker", ["http://127.0.0.1:1/gone"])],
    });
    expect(outcome?.kind).toBe("unavailable");
    await page.goto("/settings/feeds");
    const row = page.getByRole("listitem").filter({ hasText: /^debian-tracker/ });
    await row.getByText("failing", { exact: true }).waitFor();
    const said = await row.innerText();
    expect(said).toMatch(/Since .*: .*127\.0\.0\.1/);
    expect(said).toMatch(
      /Nothing current covers \d+ hosts of Debian 12: no finding there means unknown/,
    );
    expect(said).toContain("carry a bundle here (fettle feed import FILE)");
    expect(await row.locator("time").count(), "moments that can be read exactly").toBeGreaterThan(
      0,
    );
    await expectAccessible(page);
    await picture(page, "settings-feeds-failing");
    await page.setViewportSize({ width: 390, height: 844 });
    await row.scrollIntoViewIfNeeded();
    await expectNoSidewaysScroll(page);
  });

  test("what comes first weighs at most 250 kB, charts and pages come when asked for", async () => {
    const { page, context } = await visit(at.browser, at.site.url);
    await page.goto("/");
    await signIn(page, ADMIN);
    await page.goto("/settings/roles");
    await page.getByRole("tab", { selected: true }).waitFor();
    const files = await page.evaluate(() =>
      performance.getEntriesByType("resource").map((entry) => ({
        name: entry.name,
        bytes: (entry as PerformanceResourceTiming).encodedBodySize,
      })),
    );
    const assets = files.filter(({ name }) => name.includes("/assets/"));
    expect(assets.length).toBeGreaterThan(1);
    expect(assets.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(250_000);
    expect(assets.some(({ name }) => name.includes("chart-library"))).toBe(false);
    await context.close();
  });

  test("the palette finds pages and people's things by keyboard alone", async () => {
    const { page } = at;
    await at.goTo("/");
    await page.keyboard.press("Control+k");
    await page.waitForFunction(() => document.activeElement?.getAttribute("placeholder") !== null);
    await page.keyboard.type("approver keys");
    await page.getByText("My approver keys", { exact: true }).last().waitFor();
    await expectAccessible(page);
    await picture(page, "palette");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/settings/keys");
  });
});
