import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import { shopFleet } from "./shop-fleet.ts";

const said = (name: string, purl: string) => ({
  vulnerability: { name },
  products: [{ "@id": purl }],
  ...{ status: "not_affected", justification: "inline_mitigations_already_exist" },
});

const glibcVex = {
  name: "glibc.openvex.json",
  mimeType: "application/json",
  buffer: Buffer.from(
    JSON.stringify({
      ...{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1" },
      ...{ author: "Example Security", timestamp: "2026-11-20T00:00:00Z", version: 1 },
      statements: [
        said("CVE-2023-4911", "pkg:deb/debian/libc6?distro=debian-12"),
        said("CVE-2023-4911", "pkg:deb/debian/libc6@2.36-1?distro=debian-12"),
      ],
    }),
  ),
};

describePages("the pages of findings", () => {
  const at = openPages({ hasStarter: true, prepare: (site) => shopFleet(site.world) });
  const { goTo, rows } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  test("say which one update clears most, and what nobody can tell", async () => {
    const { page } = at;
    await goTo("/findings");
    await page.getByText(/One update of \S+ clears \d+ findings on \d+ hosts/).waitFor();
    const gaps = page.getByRole("region", { name: "What this list cannot tell" });
    await gaps.getByText("1 host").waitFor();
    await page.getByRole("table", { name: "updates" }).waitFor();
    await picture(page, "findings");
    await expectAccessible(page);
  });

  test("keep filters and the way of grouping in the address", async () => {
    const { page } = at;
    await goTo("/findings?by=vulnerability&exploited=true");
    await expect.poll(rows, SOON).toEqual(expect.arrayContaining([expect.stringMatching(/^CVE-/)]));
    const exploited = await rows();
    expect(exploited).toHaveLength(2);
    await picture(page, "findings-vulnerability");
    await expectAccessible(page);
    await page.getByRole("tab", { name: "By host" }).click();
    await page.waitForURL(/by=host/);
    await page.waitForURL(/exploited=true/);
    await expect.poll(rows, SOON).toContain("web-1");
    await picture(page, "findings-host");
    await expectAccessible(page);
    await page.getByPlaceholder("Team").fill("nobody");
    await page.waitForURL(/team=nobody/);
    await page.getByText("Nothing matches these filters").waitFor();
  });

  test("say beside each vulnerability on how many hosts the running system speaks against it", async () => {
    const { page } = at;
    await goTo("/findings?by=vulnerability");
    await page.getByRole("columnheader", { name: "Since" }).waitFor();
    expect(await page.getByRole("columnheader", { name: "What runs" }).count()).toBe(0);
    await goTo("/findings?by=vulnerability&runs=true");
    await page.getByRole("columnheader", { name: "What runs" }).waitFor();
    await page
      .getByText(/not loaded on \d+/)
      .first()
      .waitFor();
    await picture(page, "findings-what-runs");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.waitForURL((url) => !url.searchParams.has("runs"));
    expect(await page.getByRole("columnheader", { name: "What runs" }).count()).toBe(0);
  });

  test("save the list in sight as a file, under its filters", async () => {
    const { page } = at;
    const saved = async (path: string): Promise<{ name: string; lines: string[] }> => {
      await goTo(path);
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Save as CSV" }).click(),
      ]);
      const text = readFileSync(await file.path(), "utf8");
      return { name: file.suggestedFilename(), lines: text.split("\r\n").slice(0, -1) };
    };
    const findings = await saved("/findings?by=vulnerability&exploited=true");
    expect(findings.name).toMatch(/^fettle-findings-\d{4}-\d{2}-\d{2}\.csv$/);
    expect(findings.lines).toHaveLength(1 + (await rows()).length);
    const actions = await saved("/findings");
    expect(actions.name).toMatch(/^fettle-actions-/);
    expect(actions.lines[0]).toMatch(/^"place","source"/);
    const hosts = await saved("/hosts?q=web-1");
    expect(hosts.name).toMatch(/^fettle-hosts-/);
    expect(hosts.lines[1]).toMatch(/^"web-1",/);
  });

  test("look at a past day, say so, and come back", async () => {
    const { page } = at;
    await goTo("/findings?by=vulnerability&asOf=2020-05-03");
    const banner = page.getByRole("region", { name: "A past day" });
    await banner.getByText("2020-05-03 23:59 UTC").waitFor();
    await banner.getByText("Nothing was known").waitFor();
    expect(await rows()).toEqual([]);
    await picture(page, "findings-past");
    await expectAccessible(page);
    await banner.getByRole("button", { name: "Back to now" }).click();
    await expect.poll(rows, SOON).toEqual(expect.arrayContaining([expect.stringMatching(/^CVE-/)]));
    expect(new URL(page.url()).searchParams.has("asOf")).toBe(false);
  });

  test("show how they moved over time, and what is counted", async () => {
    const { page } = at;
    await goTo("/findings?by=time");
    await page.getByRole("region", { name: "Open by day" }).locator("svg").waitFor();
    await page.getByText(/Each day as it was known at its end/).waitFor();
    await picture(page, "findings-time");
    await expectAccessible(page);
  });

  test("tell of one vulnerability what was known of it on a past day", async () => {
    const { page } = at;
    await goTo("/vulnerabilities/CVE-2023-4911?asOf=2020-05-03");
    const banner = page.getByRole("region", { name: "A past day" });
    await banner.getByText("2020-05-03 23:59 UTC").waitFor();
    await page.getByText("Not yet known").waitFor();
    expect(await page.getByRole("button", { name: /Open a case/ }).count()).toBe(0);
    await picture(page, "vulnerability-past");
    await expectAccessible(page);
    await banner.getByRole("button", { name: "Back to now" }).click();
    await page.getByRole("button", { name: /Open a case for glibc/ }).waitFor();
  });

  test("explain one vulnerability to its comparison, its hosts and its remedy", async () => {
    const { page } = at;
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByText("known exploited").first().waitFor();
    await page.getByText("glibc 2.36-9+deb12u2 is lower than 2.36-9+deb12u3").first().waitFor();
    await page.getByRole("button", { name: /Open a case for glibc/ }).waitFor();
    await picture(page, "vulnerability");
    await expectAccessible(page);
    await goTo("/vulnerabilities/CVE-1999-0001");
    await page.getByRole("alert").waitFor();
  });

  test("take a VEX document from a file, answer for it by name, and let it go again", async () => {
    const { page } = at;
    await goTo("/vex");
    await page.getByText("No VEX document").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Load a document" }).click();
    await page.locator("input[type=file]").first().setInputFiles(glibcVex);
    await page.getByLabel("For which hosts").fill("env=prod");
    await page.getByRole("button", { name: "Load", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: /^V-1/ }).waitFor();
    await page.getByText("Nobody verified the author").first().waitFor();
    await page.getByText(/About no finding: 1 statement/).waitFor();
    await picture(page, "vex-document");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Answer for it" }).click();
    const talk = page.getByRole("dialog");
    await talk.getByLabel("Why").fill("tried on canary-1 with the exploit of the report");
    await talk.getByRole("button", { name: "Answer for it" }).click();
    await page.getByRole("heading", { level: 1, name: /^V-2/ }).waitFor();
    await page.getByText(/Sets \d+ findings aside, of 1 flaw on \d+ hosts/).waitFor();
    await goTo("/vex?ended=true");
    await page.getByRole("article", { name: "V-1" }).getByText("ended", { exact: true }).waitFor();
    await picture(page, "vex");
    await expectAccessible(page);
    await goTo("/hosts/web-1?tab=findings&q=CVE-2023-4911");
    await page.getByText(/set aside by/).waitFor();
    await goTo("/vex/V-2");
    await page.getByRole("button", { name: "Remove" }).click();
    await talk.getByLabel("Why").fill("the end of the test");
    await talk.getByRole("button", { name: "Remove" }).click();
    await page.getByText("the end of the test").first().waitFor();
    await page.getByText("ended", { exact: true }).first().waitFor();
  });

  test("open a case from the update that clears it, and find it again", async () => {
    const { page } = at;
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByRole("button", { name: /Open a case for glibc/ }).click();
    await page.waitForURL(/\/patches\/P-\d+/);
    await page.getByRole("heading", { level: 1, name: /glibc/ }).waitFor();
    await goTo("/vulnerabilities/CVE-2023-4911");
    await page.getByText("waits for a plan").waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/vulnerabilities/CVE-2023-4911");
    await picture(page, "vulnerability-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "vulnerability-narrow");
    await goTo("/findings");
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await picture(page, "findings-narrow");
    await goTo("/vex");
    await expectNoSidewaysScroll(page);
    await goTo("/patches/update?source=openssl&ecosystem=Debian%3A12");
    await page.getByRole("heading", { level: 1, name: /openssl/ }).waitFor();
    await picture(page, "update-narrow");
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
});
