import { afterEach, expect, test } from "vitest";
import { newPerson } from "../builders/first-admin.ts";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import { shopFleet } from "./shop-fleet.ts";

describePages("the pages of what stays open on purpose", () => {
  let bob = "";
  const at = openPages({
    hasStarter: true,
    prepare: async (site) => {
      await shopFleet(site.world);
      const who = { handle: "bob", password: "correct horse battery staple", role: "approver" };
      bob = await newPerson({ url: site.url, token: site.token }, who);
    },
  });
  const { goTo } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  const post = async (path: string, token: string, body?: unknown) => {
    const { site } = at;
    const answer = await fetch(`${site.url}/api/v1/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = await answer.text();
    expect(answer.status, told).toBeLessThan(300);
    return JSON.parse(told) as Readonly<Record<string, string>>;
  };

  test("tell what an exception would cover and allow before it is asked for", async () => {
    const { page } = at;
    await goTo("/exceptions");
    await page.getByText("Nothing is excepted").waitFor();
    await page.getByRole("button", { name: "Ask for an exception" }).click();
    await page.getByLabel("Source package").fill("openssl");
    await page.getByLabel("Hosts").fill("service=nothing");
    await page.getByText(/Nothing to except/).waitFor();
    await page.getByLabel("Hosts").fill("service=db");
    await page.getByText(/ends by itself after at most 90 days/).waitFor();
    await page.getByLabel("Owner").fill("ada");
    await page.getByLabel("Reason").fill("The till vendor certifies the old version only.");
    await page.getByLabel("What protects meanwhile").fill("Its port is behind the firewall.");
    await page.getByLabel("Where that can be checked").fill("https://wiki.example/firewall");
    const until = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Until").fill(until);
    await picture(page, "exception-ask");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Ask for it" }).click();
    await page.waitForURL(/\/exceptions\/X-1$/);
    await page.getByText("asked for", { exact: true }).waitFor();
    await page
      .getByText("You asked for X-1, so somebody else has to approve it.")
      .first()
      .waitFor();
    await picture(page, "exception-requested");
  });

  test("show the approval of somebody else without a reload, and whom one waits for", async () => {
    const { page, site } = at;
    await goTo("/exceptions/X-1");
    await page.getByText("Live", { exact: true }).waitFor();
    await post("exceptions/X-1/approve", bob);
    await page.getByText("in force").waitFor();
    await picture(page, "exception");
    await expectAccessible(page);
    const carol = await newPerson(
      { url: site.url, token: site.token },
      { handle: "carol", password: "correct horse battery staple", role: "operator" },
    );
    await post("exceptions", carol, {
      source: "curl",
      selector: "service=web",
      reasonClass: "conflict",
      reason: "the shop's plug-in needs the old one",
      owner: "carol",
      control: "no way out of the network",
      evidence: "https://wiki.example/egress",
      until: new Date(Date.now() + 20 * 86_400_000).toISOString(),
    });
    await goTo("/changes");
    await page.getByRole("link", { name: "1 exception waits" }).click();
    await page.getByRole("link", { name: "X-2" }).waitFor();
    await goTo("/exceptions");
    await expect.poll(() => at.rows(), SOON).toEqual(["X-2", "X-1"]);
    await picture(page, "exceptions");
    await expectAccessible(page);
  });

  test("put a case off once it is told what that costs", async () => {
    const { page, site } = at;
    await post("patches", site.token, { source: "openssl" });
    await goTo("/patches/P-1?tab=open");
    await page.getByRole("button", { name: "Put off" }).click();
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel("Until").fill(until);
    await page.getByText("What it costs").waitFor();
    await page.getByLabel("Owner").fill("ada");
    await page.getByLabel("Reason").fill("The payment suite runs on Friday.");
    await picture(page, "patch-put-off");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Put it off" }).click();
    await page.getByRole("heading", { name: /^D-1/ }).waitFor();
    await page.getByText("partly excepted").first().waitFor();
    await picture(page, "patch-open");
    await goTo("/exceptions?tab=deferrals");
    await page.getByText("D-1").waitFor();
    await picture(page, "deferrals");
  });

  test("publish a known issue, as the text that was written", async () => {
    const { page } = at;
    await goTo("/known-issues?write=yes");
    await page.getByLabel("What is wrong").fill("Printing stops after a night");
    await page.getByLabel("Package or service").fill("cups");
    await page.getByLabel("Affected versions").fill("before 2.4.10");
    await page
      .getByLabel("How to live with it")
      .fill("Restart it:\n\n    <b>systemctl restart cups</b>");
    await page.getByRole("button", { name: "Save as a draft" }).click();
    await page.waitForURL(/\/known-issues\/K-1$/);
    await page.getByText("<b>systemctl restart cups</b>").waitFor();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("published", { exact: true }).waitFor();
    await picture(page, "known-issue");
    await expectAccessible(page);
    await goTo("/known-issues");
    await expect.poll(() => at.rows(), SOON).toEqual(["K-1"]);
    await picture(page, "known-issues");
  });

  test("draw debt with whose it is and what clears it, in the dark and on a phone too", async () => {
    const { page } = at;
    await goTo("/debt?by=service&days=30");
    await page.getByText(/points stand today/).waitFor();
    await page.getByRole("img", { name: /points\.$/ }).waitFor();
    await picture(page, "debt");
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "dark" });
    for (const [path, name] of [
      ["/debt?by=service&days=30", "debt-dark"],
      ["/exceptions/X-1", "exception-dark"],
    ] as const) {
      await goTo(path);
      await picture(page, name);
      await expectAccessible(page);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [path, name] of [
      ["/debt?by=service&days=30", "debt-narrow"],
      ["/exceptions", "exceptions-narrow"],
      ["/exceptions/X-1", "exception-narrow"],
      ["/known-issues/K-1", "known-issue-narrow"],
      ["/patches/P-1?tab=open", "patch-open-narrow"],
    ] as const) {
      await goTo(path);
      await expectNoSidewaysScroll(page);
      await picture(page, name);
    }
  });
});
