import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import type { ApprovalPack } from "../../src/change/approval-pack.ts";
import type { Change } from "../../src/change/model.ts";
import { approvalsFor } from "../../src/change/store.ts";
import type { World } from "../../src/db/world.ts";
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

/** A passkey in the browser: always touched, always verified. */
async function withAuthenticator(page: Page): Promise<void> {
  const authenticator = await page.context().newCDPSession(page);
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
}

/** The one approval of a change, after stock ssh-keygen took it. */
async function approvalAsOpensshTakesIt(world: World, change: Change, folder: string) {
  const [given] = await approvalsFor(world.db, change.id);
  const plan = await loadPlan(world.db, change.plan);
  writeFileSync(join(folder, "allowed"), `ada ${given?.keyLine}\n`);
  writeFileSync(join(folder, "passkey.sig"), given?.signature ?? "");
  const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "ada"];
  const sig = ["-n", "fettle-approve-v1", "-s", join(folder, "passkey.sig")];
  const told = execFileSync("ssh-keygen", [...args, ...sig], { input: plan?.statement ?? "" });
  expect(String(told)).toContain("Good");
  return given;
}

/** The desk as its operator sets it up: built, then served under a name of its own. */
async function serveDesk(folder: string) {
  const cli = join(import.meta.dirname, "../../src/main/cli.ts");
  const to = mkdtempSync(join(folder, "desk-"));
  execFileSync(process.execPath, [cli, "desk", "build", to]);
  const args = [cli, "desk", "serve", to, "--port", "0"];
  const served = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const port = await new Promise<string>((done, fail) => {
    const hear = (text: string) => {
      const found = /:(\d+)\//.exec(text)?.[1];
      if (found !== undefined) done(found);
    };
    served.stdout.on("data", (chunk) => hear(String(chunk)));
    served.stderr.on("data", (chunk) => hear(String(chunk)));
    served.once("exit", () => fail(new Error("the desk is not served")));
  });
  return { url: `http://desk.localhost:${port}`, stop: () => served.kill() };
}

/** One byte of each kind of document changed, one left out, one put in, two turned round. */
function editedPacks(text: string): string[] {
  const pack = JSON.parse(text) as ApprovalPack;
  const { leaves, bodies, statement } = pack;
  const turned = [leaves[1] ?? "", leaves[0] ?? "", ...leaves.slice(2)];
  const otherBodies = bodies.map((body) => body.replace("nginx", "mginx"));
  const lastLeaf = (leaves.at(-1) ?? "").replace("wave 3", "wave 2");
  return [
    { ...pack, statement: statement.replace(/root ./, "root g") },
    { ...pack, statement: statement.replace(/leaves \d+/, "leaves 61") },
    { ...pack, leaves: leaves.slice(1) },
    { ...pack, leaves: turned },
    { ...pack, leaves: [...leaves.slice(0, -1), lastLeaf] },
    { ...pack, bodies: otherBodies },
    { ...pack, bodies: [...bodies, ...otherBodies] },
    { ...pack, change: "C-999" },
  ].map((edited) => JSON.stringify(edited));
}

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
    await withAuthenticator(own);
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
    const given = await approvalAsOpensshTakesIt(at.site.world, approvals, folder);
    expect(given).toMatchObject({ keyClass: "page", handle: "ada" });
    await context.close();
    await page.bringToFront();
    expect(faults).toEqual([]);
  });

  test("is approved at a desk on another name, which believes only bytes it counted", async () => {
    const served = await serveDesk(folder);
    try {
      const wanted = await requested(scene);
      const name = `C-${wanted.number}`;
      const authorization = `Bearer ${at.site.token}`;
      const { page: desk, context, faults } = await visit(at.browser, served.url);
      await withAuthenticator(desk);
      await desk.goto("/");
      await desk.getByLabel("Your handle on the server").fill("ada");
      await desk.getByRole("button", { name: "Make a passkey for this desk" }).click();
      const line = await desk.getByLabel("The key's line").inputValue();
      const registered = await fetch(`${at.site.url}/api/v1/keys`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ line, title: "desk" }),
      });
      expect(await registered.json()).toMatchObject({ class: "desk", site: "desk.localhost" });
      const url = `${at.site.url}/api/v1/changes/${name}/pack`;
      const pack = await (await fetch(url, { headers: { authorization } })).text();
      const give = (text: string) =>
        desk.getByLabel("Choose C-").setInputFiles({
          name: `${name}.pack`,
          mimeType: "text/plain",
          buffer: Buffer.from(text),
        });
      for (const edited of editedPacks(pack)) {
        await give(edited);
        await desk.getByRole("heading", { name: "Do not sign" }).waitFor();
        expect(await desk.getByRole("button", { name: "Sign with your passkey" }).count()).toBe(0);
        await give("");
        await desk.getByText("the file is no approval pack").waitFor();
      }
      await give(pack);
      await desk.getByRole("heading", { name: "What exactly is signed" }).waitFor();
      const sign = desk.getByRole("button", { name: "Sign with your passkey" });
      expect(await sign.isDisabled()).toBe(true);
      await desk.getByLabel("Type the number of hosts").fill("62");
      await picture(desk, "desk");
      await expectAccessible(desk);
      await sign.click();
      const approval = await desk.getByRole("textbox", { name: "The approval" }).inputValue();
      expect(faults).toEqual([]);
      await context.close();
      const { page } = at;
      await page.goto(`/changes/${name}`);
      await page.getByLabel(/Paste .*sig/).fill(approval);
      await page.getByRole("button", { name: "Approve", exact: true }).click();
      await page.getByRole("heading", { name: "Approvals: 1 of 1" }).waitFor();
      const given = await approvalAsOpensshTakesIt(at.site.world, wanted, folder);
      expect(given).toMatchObject({ keyClass: "desk", handle: "ada" });
      await page.goto(`/changes/C-${change.number}`);
    } finally {
      served.stop();
    }
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
