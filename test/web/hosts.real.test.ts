import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import type { HostId } from "../../src/base/ids.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { everywhere, loadHostRefs } from "../../src/inventory/store.ts";
import { keepWaysIn } from "../../src/inventory/store-ways-in.ts";
import { aRollout } from "../../src/rollout/store-story.ts";
import { sweepTargets } from "../../src/rollout/store-targets.ts";
import { newPerson } from "../builders/first-admin.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  settled,
  signIn,
  visit,
} from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import { shopFleet, tellAgain } from "./shop-fleet.ts";

const READER = { handle: "vera", password: "nothing to see here, move on" } as const;

/** What its program would sign: two ways past its own policy. */
async function tellWaysIn(world: World, name: string): Promise<void> {
  const [host] = await loadHostRefs(world.db, { scopes: everywhere, names: [name] });
  const found = ["root-password sshd", "sudo deploy all"].map((text) => {
    const [kind = "", ...what] = text.split(" ");
    return { kind, what: what.join(" ") };
  });
  await inTransaction(world.db, (tx) =>
    keepWaysIn(tx, host?.id as HostId, {
      ...{ text: "fettle ways 1\n", signature: "signed", proof: "signed", problem: null },
      ...{ found, at: world.clock() },
    }),
  );
}

/** A rollout that was stopped while the host could not be reached. */
async function goesPast(world: World, name: string): Promise<void> {
  const { db } = world;
  const [host] = await loadHostRefs(db, { scopes: everywhere, names: [name] });
  const story = await aRollout(db, [{ ring: "1", hosts: [host!.id] }]);
  const hold = { why: "host-unreachable", kind: "unreachable", problem: "no route to host" };
  const since = { since: world.clock(), retryAt: null };
  await sql`update target set hold = ${JSON.stringify({ ...hold, ...since })}::jsonb
             where rollout = ${story.id}`.execute(db);
  await sql`update rollout set state = 'stopped', ended_at = now()
             where id = ${story.id}`.execute(db);
  await sweepTargets(db);
}

describePages("the pages of hosts", () => {
  const at = openPages({
    hasStarter: true,
    prepare: async (site) => {
      await shopFleet(site.world);
      await tellWaysIn(site.world, "web-1");
      await goesPast(site.world, "web-1");
      await newPerson(site, { ...READER, role: "viewer" });
    },
  });
  const { goTo, rows } = at;
  afterEach(() => expect(at.faults).toEqual([]));
  const dialog = () => at.page.getByRole("dialog");

  test("show every host with its four states, and filter by what stands in the address", async () => {
    const { page } = at;
    await goTo("/hosts");
    await page.getByRole("table", { name: "hosts" }).waitFor();
    expect(await rows()).toHaveLength(13);
    await picture(page, "hosts");
    await expectAccessible(page);

    await page.getByRole("button", { name: /^unreachable/ }).click();
    await page.waitForURL(/reach=bad/);
    await expect.poll(() => rows(), SOON).toEqual(["silent-1"]);
    await page.reload();
    await expect.poll(() => rows(), SOON).toEqual(["silent-1"]);
    expect(
      await page.getByRole("button", { name: /^unreachable/ }).getAttribute("aria-pressed"),
    ).toBe("true");

    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.keyboard.press("Escape");
    await page.locator("body").click({ position: { x: 5, y: 500 } });
    await page.keyboard.press("/");
    await page.keyboard.type("db");
    await page.waitForURL(/q=db/);
    await expect.poll(() => rows(), SOON).toEqual(["db-1", "db-2"]);
    await page.getByLabel(/Labels, as in/).fill("tier=0");
    await expect.poll(() => rows(), SOON).toEqual(["db-1"]);
    await page.getByLabel(/Labels, as in/).fill("tier==(");
    await page.getByRole("alert").first().waitFor();
  });

  test("open a host by keyboard alone", async () => {
    const { page } = at;
    await goTo("/hosts");
    await page.getByRole("table", { name: "hosts" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.locator(".row-link:focus", { hasText: "build-1" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.locator(".row-link:focus", { hasText: "canary-1" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/hosts\/canary-1/);
    await page.getByRole("heading", { name: "canary-1", level: 1 }).waitFor();
  });

  test("tell a list's problems by line before they add anything, and then add it", async () => {
    const { page } = at;
    await goTo("/hosts?add=list");
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZVKpYD8zRzfXzPQ1wlpUVMpwEXHBfiVLIEiP0KxOLq";
    const good = `shop-9,192.0.2.9,env=prod;ring=1,${key}`;
    await page
      .getByRole("textbox", { name: "The list", exact: true })
      .fill(`name,address,labels,host_key\n${good}\nBAD NAME,x,,`);
    await page.getByRole("button", { name: "Show what it would add" }).click();
    await page.getByText("Line 3:").waitFor();
    await picture(page, "hosts-import");
    await expectAccessible(page);
    await page
      .getByRole("textbox", { name: "The list", exact: true })
      .fill(`name,address,labels,host_key\n${good}`);
    await page.getByRole("button", { name: "Show what it would add" }).click();
    await page.getByRole("button", { name: "Add 1 host" }).click();
    await page.getByText("1 added").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    // Nothing moves under the mouse: the new row comes when the reader asks for it.
    await page.getByRole("button", { name: /show it anew/ }).click();
    await expect.poll(() => rows(), SOON).toContain("shop-9");
  });

  test("pin a host's key only when a person has compared it", async () => {
    const { page, faults } = at;
    await goTo("/hosts?add=host");
    await dialog().getByLabel("Name").fill("dark-1");
    await page.getByRole("textbox", { name: "Address", exact: true }).fill("127.0.0.1");
    await dialog().getByLabel("Port").fill("1");
    expect(await page.getByRole("button", { name: "Add the host" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Ask the address for its keys" }).click();
    await dialog().getByRole("alert").waitFor();
    // The browser tells of the refused request; the page says it in the server's words.
    faults.length = 0;
    await picture(page, "hosts-add");
    await expectAccessible(page);
    await page.getByRole("button", { name: "I have the key line at hand" }).click();
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZVKpYD8zRzfXzPQ1wlpUVMpwEXHBfiVLIEiP0KxOLq";
    await page.getByLabel("Key lines from the host's console").fill(key);
    await page.getByRole("button", { name: "Add the host" }).click();
    await page.waitForURL(/\/hosts\/dark-1/);
  });

  test("show second ways into hosts beside the policies that they pass by", async () => {
    const { page } = at;
    await goTo("/settings/policy");
    const ways = page.getByRole("region", { name: "Second ways into hosts" });
    await ways.getByText("root may sign in with a password").waitFor();
    expect(await ways.innerText()).toMatch(/1 of \d+ hosts said under their own keys/);
    await ways.getByText(/never said who else is root there/).waitFor();
    await picture(page, "policy-ways-in");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "policy-ways-in-390");
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("keep a scan's progress in sight, also after coming back", async () => {
    const { page } = at;
    await goTo("/hosts?label=service%3Ddb");
    await page.getByRole("button", { name: "Scan these 2" }).click();
    await page.getByRole("button", { name: "Start the scan" }).click();
    await page.getByText("Scanning 2 hosts").waitFor();
    await page.goto("/findings");
    await page.goto("/hosts");
    await page.getByText("Scanning 2 hosts").waitFor();
    await picture(page, "hosts-scan");
  });

  test("answer what one host is, what is on it and what happened to it", async () => {
    const { page } = at;
    await goTo("/hosts/web-1");
    await page.getByRole("heading", { name: "web-1", level: 1 }).waitFor();
    const ways = page.getByRole("region", { name: "Second ways in" });
    await ways.getByText("signed by the host's own key").waitFor();
    expect(await ways.innerText()).toMatch(
      /root may sign in with a password[\s\S]*becomes root without a password[\s\S]*deploy all/,
    );
    const past = page.getByRole("region", { name: "Rollouts without it" });
    await past.getByText("missed it").waitFor();
    expect(await past.innerText()).toMatch(
      /R-1 Upgrade libssl3[\s\S]*no route to host[\s\S]*nothing sees to it[\s\S]*fettle plan create --catch-up R-1/,
    );
    await picture(page, "host");
    await expectAccessible(page);
    for (const [tab, name] of [
      ["about", "host-about"],
      ["findings", "host-findings"],
      ["packages", "host-packages"],
      ["runtime", "host-runtime"],
      ["timeline", "host-timeline"],
      ["enrolment", "host-enrolment"],
    ] as const) {
      await goTo(`/hosts/web-1?tab=${tab}`);
      await picture(page, name);
      await expectAccessible(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await expectNoSidewaysScroll(page);
      await picture(page, `${name}-narrow`);
      await page.setViewportSize({ width: 1280, height: 860 });
    }
  });

  test("follow a host that changes, without a reload", async () => {
    const { page, site } = at;
    await goTo("/hosts/web-2?tab=packages&q=libssl3");
    await page.getByText("3.0.11-1~deb12u1").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    const [host] = await loadHostRefs(site.world.db, { scopes: everywhere, names: ["web-2"] });
    await tellAgain(site.world, host!.id, "web-2");
    await page.getByRole("cell", { name: "3.0.17-1~deb12u2" }).waitFor();
    // The new library is on disk, and what it mends is open in memory until a restart.
    await page.getByRole("tab", { name: "Runtime" }).click();
    await page.getByText("fixed on disk, not effective until restart").waitFor();
    await page.getByText("Still open in memory").waitFor();
    await picture(page, "host-runtime-restart");
  });

  test("edit labels, and refuse what is none in the server's words", async () => {
    const { page } = at;
    await goTo("/hosts/web-3");
    await page.getByLabel("New label").fill("owner=payments");
    await page.getByRole("button", { name: "Add label" }).click();
    await page.getByText("owner=payments").waitFor();
    await page.getByRole("button", { name: "Take the label owner away" }).click();
    await expect.poll(() => page.getByText("owner=payments").count(), SOON).toBe(0);
    await page.getByLabel("New label").fill("NO LABEL");
    await page.getByRole("button", { name: "Add label" }).click();
    await page.getByRole("alert").waitFor();
  });

  test("tell who may only look what they may not do, and why", async () => {
    const { page, faults } = await visit(at.browser, at.site.url);
    await signIn(page, READER);
    await page.goto("/hosts");
    await page.getByRole("table", { name: "hosts" }).waitFor();
    for (const [name, right] of [
      ["Scan all", "host.scan"],
      ["Import a list", "host.manage"],
      ["Add a host", "host.manage"],
    ] as const) {
      const button = page.getByRole("button", { name });
      await button.focus();
      await page.getByText(`This needs the right ${right}`).waitFor();
      await button.press("Enter");
    }
    expect(await page.getByRole("dialog").count()).toBe(0);
    await expectAccessible(page);
    await picture(page, "hosts-viewer");
    await page.goto("/settings/feeds");
    await page.getByText("it needs the right feed.load").first().waitFor();
    const load = page.getByRole("button", { name: "Load a file" });
    expect(await load.getAttribute("aria-disabled")).toBe("true");
    await settled(page);
    await expectAccessible(page);
    await picture(page, "settings-feeds-viewer");
    expect(faults).toEqual([]);
  });

  test("show windows and freezes, and say when a host can be patched and why not now", async () => {
    const { page } = at;
    await goTo("/calendar");
    await page.getByText("No window and no freeze").waitFor();
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(`${at.site.url}/api/v1${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${at.site.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const event = [
      ...["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:1", "SUMMARY:Night"],
      ...["DTSTART;TZID=Europe/Berlin:20260101T220000", "DURATION:PT4H", "RRULE:FREQ=DAILY"],
      ...["END:VEVENT", "END:VCALENDAR", ""],
    ];
    const night = { name: "nights", kind: "window", hosts: "all", text: event.join("\r\n") };
    expect((await post("/calendar/imports", night)).status).toBe(201);
    const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const fair = { name: "fair", hosts: "all", reason: "the autumn fair", endsAt };
    expect((await post("/freezes", fair)).status).toBe(201);
    await goTo("/calendar");
    await page.getByRole("listitem").filter({ hasText: "Night" }).first().waitFor();
    await expectAccessible(page);
    await picture(page, "calendar");
    await page.getByText("1 week").click();
    await picture(page, "calendar-week");
    await goTo("/hosts/web-1");
    const panel = page.getByRole("region", { name: "When it can be patched" });
    await panel.getByText(/Not now: the freeze "fair" \(F-1\)/).waitFor();
    await goTo("/hosts/db-1");
    await panel.getByText(/^No backup of this host of tier 0 is told/).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await goTo("/calendar");
    await expectNoSidewaysScroll(page);
    await picture(page, "calendar-narrow");
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Lift" }).click();
    await dialog().getByLabel("Why").fill("it was moved");
    await dialog().getByRole("button", { name: "Lift" }).click();
    await page.getByText("fettle freeze set").waitFor();
  });

  test("look right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo("/hosts");
    await picture(page, "hosts-dark");
    await expectAccessible(page);
    await goTo("/hosts/web-1");
    await picture(page, "host-dark");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "host-narrow");
    await goTo("/hosts");
    await expectNoSidewaysScroll(page);
    await picture(page, "hosts-narrow");
  });
});
