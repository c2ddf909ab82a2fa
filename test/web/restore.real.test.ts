import { sql } from "kysely";
import pg from "pg";
import type { Page } from "playwright-core";
import { afterAll, afterEach, expect, inject, test } from "vitest";
import type { SubjectId } from "../../src/base/ids.ts";
import type { Loop } from "../../src/base/loop.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { clientConfig, inTransaction, openDatabase } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { recordEvents } from "../../src/ledger/record.ts";
import { RESTORING } from "../../src/ledger/store-behind.ts";
import { openIfBehind } from "../../src/restore/actions-open.ts";
import { startRestoreWatch } from "../../src/restore/loops.ts";
import { newPerson } from "../builders/first-admin.ts";
import { integrated } from "../builders/integrated.ts";
import { withDatabase } from "../setup/postgres.ts";
import {
  expectAccessible,
  expectNoSidewaysScroll,
  picture,
  settled,
  signIn,
  type Visit,
  visit,
} from "./browser.ts";
import { describePages, openPages, SOON } from "./pages.ts";
import type { Site } from "./site.ts";

const password = "correct horse battery staple";
const LOST = 40;

describePages("the page of a restore", () => {
  const keys = new Map<string, MachineKey>();
  const tokens = new Map<string, string>();
  let watch: Loop | undefined;
  let copy = "";
  const at = openPages({
    isSignedIn: false,
    prepare: async (site) => {
      for (const handle of ["bea", "carl"]) {
        const of = { url: site.url, token: site.token };
        const token = await newPerson(of, { handle, password, role: "approver" });
        const pair = makeMachineKey();
        keys.set(handle, openMachineKey(pair.privateKeyPem));
        tokens.set(handle, token);
        const line = { line: pair.publicKeyLine, title: handle };
        expect((await ask(site, "POST", "keys", { token, body: line })).status).toBe(201);
      }
      await site.rest();
      await putBack(site);
      // As the server itself follows it.
      const world: { readOnly?: string | undefined } = site.world;
      watch = startRestoreWatch(site.world, async (isOpen) => {
        world.readOnly = isOpen ? RESTORING : undefined;
      });
      world.readOnly = RESTORING;
    },
  });
  const visits: Visit[] = [];
  afterEach(() => expect(visits.flatMap(({ faults }) => faults)).toEqual([]));
  afterAll(async () => {
    await watch?.stop();
    await asPostgres(`drop database if exists ${copy} with (force)`);
  });

  function ask(
    { url }: Pick<Site, "url">,
    method: string,
    path: string,
    { token, body }: { readonly token: string; readonly body: unknown },
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return fetch(`${url}/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
  }

  /** Work goes on elsewhere under the same ledger folder: then this site's database is an older copy. */
  async function putBack({ world }: Site): Promise<void> {
    await integrated(world);
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
      world.db,
    );
    const from = rows[0]!.name;
    copy = `${from}_newer`;
    await asPostgres(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`,
      `create database ${copy} template ${from} strategy file_copy`,
    );
    const newer: World = {
      ...world,
      db: openDatabase(withDatabase(inject("app"), copy), () => undefined),
    };
    const actor = "somebody" as SubjectId;
    const scans = Array.from({ length: LOST - 1 }, (_, n) => ({
      ...{ type: "scan.finished" as const, actor, object: `scan:${n}` },
    }));
    const given = { role: "admin", scope: "" };
    const grant = { type: "grant.added" as const, actor, object: "subject:mallory", facts: given };
    await inTransaction(newer.db, (tx) => recordEvents(tx, [...scans, grant]));
    await integrated(newer);
    await newer.db.destroy();
    expect(await openIfBehind(world)).toMatchObject({ problem: null });
  }

  async function asPostgres(...statements: readonly string[]): Promise<void> {
    const admin = new pg.Client(clientConfig(inject("postgres")));
    await admin.connect();
    for (const statement of statements) await admin.query(statement);
    await admin.end();
  }

  async function pageOf(handle: string): Promise<Page> {
    const made = await visit(at.browser, at.site.url);
    visits.push(made);
    await signIn(made.page, { handle, password });
    made.faults.length = 0;
    return made.page;
  }

  async function sign(page: Page, handle: string, text: string): Promise<void> {
    const key = keys.get(handle)!;
    const signature = signDocument({ namespace: "fettle-restore-v1", key, bytes: text });
    await page.getByLabel("Paste restore.txt.sig").fill(signature);
    await page.getByRole("button", { name: "Sign", exact: true }).click();
  }

  test("every page says that nothing can be changed, and nothing can", async () => {
    const page = await pageOf("bea");
    const banner = page.getByText("An older database was put back: nothing can be changed");
    await banner.waitFor(SOON);
    const token = at.site.token;
    const refused = await ask(at.site, "POST", "tokens", { token, body: { title: "t", days: 1 } });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("older")]);
    await page.getByRole("link", { name: "See what was lost, and sign" }).click();
    await page.getByRole("heading", { level: 1, name: "Restore" }).waitFor(SOON);
    await settled(page);
    await page.getByText("The log is whole again.").waitFor();
    await page.getByText("Entries written back").waitFor();
    // What gave somebody something is not done again, and says so.
    await page.getByRole("row", { name: /subject:mallory.*admin/ }).waitFor();
    await page.getByText("Not done again: 1").waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await picture(page, "restore");
  });

  test("one writes the text and signs, a second signs too, and then the server goes on", async () => {
    const page = visits[0]!.page;
    await page.getByText("Signatures: 0 of 2").waitFor();
    await page.getByRole("button", { name: "Write the text to sign" }).click();
    const block = page.getByRole("region", { name: "The text that is signed" });
    await block.waitFor(SOON);
    const text = (await block.textContent()) ?? "";
    expect(text).toMatch(/^fettle restore 1\ntenant fettle\n/);
    // Of another text it is no signature of this one.
    await sign(page, "bea", `${text}x`);
    await page.getByRole("alert").filter({ hasText: "signature" }).waitFor(SOON);
    await sign(page, "bea", text);
    await page.getByText("Signatures: 1 of 2").waitFor(SOON);
    expect(await page.getByRole("button", { name: "Let the server go on" }).count()).toBe(0);
    visits[0]!.faults.length = 0;
    const second = await pageOf("carl");
    await second.goto("/restore");
    const shown = second.getByRole("region", { name: "The text that is signed" });
    await shown.waitFor(SOON);
    expect(await shown.textContent()).toBe(text);
    await sign(second, "carl", text);
    await second.getByText("Signatures: 2 of 2").waitFor(SOON);
    await second.getByRole("button", { name: "Let the server go on" }).click();
    await second.getByText("No restore is open.").waitFor(SOON);
    // The first window hears of it by itself.
    await page.getByText("No restore is open.").waitFor(SOON);
    const token = tokens.get("bea")!;
    const change = () => ask(at.site, "POST", "tokens", { token, body: { title: "t", days: 1 } });
    await expect.poll(async () => (await change()).status, SOON).toBe(201);
  });
});
