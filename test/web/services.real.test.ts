import { afterEach, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { loadFeedFile } from "../../src/intel/actions.ts";
import { rematch } from "../../src/intel/rematch.ts";
import { putSbom } from "../../src/inventory/actions-sboms.ts";
import { addService } from "../../src/inventory/actions-services.ts";
import { addHost } from "../builders/fleet.ts";
import { aPackage, trackerFile } from "../builders/intel.ts";
import { expectAccessible, expectNoSidewaysScroll, picture } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import type { Site } from "./site.ts";

function lock(qs: string): string {
  const needs = (name: string) => ({ dependencies: { [name]: "*" } });
  return JSON.stringify({
    name: "shop",
    version: "2.0.0",
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { express: "*", lodash: "*" }, devDependencies: { mocha: "*" } },
      "node_modules/express": { version: "4.16.0", ...needs("body-parser") },
      "node_modules/body-parser": { version: "1.18.2", ...needs("qs") },
      "node_modules/qs": { version: qs },
      "node_modules/lodash": { version: "4.17.15" },
      "node_modules/mocha": { version: "6.0.0", dev: true },
      "node_modules/intranet": { version: "git+ssh://git.example.org/intranet" },
    },
  });
}

function advisory(id: string, name: string, fixed: string | null, cve: string): object {
  const events = [{ introduced: "0" }, ...(fixed === null ? [] : [{ fixed }])];
  return {
    id,
    aliases: [cve],
    modified: "2026-08-01T00:00:00Z",
    summary: `Prototype pollution in ${name}`,
    affected: [{ package: { ecosystem: "npm", name }, ranges: [{ type: "SEMVER", events }] }],
  };
}

async function prepare({ world }: Site): Promise<void> {
  const openssl = aPackage({ name: "libssl3", version: "3.0.11-1~deb12u1", source: "openssl" });
  await addHost(world, { name: "web-1", packages: [openssl], labels: { service: "shop" } });
  const fixed = { status: "resolved", fixed_version: "3.0.17-1~deb12u2", urgency: "high" };
  await loadFeedFile(world, systemActor, {
    bytes: Buffer.from(trackerFile({ openssl: { "CVE-2026-0001": { bookworm: fixed } } })),
    asOf: world.clock(),
    acceptShrink: true,
  });
  const advisories = [
    advisory("GHSA-aaaa-aaaa-aaa1", "qs", "6.5.3", "CVE-2022-24999"),
    advisory("GHSA-aaaa-aaaa-aaa2", "lodash", "4.17.21", "CVE-2021-23337"),
    advisory("GHSA-aaaa-aaaa-aaa3", "lodash", "4.17.19", "CVE-2020-8203"),
    advisory("GHSA-aaaa-aaaa-aaa4", "mocha", null, "CVE-2021-0001"),
  ];
  await loadFeedFile(world, systemActor, {
    bytes: Buffer.from(advisories.map((one) => `${JSON.stringify(one)}\n`).join("")),
    asOf: world.clock(),
    acceptShrink: true,
  });
  const common = { owners: [], repository: "", hosts: [], needs: [] };
  await addService(world, systemActor, {
    ...common,
    name: "payments",
    title: "Takes money",
    team: "payments",
    labels: { tier: "0" },
    hostSelector: null,
  });
  await addService(world, systemActor, {
    ...common,
    name: "shop",
    title: "Web shop",
    team: "checkout",
    owners: ["ada@example.org"],
    labels: { tier: "0", exposure: "internet" },
    repository: "https://git.example.org/shop",
    hostSelector: "service=shop",
    needs: ["payments"],
  });
  for (const [version, qs] of [
    ["1.9.0", "6.2.0"],
    ["2.0.0", "6.5.1"],
  ] as const) {
    await putSbom(world, systemActor, {
      service: "shop",
      artifact: "package-lock.json",
      environment: "prod",
      version,
      release: null,
      documentName: "package-lock.json",
      bytes: Buffer.from(lock(qs)),
    });
  }
  await rematch(world);
}

describePages("the pages of services", () => {
  const at = openPages({ prepare });
  const { goTo, rows } = at;
  afterEach(() => expect(at.faults).toEqual([]));

  test("lead with the worst, and say who answers and what is not known", async () => {
    const { page } = at;
    await goTo("/services");
    await expect.poll(rows, SOON).toHaveLength(2);
    await page.getByText("2 services: 1 with a vulnerable one, 1 of which not all").waitFor();
    await picture(page, "services");
    await expectAccessible(page);
    await goTo("/findings?by=service");
    await expect.poll(rows, SOON).toEqual([expect.stringMatching(/^shop/), expect.anything()]);
    await picture(page, "findings-service");
  });

  test("show the one action that clears most, and how its package got in", async () => {
    const { page } = at;
    await goTo("/services/shop");
    await page.getByText("Upgrade lodash from 4.17.15 to 4.17.21: clears 2").waitFor();
    await page.getByText("shop > express > body-parser > qs").waitFor();
    await page.getByText("mocha 6.0.0: no fix is known for 1").waitFor();
    await picture(page, "service");
    await expectAccessible(page);
    await page.getByRole("link", { name: "Ask for an exception" }).first().click();
    await page.getByText(/It covers .* on 1 service/).waitFor();
    await picture(page, "exception-ask-service");
    await page.goBack();
    await page.getByRole("tab", { name: /Components/ }).click();
    await page.getByText("not judged", { exact: true }).waitFor();
    await picture(page, "service-components");
    await expectAccessible(page);
    await page.getByRole("tab", { name: /Hosts/ }).click();
    await page.getByRole("table", { name: "updates" }).waitFor();
    await picture(page, "service-hosts");
    await page.getByRole("link", { name: "web-1" }).click();
    await page.getByRole("region", { name: "Who it works for" }).getByText("checkout").waitFor();
    await goTo("/vulnerabilities/CVE-2022-24999");
    await page.getByText("qs 6.5.1: raise it to 6.5.3").waitFor();
    await picture(page, "vulnerability-services");
    await goTo("/services/shop");
    await page.getByRole("tab", { name: "About" }).click();
    await page.getByRole("link", { name: "payments" }).waitFor();
    await picture(page, "service-about");
  });

  test("compare two states of an artifact", async () => {
    const { page } = at;
    await goTo("/services/shop?tab=history");
    await page.getByRole("button", { name: "What changed in package-lock.json 2.0.0" }).click();
    await page.getByText("qs 6.2.0 → 6.5.1").waitFor();
    await picture(page, "service-history");
  });

  test("take a file in, and show what comes of it without being asked again", async () => {
    const { page } = at;
    await goTo("/services/payments");
    await page.getByText("Nobody has handed in what is in it").first().waitFor();
    await page.getByRole("button", { name: "Hand in an SBOM" }).click();
    await page.getByLabel("Bill of materials or lock file").setInputFiles({
      name: "package-lock.json",
      mimeType: "application/json",
      buffer: Buffer.from(lock("6.5.3")),
    });
    await page.getByRole("textbox", { name: "Environment" }).fill("prod");
    await picture(page, "service-publish");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Hand it in" }).click();
    await page.getByText("1 of them cannot be judged").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await rematch(at.site.world);
    await page.getByText("Upgrade lodash from 4.17.15 to 4.17.21: clears 2").waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/services/shop");
    await page.getByText("Upgrade lodash").waitFor();
    await picture(page, "service-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "service-narrow");
    await goTo("/services");
    await expectNoSidewaysScroll(page);
    await picture(page, "services-narrow");
    await goTo("/services/shop?tab=history");
    await expectNoSidewaysScroll(page);
  });
});
