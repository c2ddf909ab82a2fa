import { expect, test } from "vitest";
import { sha256 } from "../../src/base/digest.ts";
import { newId } from "../../src/base/ids.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { ResolveAnswer } from "../../src/inventory/resolve.ts";
import type { ServiceId } from "../../src/inventory/service.ts";
import { insertService } from "../../src/inventory/store-services.ts";
import { createPlan } from "../../src/plan/actions.ts";
import { putProcedure } from "../../src/plan/actions-procedures.ts";
import type { Asking } from "../../src/plan/actions-resolve.ts";
import { askedOpenssl, someHosts } from "../builders/stored.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { administrator, rings, type Scene, setScene } from "./played-rollout.ts";

const drained = `${rings}
hooks: [{ when: "ring=canary", drain: lb-out, rejoin: lb-in }]
order: { packages: [openssl, libssl3] }
`;

/** What openssl asks for, and its command beside the library. */
const askedBoth: Asking = {
  pair: async (...asked) => withCommand(await askedOpenssl.pair(...asked)),
  host: async (...asked) => withCommand(await askedOpenssl.host(...asked)),
};

function withCommand(answer: ResolveAnswer): ResolveAnswer {
  if (answer.kind !== "resolved") return answer;
  const { moves } = answer.resolution;
  const commands = moves.map((move) => ({ ...move, name: "openssl", sha256: sha256("command") }));
  return { ...answer, resolution: { ...answer.resolution, moves: [...moves, ...commands] } };
}

describePages("a plan's page", () => {
  let scene: Scene;
  let digest: string;

  const at = openPages({
    prepare: async (site) => {
      scene = await setScene(site.world);
      await someHosts(site.world, [{ name: "lonely-01", labels: { env: "dev" } }]);
      const ada = await administrator(site.world);
      const shop = {
        ...{ id: newId<ServiceId>(Date.now()), name: "shop", title: "The shop", team: "Payments" },
        ...{ owners: ["dana"], labels: {}, repository: "", hostSelector: "service=web" },
      };
      await inTransaction(site.world.db, (tx) => insertService(tx, shop, Date.now()));
      const plan = async (hosts?: string): Promise<string> => {
        const asked = {
          patch: scene.patch,
          policy: { text: drained },
          class: "normal" as const,
          hosts,
        };
        return (await createPlan(site.world, ada, asked, askedBoth)).plan.digest;
      };
      await plan("ring=canary");
      digest = await plan();
    },
  });

  test("is the same picture as its rollout, before it starts", async () => {
    const { page, faults } = at;
    await page.goto(`/plans/${digest}`);
    await page.getByRole("region", { name: "Wave 3, ring 2" }).waitFor();
    await page.getByRole("button", { name: "canary-01: waiting" }).waitFor();
    await page.getByText("packages in 2 transactions: openssl, then libssl3").first().waitFor();
    await page.getByText("drains by hook lb-out before the packages, and back by lb-in").waitFor();
    const kinds = page.getByRole("region", { name: "How long a host takes" });
    await kinds.getByText("Debian 12, ssh, program sent each time").waitFor();
    await kinds.getByText("nobody can tell: no job has been measured here yet").waitFor();
    await settled(page);
    await picture(page, "plan");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("names each step with what takes it back, each host, and each host left out with its reason", async () => {
    const { page } = at;
    await page.getByRole("tab", { name: "Steps and undo" }).click();
    await page.getByText("to go back:").first().waitFor();
    await page.getByText("Only when all of the packages above are there:").first().waitFor();
    await picture(page, "plan-steps");
    await expectAccessible(page);
    await page.getByRole("tab", { name: "Hosts 62" }).click();
    await page.getByText("62 hosts", { exact: true }).waitFor();
    await page.getByRole("tab", { name: "Left out 1" }).click();
    await page.getByText("no ring of the policy selects its labels").waitFor();
    await page.reload();
    await page.getByText("lonely-01").waitFor();
  });

  test("tells what it touches: dependents, services with their teams, and what nobody knows", async () => {
    const { page, faults } = at;
    await page.getByRole("tab", { name: "Impact" }).click();
    await page.getByText("up to 2 installed packages depend on one of them").waitFor();
    await page.getByRole("link", { name: "The shop" }).waitFor();
    await page.getByText("Of 62 hosts it is not known what runs.").waitFor();
    await picture(page, "plan-impact");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("compares with another plan of the case", async () => {
    const { page } = at;
    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByPlaceholder("Plan").click();
    await page.getByRole("option").first().click();
    await page.getByRole("cell", { name: "web-r1-01" }).waitFor();
    await picture(page, "plan-compare");
  });

  test("carries the plan out in trial, and says how many a bad patch harms before it stops", async () => {
    const { page, faults } = at;
    await page.getByRole("tab", { name: "Trial" }).click();
    await page.getByLabel("Hosts it breaks").fill("100");
    await page.getByLabel("Runs").fill("25");
    await page.getByRole("button", { name: "Carry it out in trial" }).click();
    await page.getByText("25 of 25 runs").waitFor();
    // Four canaries are started at once, and the first of them that fails lets no other begin.
    const chart = page.getByRole("img", { name: "25 runs; hosts harmed: median 4" });
    await chart.locator("svg").waitFor();
    await page.getByRole("list", { name: "What stopped it" }).getByText("wave 1").waitFor();
    await picture(page, "plan-trial");
    await expectAccessible(page);
    await page.getByLabel("Only those in").fill("zone=nowhere");
    await page.getByRole("button", { name: "Carry it out in trial" }).click();
    await page.getByText("No host of this plan is in zone=nowhere.").waitFor();
    expect(faults).toEqual([]);
  });

  test("has its rollback procedures, and people answer there that they read them", async () => {
    const { page, site, faults } = at;
    const ada = await administrator(site.world);
    const text = "# The shop, taken back\n\n1. Close the shop.\n2. `fettle rollout revert`\n";
    await putProcedure(site.world, ada, { name: "shop-rollback", text });
    await putProcedure(site.world, ada, { name: "cache-rollback", text: "Warm the cache." });
    const asking = `${rings}
tiers: [{ tier: 0, procedure: [operations, security] }]
procedures: [{ procedure: shop-rollback }]
`;
    const asked = { patch: scene.patch, policy: { text: asking }, class: "normal" as const };
    const made = await createPlan(site.world, ada, asked, askedOpenssl);
    await page.goto(`/plans/${made.plan.digest}`);
    await page.getByRole("tab", { name: "Rollback procedures" }).click();
    await page.getByText("Close the shop.").waitFor();
    await page.getByRole("button", { name: "Acknowledge for operations" }).click();
    await page.getByLabel("Why").fill("tried it in staging");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Acknowledge for operations" }).click();
    await page.getByRole("cell", { name: "tried it in staging" }).waitFor();
    await page.getByText("the rollback procedure shop-rollback for security").waitFor();
    await page.getByText("so somebody else has to for security").first().waitFor();
    await page.getByPlaceholder("Its name").click();
    await page.getByRole("option", { name: "cache-rollback" }).click();
    await page.getByRole("button", { name: "Attach a procedure" }).click();
    await page.getByText("Warm the cache.").waitFor();
    await page.getByText("the rollback procedure cache-rollback for operations").waitFor();
    await settled(page);
    await picture(page, "plan-procedures");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("fits a phone, and asks people for approval", async () => {
    const { page } = at;
    await page.goto(`/plans/${digest}`);
    await page.getByRole("button", { name: "canary-01: waiting" }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "plan-narrow");
    await page.getByRole("button", { name: "Ask for approval" }).click();
    await page.getByLabel("Why").fill("closes a hole");
    await page.getByRole("dialog").getByRole("button", { name: "Ask for approval" }).click();
    await page.waitForURL(/\/changes\/C-\d+$/);
    await page.getByText("so somebody else has to approve it").waitFor();
  });
});
