import { afterEach, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { moveAgent } from "../../src/fleet/actions-agent.ts";
import { simulateAgents } from "../builders/simulated-agents.ts";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";

describePages("the page of a host that calls in", () => {
  const at = openPages({
    prepare: async (site) => {
      await simulateAgents(site.world, 1, () => "https://localhost:1", "call");
      const reason = "two machines use its id, as a copy of its disk would";
      await moveAgent(site.world, systemActor, { host: "call-0", verb: "quarantine", reason });
    },
  });
  afterEach(() => expect(at.faults).toEqual([]));

  test("says why it is in quarantine and the way out, and releases it with a reason", async () => {
    const { page } = at;
    await at.goTo("/hosts/call-0");
    await page.getByText("In quarantine: two machines use its id").waitFor();
    await page.getByText("Find out which machine is the right one").waitFor();
    await picture(page, "agent-quarantined");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "agent-quarantined-small");
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Release", exact: true }).click();
    const talk = page.getByRole("dialog");
    await talk.getByLabel("Why").fill("the copy was deleted");
    await talk.getByRole("button", { name: "Release" }).click();
    await page.getByText("calls in", { exact: true }).waitFor(SOON);
    await page.getByRole("button", { name: "Renew certificate" }).waitFor();
    await picture(page, "agent-live");
  });
});
