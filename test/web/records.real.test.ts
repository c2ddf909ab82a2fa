import { afterEach, expect, test } from "vitest";
import { newPerson } from "../builders/first-admin.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, settled } from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";

describePages("the page of what is kept", () => {
  let second = "";
  const at = openPages({
    prepare: async (site) => {
      const of = { url: site.url, token: site.token };
      const password = "correct horse battery staple";
      second = await newPerson(of, { handle: "bea", password, role: "admin" });
      await newPerson(of, { handle: "carol", password, role: "viewer" });
    },
  });
  afterEach(() => expect(at.faults).toEqual([]));

  /** What the second administrator does, by the API. */
  const asSecond = async (method: "POST" | "PUT", path: string, body: unknown): Promise<void> => {
    const headers = { authorization: `Bearer ${second}`, "content-type": "application/json" };
    const init = { method, headers, body: JSON.stringify(body) };
    const answer = await fetch(`${at.site.url}/api/v1/${path}`, init);
    expect(answer.status, await answer.text()).toBeLessThan(300);
  };

  test("less time is asked for by one and agreed to by another, who sees the ask come", async () => {
    const { page } = at;
    await at.goTo("/settings/records");
    await page.getByText("people, sessions, tokens and keys").waitFor();
    await asSecond("PUT", "audit/retention/access", { days: 500 });
    const row = page.getByRole("row", { name: /people, sessions/ });
    await row.getByText("500 days, by bea").waitFor(SOON);
    await row.getByRole("button", { name: "Agree" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Agree" }).click();
    await row.getByRole("cell", { name: "500 days", exact: true }).waitFor(SOON);
    // What this person asks for, this person cannot agree to.
    await row.getByRole("button", { name: "Change" }).click();
    await page.getByRole("dialog").getByLabel("Days").fill("450");
    await page.getByRole("dialog").getByRole("button", { name: "Keep so long" }).click();
    const agree = row.getByRole("button", { name: "Agree" });
    await agree.waitFor(SOON);
    expect(await agree.getAttribute("aria-disabled")).toBe("true");
    await row.getByRole("button", { name: "Leave as it is" }).click();
    await agree.waitFor({ state: "detached", ...SOON });
  });

  test("a hold over a person keeps them from being erased until two people lift it", async () => {
    const { page } = at;
    await page.getByRole("button", { name: "Place a hold" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "Over" }).click();
    await page.getByRole("option", { name: "a person" }).click();
    await dialog.getByLabel("Name").fill("carol");
    await dialog.getByLabel("Why").fill("asked for by the court");
    await dialog.getByRole("button", { name: "Place the hold" }).click();
    await page.getByRole("cell", { name: "person carol" }).waitFor(SOON);
    await page.getByRole("button", { name: "Ask to erase somebody" }).click();
    await dialog.getByLabel("Handle").fill("carol");
    await dialog.getByLabel("Why").fill("left the company");
    await dialog.getByRole("button", { name: "Ask", exact: true }).click();
    await dialog.getByText(/Legal hold LH-1 keeps/).waitFor(SOON);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await asSecond("POST", "audit/holds/LH-1/lift", { reason: "the case is closed" });
    await page.getByText("bea asked to lift it").waitFor(SOON);
    await page.getByRole("button", { name: "Lift", exact: true }).click();
    await dialog.getByRole("button", { name: "Lift", exact: true }).click();
    await page.getByText(/^lifted/).waitFor(SOON);
  });

  test("an erasure is asked for, taken back, and done by another than who asked", async () => {
    const { page } = at;
    const table = page.getByRole("table", { name: "People who are to be erased" });
    await asSecond("POST", "users/carol/erasure", { reason: "was to be somebody else" });
    await table.getByRole("button", { name: "Keep" }).click(SOON);
    await page.getByText("Nobody is to be erased").waitFor(SOON);
    await asSecond("POST", "users/carol/erasure", { reason: "left the company in May" });
    await table.getByText("left the company in May").waitFor(SOON);
    await settled(page);
    await expectAccessible(page);
    await picture(page, "records");
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "records-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
    await table.getByRole("button", { name: "Erase for good" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Erase for good" }).click();
    await page.getByText("Nobody is to be erased").waitFor(SOON);
  });
});
