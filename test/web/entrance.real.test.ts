import { sql } from "kysely";
import { expect, test } from "vitest";
import { makeSetupLink } from "../../src/identity/actions-setup.ts";
import { expectAccessible, expectNoSidewaysScroll, picture, signIn, visit } from "./browser.ts";
import { describePages, openPages } from "./pages.ts";

const GRACE = { handle: "grace", password: "a ship in port is safe, but" };

describePages("the way in", () => {
  const at = openPages({ isSetUp: false, isSignedIn: false });

  test("tells the first visitor how the first administrator is made", async () => {
    const { page, faults } = await visit(at.browser, at.site.url);
    await page.goto("/");
    await page.getByRole("heading", { name: "Welcome to Fettle" }).waitFor();
    await expectAccessible(page);
    await picture(page, "welcome");
    expect(faults).toEqual([]);
  });

  test("makes the administrator by the one-time link, once, and leaves no secret behind", async () => {
    const link = await makeSetupLink(at.site.world);
    const { page, context, faults } = await visit(at.browser, at.site.url);
    await page.goto(link?.path ?? "");
    // A reload before it is used must not lose the secret: nobody is asked for it again.
    await page.reload();
    await page.getByLabel("Handle").waitFor();
    expect(await page.locator("input[name=secret]").count()).toBe(0);
    await page.getByLabel("Handle").fill("Not A Handle");
    await page.getByLabel("Name").fill("Grace Hopper");
    await page.locator("input[name=password]").fill("short");
    await page.getByLabel("The same again").fill("short");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Handle").fill(GRACE.handle);
    await page.locator("input[name=password]").fill(GRACE.password);
    await page.getByLabel("The same again").fill(GRACE.password);
    await picture(page, "setup");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    expect(page.url()).toBe(`${at.site.url}/`);
    await page.goBack();
    await page.getByRole("heading", { name: "Setup is over" }).waitFor();
    expect(page.url(), "the way back has no secret").toBe(`${at.site.url}/setup`);
    await page.goto("/");
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict" });
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(kept).not.toContain(GRACE.password);
    // The token for the command line was given back at once: the session is all that counts.
    const tokens = await page.evaluate(async () => (await fetch("/api/v1/tokens")).json());
    expect(tokens).toMatchObject({ items: [{ revokedAt: expect.any(String) }] });
    await page.goto(link?.path ?? "");
    await page.getByRole("heading", { name: "Setup is over" }).waitFor();
    expect(faults).toEqual([]);
  });

  test("lets the right password in, back to where one came from, and out again", async () => {
    const { page, context, faults } = await visit(at.browser, at.site.url);
    await page.goto("/hosts?q=web");
    await page.getByLabel("Handle").fill(GRACE.handle);
    await page.locator("input[name=password]").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await expectAccessible(page);
    await page.locator("input[name=password]").fill(GRACE.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/hosts?q=web");
    await page.getByRole("button", { name: GRACE.handle }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Fettle" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(faults).toEqual([]);
  });

  test("tells who comes back from a provider what is known, and no more", async () => {
    const { page, faults } = await visit(at.browser, at.site.url);
    await page.goto("/signed-out");
    await page.getByText("You are signed out of this server.", { exact: true }).waitFor();
    await expectAccessible(page);
    await page.evaluate(() => sessionStorage.setItem("fettle-signing-out", "b".repeat(43)));
    await page.goto("/signed-out?state=of-nobody");
    await page.getByRole("alert").getByText("belongs to no sign-out that it began").waitFor();
    await expectAccessible(page);
    await picture(page, "signed-out");
    await page.getByRole("link", { name: "Sign in again" }).click();
    await page.getByRole("heading", { name: "Sign in to Fettle" }).waitFor();
    expect(faults.filter((fault) => !fault.includes("400"))).toEqual([]);
  });

  test("takes an invitation", async () => {
    const { page } = await visit(at.browser, at.site.url);
    await page.goto("/");
    await signIn(page, GRACE);
    const invite = await page.evaluate(async () => {
      const send = (path: string, body?: unknown): Promise<Response> =>
        fetch(path, {
          method: "POST",
          headers: body === undefined ? {} : { "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      const grants = [{ role: "viewer", scope: "" }];
      await send("/api/v1/users", { handle: "joan", name: "Joan Clarke", grants });
      const made = await send("/api/v1/users/joan/invite");
      return ((await made.json()) as { readonly invite: string }).invite;
    });
    const guest = await visit(at.browser, at.site.url, { width: 390, height: 800, scheme: "dark" });
    await guest.page.goto(`/invite#${invite}`);
    await guest.page.locator("input[name=password]").fill("nine men in five days");
    await guest.page.getByLabel("The same again").fill("nine men in five days");
    await expectAccessible(guest.page);
    await expectNoSidewaysScroll(guest.page);
    await picture(guest.page, "invite-390-dark");
    await guest.page.getByRole("button", { name: "Accept" }).click();
    await guest.page.getByRole("button", { name: "joan" }).waitFor();
    expect(guest.faults).toEqual([]);
  });

  test("shows where one is signed in, and ends a browser that was left open", async () => {
    const left = await visit(at.browser, at.site.url);
    await signIn(left.page, GRACE);
    const { page, faults } = await visit(at.browser, at.site.url);
    await signIn(page, GRACE);
    await page.goto("/settings/sessions");
    await page
      .getByRole("row", { name: /Chrome on Linux/ })
      .first()
      .waitFor();
    await page.getByText("this one").waitFor();
    await picture(page, "settings-sessions-two");
    await expectAccessible(page);
    await page.getByRole("button", { name: /^End (the other one|all \d+ others)$/ }).click();
    await page.getByText("You are signed in nowhere else.").waitFor();
    expect(await left.page.evaluate(async () => (await fetch("/api/v1/me")).status)).toBe(401);
    expect(faults).toEqual([]);
  });

  test("makes a passkey, signs in by it, and asks for it again before what matters", async () => {
    const { page, context, faults } = await visit(at.browser, at.site.url);
    await signIn(page, GRACE);
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto("/settings/sign-in");
    await page.getByLabel("Name").fill("laptop");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("cell", { name: "laptop", exact: true }).waitFor();
    await page.getByRole("button", { name: "Add one-time codes" }).click();
    await page.getByRole("img", { name: "QR code with the secret" }).waitFor();
    await expectAccessible(page);
    await picture(page, "settings-codes");
    await page.getByRole("button", { name: "Cancel" }).click();
    await expectAccessible(page);
    await picture(page, "settings-sign-in");
    await page.setViewportSize({ width: 390, height: 800 });
    await expectNoSidewaysScroll(page);
    await picture(page, "settings-sign-in-390");
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.getByRole("button", { name: GRACE.handle }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).waitFor();
    await expectAccessible(page);
    await picture(page, "sign-in");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    await sql`update session set proved_at = now() - interval '11 minutes'`.execute(
      at.site.world.db,
    );
    await page.goto("/settings/tokens");
    await page.getByLabel("For what").fill("nightly report");
    await page.getByRole("button", { name: "Make a token" }).click();
    const dialog = page.getByRole("dialog", { name: "Is it you?" });
    await dialog.waitFor();
    await expectAccessible(page);
    await picture(page, "is-it-you");
    await dialog.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("cell", { name: "nightly report", exact: true }).waitFor();
    expect(faults).toEqual([]);
  });
});
