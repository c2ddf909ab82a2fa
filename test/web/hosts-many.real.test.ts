import { sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { generateFleet } from "../../bench/fleet.ts";
import { picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";

const HOSTS = 100_000;
/** As long as a page may take to show what it was told. */
const SOON = { timeout: 20_000 };

describePages("a list of 100,000 hosts", () => {
  const at = openPages({
    hasStarter: true,
    prepare: (site) => generateFleet(site.world, { hosts: HOSTS, sets: 40, packagesPerSet: 40 }),
  });
  beforeAll(async () => {
    await at.page.goto("/hosts");
    await at.page.getByText("100,000 hosts", { exact: true }).waitFor();
    await settled(at.page);
  });

  const list = () => at.page.getByRole("table", { name: "hosts" });
  const jump = (share: number) =>
    list().evaluate((box, to) => {
      box.scrollTop = to * box.scrollHeight;
    }, share);
  async function ordered(): Promise<readonly string[]> {
    const { rows } = await sql<{ name: string }>`
      select name from host where removed_at is null order by name`.execute(at.site.world.db);
    return rows.map((row) => row.name);
  }

  test("jumps to its end and its middle and draws no more rows than are in sight", async () => {
    const all = await ordered();
    expect(all).toHaveLength(HOSTS);
    expect((await at.rows())[0]).toBe(all[0]);
    await jump(1);
    await expect.poll(async () => (await at.rows()).at(-1), SOON).toBe(all.at(-1));
    await jump(0.5);
    const middle = HOSTS / 2;
    await at.page.locator(`[data-index="${middle}"] .row-link`).waitFor();
    const shown = await at.page.locator(`[data-index="${middle}"] .row-link`).textContent();
    expect(shown).toBe(all[middle]);
    expect(await at.page.locator(".list-row").count()).toBeLessThan(80);
    await picture(at.page, "hosts-many");
    await jump(0);
    await expect.poll(async () => (await at.rows())[0], SOON).toBe(all[0]);
    expect(at.faults).toEqual([]);
  });
});
