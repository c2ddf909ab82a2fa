import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Change } from "../../src/change/model.ts";
import { approvalsFor } from "../../src/change/store.ts";
import { loadPlan } from "../../src/plan/store.ts";
import { ADMIN } from "../builders/first-admin.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  settled,
  signIn,
  visit,
} from "./browser.ts";
import { describePages, openPages } from "./pages.ts";
import { requested, type Scene, setScene } from "./played-rollout.ts";

describePages("a change's page", () => {
  let scene: Scene;
  let change: Change;
  let folder: string;

  const at = openPages({
    prepare: async (site) => {
      folder = mkdtempSync(join(tmpdir(), "fettle-page-"));
      scene = await setScene(site.world);
      change = await requested(scene);
    },
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test("waits in the inbox of who may approve it", async () => {
    const { page } = at;
    await page.goto("/changes?waiting=me");
    await page.getByRole("link", { name: `C-${change.number}` }).waitFor();
    await page.getByText("1 change waits").waitFor();
    await settled(page);
    await picture(page, "changes");
    await expectAccessible(page);
    await page.getByRole("link", { name: `C-${change.number}` }).click();
    await page.getByRole("heading", { name: "What exactly is signed" }).waitFor();
  });

  test("shows the very bytes and computes their digest itself", async () => {
    const { page, faults } = at;
    await page.getByText("This browser computed SHA-256").waitFor();
    await settled(page);
    await picture(page, "change");
    await expectAccessible(page);
    expect(faults).toEqual([]);
  });

  test("looks right in the dark and on a phone", async () => {
    const { page } = at;
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "change-dark");
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await picture(page, "change-narrow");
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  test("is approved by a passkey of the page, whose signature stock ssh-keygen takes", async () => {
    const { page, faults } = at;
    const approvals = await requested(scene);
    // Browsers keep passkeys from bare addresses, so the page is visited by its name.
    const site = at.site.url.replace("127.0.0.1", "localhost");
    const { page: own, context } = await visit(at.browser, site);
    const authenticator = await context.newCDPSession(own);
    await authenticator.send("WebAuthn.enable");
    await authenticator.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await signIn(own, ADMIN);
    await own.goto("/settings/keys");
    await own.getByRole("button", { name: "Make a passkey for approvals" }).click();
    await own.getByText("is your passkey").waitFor();
    await settled(own);
    await picture(own, "settings-keys");
    await expectAccessible(own);
    await own.goto(`/changes/C-${approvals.number}`);
    await own.getByRole("button", { name: "Approve with your passkey" }).click();
    await own.getByRole("heading", { name: "Approvals: 1 of 1" }).waitFor();
    await own.getByText("page approval of ada").waitFor();
    await settled(own);
    await picture(own, "change-passkey");
    await expectAccessible(own);
    const [given] = await approvalsFor(at.site.world.db, approvals.id);
    const plan = await loadPlan(at.site.world.db, approvals.plan);
    writeFileSync(join(folder, "allowed"), `ada ${given?.keyLine}\n`);
    writeFileSync(join(folder, "passkey.sig"), given?.signature ?? "");
    const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "ada"];
    const sig = ["-n", "fettle-approve-v1", "-s", join(folder, "passkey.sig")];
    const told = execFileSync("ssh-keygen", [...args, ...sig], { input: plan?.statement ?? "" });
    expect(String(told)).toContain("Good");
    expect(given).toMatchObject({ keyClass: "page", handle: "ada" });
    await context.close();
    await page.bringToFront();
    expect(faults).toEqual([]);
  });

  test("is approved with a signature of stock ssh-keygen over the downloaded bytes", async () => {
    const { page } = at;
    const key = join(folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const registered = await fetch(`${at.site.url}/api/v1/keys`, {
      method: "POST",
      headers: { authorization: `Bearer ${at.site.token}`, "content-type": "application/json" },
      body: JSON.stringify({ line: readFileSync(`${key}.pub`, "utf8").trim(), title: "mine" }),
    });
    expect([registered.status, await registered.text()]).toEqual([201, expect.anything()]);
    const name = `C-${change.number}.plan`;
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: `Download ${name}` }).click(),
    ]);
    const plan = join(folder, name);
    await file.saveAs(plan);
    execFileSync("ssh-keygen", ["-q", "-Y", "sign", "-n", "fettle-approve-v1", "-f", key, plan]);
    await page.getByLabel(/Paste .*sig/).fill("-----BEGIN SSH SIGNATURE-----\nnonsense");
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel(/Paste .*sig/).fill(readFileSync(`${plan}.sig`, "utf8"));
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("heading", { name: "Approvals: 1 of 1" }).waitFor();
    await page.getByRole("button", { name: "Start the rollout" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start the rollout" }).click();
    await page.waitForURL(/\/rollouts\/R-\d+$/);
  });
});
