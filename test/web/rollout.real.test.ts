import { sql } from "kysely";
import { expect, test } from "vitest";
import { createPlan } from "../../src/plan/actions.ts";
import { forecastPlan } from "../../src/rollout/actions-forecast.ts";
import { halt } from "../../src/rollout/actions-halt.ts";
import { agreeToLift, agreeToResume, resume } from "../../src/rollout/actions-resume.ts";
import { addHosts, age, aRollout } from "../../src/rollout/store-story.ts";
import { aPerson, askedOpenssl } from "../builders/stored.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import {
  administrator,
  approved,
  type PlayedRollout,
  requested,
  rings,
  type Scene,
  setScene,
  started,
} from "./played-rollout.ts";

describePages("a rollout's page", () => {
  let rollout: PlayedRollout;
  let path: string;
  let scene: Scene;

  const at = openPages({
    prepare: async (site) => {
      scene = await setScene(site.world);
      const change = await requested(scene);
      await approved(scene, change, scene.alice);
      rollout = await started(scene, change);
      path = `/rollouts/R-${rollout.row.number}`;
      // The canary has passed its gate; six of ring 1 are at work.
      for (const count of [4, 2]) {
        await rollout.turn();
        expect(rollout.jobs.size).toBe(count);
        await rollout.begin();
        for (const name of [...rollout.jobs.keys()]) await rollout.end(name);
        await rollout.look();
      }
      await age(site.world.db, 70_000);
      await rollout.turn();
      await rollout.begin();
    },
  });

  test("is one picture of waves, hosts, gates and budgets", async () => {
    const { page, faults } = at;
    await page.goto(path);
    const wave = page.getByRole("region", { name: "Wave 2, ring 1" });
    await wave
      .getByRole("button", { name: /: running$/ })
      .nth(5)
      .waitFor();
    await wave.getByRole("meter", { name: "at once" }).waitFor();
    // Two failures are allowed among 16 hosts: the binomial distribution has three with 95 % at 34 %.
    await wave.getByText("detects ≥ 34 %").waitFor();
    await page.getByText("approved 1 of 1").waitFor();
    await settled(page);
    await picture(page, "rollout");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("follows the hosts without a reload, and keeps their places", async () => {
    const { page } = at;
    const wave = page.getByRole("region", { name: "Wave 2, ring 1" });
    const names = () => wave.getByRole("toolbar").getByRole("button").allTextContents();
    const before = (await names()).length;
    const [first, second] = [...rollout.jobs.keys()];
    await rollout.end(first!);
    await rollout.look();
    await wave.getByRole("button", { name: `${first}: verified` }).waitFor();
    await rollout.end(second!, "failed");
    await wave.getByRole("button", { name: `${second}: failed` }).waitFor();
    expect((await names()).length).toBe(before);
    await picture(page, "rollout-failed");
  });

  test("tells of one host where it stands and what can be done, also by keyboard", async () => {
    const { page } = at;
    const wave = page.getByRole("region", { name: "Wave 2, ring 1" });
    await wave.getByRole("button", { name: /: failed$/ }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/host=web-r1/);
    const details = page.getByRole("dialog");
    await details.getByRole("button", { name: "Retry" }).waitFor();
    await picture(page, "rollout-host");
    await expectAccessible(page);
    await details.getByRole("button", { name: "Leave out" }).hover();
    await page.getByText("It has begun or ended already.").first().waitFor();
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
    await wave.getByRole("button", { name: /^gate/ }).click();
    await page.getByText("no data is never a pass").waitFor();
    await page.keyboard.press("Escape");
  });

  test("filters its hosts by where they stand, in an address that a reload keeps", async () => {
    const { page } = at;
    const wave = page.getByRole("region", { name: "Wave 2, ring 1" });
    await wave.getByRole("button", { name: "1 failed" }).click();
    await page.waitForURL(/standing=failed/);
    await page.getByText("1 host", { exact: true }).waitFor();
    await page.reload();
    await page.getByText("1 host", { exact: true }).waitFor();
  });

  test("halts at once with a reason, says who may still start, and goes on by two people", async () => {
    const { page, faults, site } = at;
    const said = { rollout: rollout.row.id, reason: "it was the load test" };
    await page.goto(path);
    await page.getByRole("button", { name: "Halt" }).click();
    await page.getByLabel("Why").fill("latency of the shop rises");
    await page.getByRole("dialog").getByRole("button", { name: "Halt" }).click();
    await page.getByText("Halted: nothing starts").waitFor();
    await page.getByText("latency of the shop rises").first().waitFor();
    await rollout.turn();
    await settled(page);
    await picture(page, "rollout-halted");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByLabel("Why").fill("it was the load test");
    await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
    await page.getByText(/^ada asked .* to go on: it was the load test\. Somebody else/).waitFor();
    const agree = page.getByRole("button", { name: "Agree to resume" });
    expect(await agree.getAttribute("aria-disabled")).toBe("true");
    await agree.hover();
    await page.getByText("you asked for it yourself; somebody else has to agree").first().waitFor();
    await settled(page);
    await picture(page, "rollout-resume-asked");
    await expectAccessible(page);
    await agreeToResume(site.world, scene.alice.actor, said);
    await page.getByRole("button", { name: "Halt" }).waitFor();

    const oz = await aPerson(site.world, "oz", { role: "operator" });
    await halt(site.world, oz.actor, { ...said, isFrozen: false });
    await resume(site.world, oz.actor, said);
    await page.goto("/");
    await page.getByRole("link", { name: /^Decide whether R-\d+ goes on: oz asked$/ }).click();
    await agree.click();
    await page.getByLabel("Why").fill("seen too");
    await page.getByRole("dialog").getByRole("button", { name: "Agree to resume" }).click();
    await page.getByRole("button", { name: "Halt" }).waitFor();
    expect(faults).toEqual([]);
  });

  test("stops everything from the list of rollouts, which two people lift", async () => {
    const { page, faults, site } = at;
    await page.goto("/rollouts");
    await page.getByRole("button", { name: "Halt everything" }).click();
    await page.getByLabel("Why").fill("the shop is down");
    await page.getByRole("dialog").getByRole("button", { name: "Halt everything" }).click();
    await page.getByText(/^Everything is halted/).waitFor();
    await page.getByRole("button", { name: "Lift" }).click();
    await page.getByLabel("Why").fill("it was the network");
    await page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
    await page.getByText(/^ada asked .* to go on: it was the network\. Somebody else/).waitFor();
    await settled(page);
    await picture(page, "rollouts-halted");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "rollouts-halted-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
    await agreeToLift(site.world, scene.alice.actor, { scope: "all", reason: "seen" });
    await page.getByText(/^Everything is halted/).waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await page.goto(path);
    await page.getByRole("button", { name: "Halt" }).waitFor();
  });

  test("tells how long a plan of the same case would take, and whether it keeps its deadline", async () => {
    const { page, faults } = at;
    const ada = await administrator(at.site.world);
    const asked = { patch: scene.patch, policy: { text: rings }, class: "normal" as const };
    const { plan } = await createPlan(at.site.world, ada, asked, askedOpenssl);
    const told = await forecastPlan(at.site.world, ada, { plan: plan.digest, jobSeconds: 600 });
    expect(told.waves[0]).toMatchObject({ hosts: 6, late: null });
    await page.goto(`/plans/${plan.digest}`);
    await page.getByText(/from \d+ jobs with the very same steps/).waitFor();
    const wave = page.getByRole("region", { name: "Wave 1, canary" });
    await wave.getByText("9 in 10 by").waitFor();
    await settled(page);
    await picture(page, "plan-forecast");
    await expectAccessible(page);
    expect(faults).toEqual([]);
    await page.goto("/calendar");
    const waves = page.getByRole("region", { name: "Waves in these weeks" });
    await waves.getByRole("link", { name: /, ring 2$/ }).waitFor();
    await page.goto(path);
    await page.getByRole("button", { name: "Halt" }).waitFor();
  });

  test("looks right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "rollout-dark");
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "rollout-narrow");
    await page.goto("/rollouts");
    await page.getByText("1 running").waitFor();
    await settled(page);
    await expectNoSidewaysScroll(page);
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.reload();
    await page.getByRole("link", { name: `R-${rollout.row.number}` }).waitFor();
    await expectAccessible(page);
    await picture(page, "rollouts");
  });

  test("draws many hosts as cells without their names, and opens the one that is clicked", async () => {
    const { page } = at;
    const { db } = at.site.world;
    const hosts = await addHosts(db, 700);
    const waves = [hosts.slice(0, 300), hosts.slice(300, 350), hosts.slice(350)];
    const large = await aRollout(
      db,
      waves.map((own, number) => ({ ring: `large ${number + 1}`, hosts: own })),
    );
    await page.goto(`/rollouts/R-${large.number}`);
    const first = page.getByRole("region", { name: "Wave 1, large 1" });
    const cells = first.getByRole("img", { name: "300 hosts of large 1, one cell each" });
    await cells.locator("[data-standing=waiting] path").waitFor();
    await page.getByRole("img", { name: "50 hosts of large 2, one cell each" }).waitFor();
    // More than a few hundred are a bar and counts.
    const last = page.getByRole("region", { name: "Wave 3, large 3" });
    await last.getByRole("button", { name: "350 waiting" }).waitFor();
    expect(await last.getByRole("img").count()).toBe(0);
    await settled(page);
    await picture(page, "rollout-large");
    await expectAccessible(page);
    await sql`
      update target set state = 'skipped', ended_at = now()
       where rollout = ${large.id} and host = ${hosts[2]!}`.execute(db);
    await cells.locator("[data-standing=skipped] path").waitFor({ state: "attached" });
    // Cells are 12 pixels apart: the third of the first row.
    await cells.click({ position: { x: 30, y: 6 } });
    await page.getByRole("dialog").getByText(`host-${hosts[2]}`).first().waitFor();
  });
});
