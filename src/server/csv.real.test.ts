import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstAdmin, newPerson } from "../../test/builders/first-admin.ts";
import { addHost } from "../../test/builders/fleet.ts";
import { trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { allRoutes } from "./all-routes.ts";
import { type RunningServer, startServer } from "./server.ts";

/** Lists as CSV files over HTTP, as a spreadsheet or a script fetches them. */
let made: TestWorld;
let server: RunningServer;
let token: string;
let shop: string;

beforeAll(async () => {
  made = await testWorld();
  const { world } = made;
  const secretPath = (await ensureSetupSecret(world))!;
  server = await startServer(world, allRoutes, { checkReplies: true });
  token = await firstAdmin(server.url, secretPath);
  shop = await newPerson(
    { url: server.url, token },
    { handle: "vera", password: "correct horse battery staple", role: "viewer", scope: "env=shop" },
  );
  const packages = [
    { name: "libssl3", version: "1.0-1", arch: "amd64", source: "openssl", sourceVersion: "1.0-1" },
  ];
  await addHost(world, { name: "a-shop", packages, labels: { env: "shop" } });
  await addHost(world, { name: "b-bank", packages, labels: { env: "bank" } });
  const release = { bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" } };
  const bytes = trackerFile({ openssl: { "CVE-2026-1000": release, "CVE-2026-1001": release } });
  await loadFeedFile(world, systemActor, { bytes, asOf: world.clock(), acceptShrink: false });
});
afterAll(async () => {
  await server.close();
  await made.close();
});

async function get(path: string, headers: Record<string, string> = {}, as = token) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${as}`, ...headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const linesOf = (text: string): string[] => text.split("\r\n").slice(0, -1);

describe("a list as CSV", () => {
  test.each([
    ["/findings", "findings", 3],
    ["/findings?group=host", "findings", 3],
    ["/hosts", "hosts", 3],
    ["/fix-first", "actions", 2],
  ])("%s says so, has a name, and has the rows of the pages", async (path, name, lines) => {
    const asked = await get(path, { accept: "text/csv" });
    expect(asked.status).toBe(200);
    expect(asked.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(asked.headers.get("vary")).toContain("accept");
    expect(asked.headers.get("content-disposition")).toMatch(
      new RegExp(`^attachment; filename="fettle-${name}-\\d{4}-\\d{2}-\\d{2}\\.csv"$`),
    );
    expect(linesOf(asked.text)).toHaveLength(lines);
    const linked = await get(`${path}${path.includes("?") ? "&" : "?"}format=csv`);
    expect(linked.text).toBe(asked.text);
    const page = await get(path);
    expect(page.headers.get("content-type")).toContain("application/json");
    expect(JSON.parse(page.text).items).toHaveLength(lines - 1);
  });

  test("keeps filters and rights", async () => {
    const found = linesOf((await get("/findings?search=2026-1001&format=csv")).text);
    expect(found).toHaveLength(2);
    expect(found[1]).toMatch(/^"CVE-2026-1001",/);
    const listed = JSON.parse((await get("/hosts")).text).items as {
      readonly findings: Record<"open" | "exploited" | "fixable", number>;
    }[];
    const file = linesOf((await get("/hosts", { accept: "text/csv" })).text);
    for (const [at, { findings }] of listed.entries()) {
      // The columns risk, open, known exploited and fixable.
      const { open, exploited, fixable } = findings;
      expect(file[at + 1]).toContain(`",${open},${exploited},${fixable},"`);
    }
    const all = linesOf((await get("/hosts?format=csv")).text);
    expect(all.map((line) => line.split(",")[0])).toEqual(['"host"', '"a-shop"', '"b-bank"']);
    const own = linesOf((await get("/hosts?format=csv", {}, shop)).text);
    expect(own.map((line) => line.split(",")[0])).toEqual(['"host"', '"a-shop"']);
    const counted = linesOf((await get("/findings?format=csv", {}, shop)).text);
    expect(counted[1]).toContain(",1,0,1,1,");
  });

  test("is refused as any request is: an answer with a reason, and no file", async () => {
    for (const [path, status] of [
      ["/findings?format=csv&service=nobody", 404],
      ["/findings?format=xml", 400],
      ["/feeds?format=csv", 400],
      ["/findings?format=csv&cursor=x", 400],
    ] as const) {
      const refused = await get(path);
      expect(refused.status, path).toBe(status);
      expect(refused.headers.get("content-type")).toContain("application/problem+json");
    }
    const response = await fetch(`${server.url}/api/v1/hosts?format=csv`);
    expect(response.status).toBe(401);
    await response.text();
  });
});
