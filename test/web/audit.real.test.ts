import { expect, test } from "vitest";
import { ADMIN } from "../builders/first-admin.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { requested, type Scene, setScene } from "./played-rollout.ts";

describePages("the audit pages", () => {
  let scene: Scene;

  const at = openPages({
    prepare: async (site) => {
      scene = await setScene(site.world, { canary: 3 });
      await requested(scene);
    },
  });

  test("list what happened, newest first, with the head checked by the browser", async () => {
    const { page, faults } = at;
    await page.goto("/audit");
    await page.getByText("signed by the log's key").waitFor();
    await page.getByText("sees the log for the first time").waitFor();
    await page.getByText("asked for approval").first().waitFor();
    await page.getByText("change C-1").first().waitFor();
    await settled(page);
    await picture(page, "audit");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("filter by type in the address, which a reload keeps", async () => {
    const { page } = at;
    await page.getByLabel("Type, as in change.approved").fill("plan.created");
    await page.waitForURL(/type=plan\.created/);
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.reload();
    await page.getByText("1 event", { exact: true }).waitFor();
    await page.getByText("planned 3 hosts").waitFor();
  });

  test("stand beside an answer to a mistyped address, and settings open without a part", async () => {
    const { page } = at;
    await page.goto("/no/such/page");
    await page.getByText("There is no page here").waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Audit", exact: true }).waitFor();
    await page.goto("/settings");
    await page.waitForURL(/\/settings\/people$/);
  });

  test("find at the next look that the log only grew", async () => {
    const { page } = at;
    await page.goto("/audit");
    await page.getByText(/since this browser last looked/).waitFor();
    // The head is signed a moment after the event, and a look in between may be the one that sees it.
    const grown = async (): Promise<number> => {
      await fetch(`${at.site.url}/api/v1/sessions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ by: "password", ...ADMIN }),
      });
      await page.reload();
      await page.getByText(/since this browser last looked/).waitFor();
      return await page.getByText(/only grew, \d+ to \d+/).count();
    };
    await expect.poll(grown, { timeout: 20_000, interval: 500 }).toBe(1);
  });

  test("prove one entry by hashing what is shown", async () => {
    const { page, faults } = at;
    await page.goto("/audit/2");
    await page.getByText("the bytes shown hash to the leaf").waitFor();
    await page.getByText("the proof leads to the root of the signed head").waitFor();
    await page.getByText("the log's key signed that head").waitFor();
    await settled(page);
    await picture(page, "audit-event");
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "audit-event-narrow");
    expect(faults).toEqual([]);
  });

  test("say how strongly the person of an entry was signed in", async () => {
    const { page, faults } = at;
    // Looking at the log is an event, of this browser's own session by password.
    const found = async (): Promise<number | null> => {
      const answer = await page.request.get(
        `${at.site.url}/api/v1/audit/events?order=newest&limit=200`,
      );
      const { items } = (await answer.json()) as {
        readonly items: readonly {
          readonly index: number | null;
          readonly circumstances: { readonly signIn?: unknown };
        }[];
      };
      const one = items.find((e) => e.index !== null && e.circumstances.signIn !== undefined);
      return one?.index ?? null;
    };
    await expect.poll(found, { timeout: 10_000, interval: 300 }).not.toBeNull();
    await page.goto(`/audit/${await found()}`);
    await page.getByText(/^by a password · one factor, proved 20/).waitFor();
    await settled(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "audit-event-signed-in");
    expect(faults).toEqual([]);
  });

  test("say so when an entry is not what was logged", async () => {
    const { page } = at;
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.route("**/api/v1/audit/proof/2", async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { entry: string };
      await route.fulfill({
        response: answer,
        json: { ...body, entry: body.entry.replace("a", "b") },
      });
    });
    await page.goto("/audit/1");
    await page.goto("/audit/2");
    await page.getByText("the bytes shown are not the leaf").waitFor();
    await page.getByText("this entry is not in the log").waitFor();
  });
});
