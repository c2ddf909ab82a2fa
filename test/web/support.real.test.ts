import { afterEach, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { loadFeedFile } from "../../src/intel/actions.ts";
import { loadVex } from "../../src/intel/actions-vex.ts";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { shopFleet } from "./shop-fleet.ts";
import type { Site } from "./site.ts";

const release = (name: string, eolFrom: string, eoesFrom: string | null = null) => ({
  ...{ name, releaseDate: "2020-01-01", isEol: false, eolFrom, eoesFrom },
});

/** Support dates, and a statement that somebody answers for. */
async function prepare(site: Site): Promise<void> {
  await shopFleet(site.world);
  const result = [
    {
      name: "debian",
      releases: [release("12", "2024-07-11", "2025-06-30"), release("11", "2024-08-14")],
    },
    { name: "openssl", releases: [release("3.0", "2026-09-07")] },
  ];
  await loadFeedFile(site.world, systemActor, {
    ...{ bytes: Buffer.from(JSON.stringify({ result })), asOf: site.world.clock() },
    acceptShrink: true,
  });
  const content = JSON.stringify({
    "@context": "https://openvex.dev/ns/v0.2.0",
    ...{
      "@id": "https://example.org/vex/1",
      author: "Shop security",
      timestamp: "2026-11-20T00:00:00Z",
    },
    statements: [
      {
        vulnerability: { name: "CVE-2023-4911" },
        products: [{ "@id": "pkg:deb/debian/glibc?arch=source" }],
        status: "not_affected",
        justification: "vulnerable_code_cannot_be_controlled_by_adversary",
      },
    ],
  });
  await loadVex(
    site.world,
    { ...systemActor, kind: "person", name: "ada" },
    {
      ...{ content, title: "glibc", scope: "", product: "", signature: null, until: null },
      responsible: null,
    },
  );
}

describePages("the pages of what is supported and what is known", () => {
  const at = openPages({ hasStarter: true, prepare });
  const { goTo } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  test("show what ended first, and take a decision that stays", async () => {
    const { page } = at;
    await goTo("/support");
    await page.getByRole("heading", { level: 1, name: "End of support" }).waitFor();
    await page.getByRole("region", { name: "When support ends" }).waitFor();
    const debian = page.getByRole("article", { name: "Debian 12" });
    await debian.getByText("ended", { exact: true }).waitFor();
    await picture(page, "support");
    await expectAccessible(page);
    await debian.getByRole("button", { name: "Decide" }).click();
    await page.getByLabel("Who sees to it").fill("platform");
    await page.getByLabel("Why").fill("moves to 13 with the rest");
    await page.getByLabel("By when").fill("2099-03-31");
    await page.getByRole("dialog").getByRole("button", { name: "Decide" }).click();
    await debian.getByText("platform, by 2099-03-31").waitFor();
    await debian.getByText("Decide anew").waitFor();
    await goTo("/support?state=supported");
    await page.getByText("Nothing of the kind.").waitFor();
  });

  test("lay beside each other what every source says, and by whose word", async () => {
    const { page } = at;
    await goTo("/vulnerabilities/CVE-2023-4911");
    const sayings = page.getByRole("region", { name: "What sources say" });
    await sayings
      .getByText(/It decides for/)
      .first()
      .waitFor();
    await page.getByText("Nobody verified the author").first().waitFor();
    await page.getByText("The first package here was found to have it.").waitFor();
    await picture(page, "vulnerability-known");
    await expectAccessible(page);
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/support");
    await page.getByRole("article").first().waitFor();
    await expectAccessible(page);
    await picture(page, "support-dark");
    await page.setViewportSize({ width: 390, height: 800 });
    await expectNoSidewaysScroll(page);
    await picture(page, "support-phone");
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page
      .getByText(/It decides for/)
      .first()
      .waitFor();
    await expectNoSidewaysScroll(page);
    await picture(page, "vulnerability-known-phone");
  });
});
