import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstAdmin } from "../../test/builders/first-admin.ts";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile, trackerOf } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { ensureSetupSecret } from "../identity/store-setup-secret.ts";
import { allRoutes } from "../server/all-routes.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { BUNDLE_NAMESPACE, headerIn, paddingAfter, SIGNATURE, tarHeader } from "./bundle-format.ts";

let made: TestWorld;
let server: RunningServer;
let token = "";

beforeAll(async () => {
  made = await testWorld();
  const path = await ensureSetupSecret(made.world);
  server = await startServer(made.world, allRoutes, { checkReplies: true });
  token = await firstAdmin(`http://127.0.0.1:${server.port}`, path ?? "");
});
afterAll(async () => {
  await server.close();
  await made.close();
});

async function call(
  method: string,
  path: string,
  body?: string | Buffer,
): Promise<{
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly items: Record<string, unknown>[] };
}> {
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, {
    method,
    headers: {
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": type }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe("feeds and findings over HTTP", () => {
  it("take a packed file of any feed and say what it changed", async () => {
    await addHost(made.world, { name: "web-1", packages: [aPackage({ name: "openssl" })] });
    const answer = await call("POST", "/feeds/load?asOf=2026-11-20", gzipSync(trackerOf(5)));
    expect(answer.status).toBe(200);
    expect(answer.body.items).toMatchObject([
      { feed: "debian-tracker", kind: "loaded", entryCount: 5, addedCount: 5 },
    ]);
    const feeds = await call("GET", "/feeds");
    expect(feeds.body.items.map((f) => [f["name"], f["asOf"]])).toContainEqual([
      "debian-tracker",
      "2026-11-20T00:00:00.000Z",
    ]);
  });

  it("page through findings without losing or repeating any", async () => {
    const keys: unknown[] = [];
    let cursor = "";
    do {
      const page = await call("GET", `/findings?limit=2${cursor}`);
      expect(page.status).toBe(200);
      expect(page.body["total"]).toBe(5);
      keys.push(...page.body.items.map((row) => row["key"]));
      const next = page.body["next"];
      cursor = typeof next === "string" ? `&cursor=${next}` : "";
    } while (cursor !== "");
    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(5);
  });

  it("group and filter", async () => {
    const sources = await call("GET", "/findings?group=source");
    expect(sources.body.items).toMatchObject([{ key: "Debian:12 openssl", hostCount: 1 }]);
    expect((await call("GET", "/findings?kev=true")).body.items).toEqual([]);
    expect((await call("GET", "/findings?state=will-not-fix")).body.items).toEqual([]);
    expect((await call("GET", "/findings?search=10003")).body.items).toHaveLength(1);
    const coverage = { coveredCount: 1, hostCount: 1, unknownHostCount: 0 };
    const asOf = new Date().toISOString();
    await call("POST", `/feeds/load?asOf=${asOf}`, trackerOf(6));
    expect((await call("GET", "/findings")).body["coverage"]).toMatchObject(coverage);
  });

  it("explain a finding with the comparison that decided", async () => {
    const { status, body } = await call("GET", "/findings/CVE-2026-10001");
    expect(status).toBe(200);
    expect(body["packages"]).toMatchObject([
      {
        name: "openssl",
        state: "affected-fix-available",
        fixedVersion: "1.0-2",
        because: { installed: "1.0-1", comparedWith: "1.0-2", comparison: "lower" },
      },
    ]);
    expect(body["hosts"]).toMatchObject([{ name: "web-1" }]);
    expect((await call("GET", "/findings/CVE-1999-9999")).status).toBe(404);
  });

  it("take a bundle as its bytes come, and say what is wrong with one", async () => {
    const given = await fetch(`http://127.0.0.1:${server.port}/api/v1/feed-bundle`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const bundle = Buffer.from(await given.arrayBuffer());
    const key = openMachineKey(makeMachineKey().privateKeyPem);
    const size = headerIn(bundle.subarray(0, 512))?.size ?? 0;
    const end = 512 + size + paddingAfter(size).length;
    const signature = Buffer.from(
      signDocument({
        namespace: BUNDLE_NAMESPACE,
        key,
        bytes: bundle.subarray(512, 512 + size),
      }),
    );
    const entry = [tarHeader(SIGNATURE, signature.length), signature];
    const parts = [bundle.subarray(0, end), ...entry, paddingAfter(signature.length)];
    const signed = Buffer.concat([...parts, bundle.subarray(end)]);
    const trust = `trust=${encodeURIComponent(key.publicKeyLine)}`;
    expect(await call("POST", "/feed-bundle", signed)).toMatchObject({ status: 409 });
    const taken = await call("POST", `/feed-bundle?${trust}`, signed);
    expect(taken).toMatchObject({ status: 200, body: { isNewSigner: true } });
    expect(taken.body.items).toMatchObject([{ source: "file/debian-tracker", kind: "unchanged" }]);
    const cut = signed.subarray(0, signed.length >> 1);
    expect(await call("POST", `/feed-bundle?${trust}`, cut)).toMatchObject({ status: 400 });
    expect(await call("POST", "/feed-bundle", "{}")).toMatchObject({ status: 400 });
  });

  it("answer what is wrong with a file, and refuse a shrunk one with its reason", async () => {
    expect((await call("POST", "/feeds/load", Buffer.from("hello"))).status).toBe(400);
    expect((await call("POST", "/feeds/load?asOf=yesterday", trackerOf(6))).status).toBe(400);
    const shrunk = await call("POST", "/feeds/load", trackerOf(2));
    expect(shrunk.body.items).toMatchObject([{ kind: "refused" }]);
    expect(String(shrunk.body.items[0]?.["message"])).toContain("more than a tenth fewer");
    const accepted = await call("POST", "/feeds/load?acceptShrink=true", trackerOf(2));
    expect(accepted.body.items).toMatchObject([{ kind: "loaded", endedCount: 4 }]);
    const bad = trackerFile({ openssl: { "CVE-2026-10000": { bookworm: { status: "odd" } } } });
    const answer = await call("POST", "/feeds/load?acceptShrink=true", bad);
    expect(answer.body.items).toMatchObject([{ kind: "loaded", problemCount: 1 }]);
  });

  it("do not ask the network where it is switched off", async () => {
    const answer = await call("POST", "/feeds/load", JSON.stringify({ network: true }));
    expect(answer.status).toBe(409);
    expect(answer.body["detail"]).toContain("switched off");
  });

  it("are closed to strangers", async () => {
    const kept = token;
    token = "";
    expect((await call("GET", "/findings")).status).toBe(401);
    expect((await call("POST", "/feeds/load", trackerOf(2))).status).toBe(401);
    token = kept;
  });
});
