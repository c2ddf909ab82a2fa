import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { ensureSetupSecret } from "../../src/identity/store-setup-secret.ts";
import { addHost, foundHost } from "../../src/inventory/actions.ts";
import { showScan, startScan } from "../../src/inventory/actions-scan.ts";
import { startScanLoop } from "../../src/inventory/loops.ts";
import { everywhere, loadHosts, loadPackageSet } from "../../src/inventory/store.ts";
import { loadScanHosts } from "../../src/inventory/store-scan.ts";
import { closeConnections } from "../../src/reach/connections.ts";
import { startSshd, type TestSshd } from "../../src/reach/sshd-for-tests.ts";
import { allRoutes } from "../../src/server/all-routes.ts";
import { type RunningServer, startServer } from "../../src/server/server.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";
import { canary, hostileNames } from "./hostile-names.ts";

/** What five hundred hostile names get: a reason each, and no place anywhere. */

let made: TestWorld;
let server: RunningServer;
let token: string;

beforeAll(async () => {
  rmSync(canary, { force: true });
  made = await testWorld();
  const secretFile = (await ensureSetupSecret(made.world))!;
  server = await startServer(made.world, allRoutes, { checkReplies: true });
  const secret = readFileSync(secretFile, "utf8").trim();
  const password = "correct horse battery staple";
  const setup = { kind: "setup", secret, handle: "ada", name: "Ada", password };
  const answer = await send("POST", "/api/v1/entrance", setup);
  token = (answer.body as { token: string }).token;
});

afterAll(async () => {
  await server.close();
  await made.close();
  expect(existsSync(canary)).toBe(false);
});

async function send(
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; body: { code?: string; detail?: string } }> {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as object };
}

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const host = (change: object, way: object = {}): object => ({
  name: "web-1",
  labels: {},
  mode: "managed",
  way: { kind: "ssh", user: "root", address: "10.0.0.1", hostKeys: [KEY], ...way },
  ...change,
});

describe("five hundred hostile names", () => {
  /** Labels may hold slashes and dots: they are text, and no path is ever made of them. */
  const isLabel = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
  const places: readonly (readonly [string, (name: string) => object, RegExp])[] = [
    ["a host", (name) => host({ name }), /at body\.name: a host name is lower-case letters/],
    [
      "an address",
      (at) => host({}, { address: at }),
      /at body\.way.*not a host name or IP address/,
    ],
    ["a label", (key) => host({ labels: { [key]: "x" } }), /at body\.labels/],
  ];
  test.each(places)(
    "are refused as the name of %s, each with its place",
    async (what, body, says) => {
      expect(hostileNames).toHaveLength(500);
      const names = hostileNames.filter((name) => what !== "a label" || !isLabel.test(name));
      const wrong: unknown[] = [];
      for (const name of names) {
        const { status, body: said } = await send("POST", "/api/v1/hosts", body(name));
        const detail = said.detail ?? "";
        const isTold = says.test(detail) || /^The body of the request holds /.test(detail);
        const isRight = status === 400 && said.code === "invalid" && isTold && detail.length < 400;
        if (!isRight) wrong.push([JSON.stringify(name).slice(0, 60), status, detail]);
      }
      expect(wrong).toEqual([]);
      expect(await loadHosts(made.world.db, { scopes: everywhere })).toEqual([]);
    },
  );

  test("leave a list of hosts unread as a whole, with a line for each", async () => {
    const names = hostileNames.filter((name) => !name.includes("\0"));
    const text = ["name,address,host_key", ...names.map(csvRow), csvRow("good")].join("\n");
    const { status, body } = await send("POST", "/api/v1/hosts/import", {
      ...{ format: "csv", text, purpose: "apply" },
    });
    const report = body as { added?: number; problems?: { message: string; host: string }[] };
    expect(status).toBe(200);
    expect(report.added).toBe(0);
    expect(report.problems!.length).toBeGreaterThan(400);
    const longest = Math.max(...report.problems!.map((p) => `${p.host}${p.message}`.length));
    expect(longest).toBeLessThan(1_000);
    expect(await loadHosts(made.world.db, { scopes: everywhere })).toEqual([]);
  });

  test("said by a host are counted and named, and what else it says is kept", async () => {
    const plain = hostileNames.filter((name) => !SECTION.test(name));
    const { counts } = await scanOf("liar", plain);
    expect(counts).toMatchObject({ changed: 1, failed: 0 });
    const liar = await foundHost(made.world, "liar", everywhere);
    const set = await loadPackageSet(made.world.db, liar.packageSet ?? "");
    expect(set!.packages.map(({ name }) => name)).toEqual(["bash", "dpkg", "zlib1g"]);
    const { notes, services } = liar.facts!;
    // systemd's own escapes are backslashes; nothing else of a hostile name is one of a unit.
    for (const { unit } of services) expect(unit).toMatch(/^[A-Za-z0-9@:._+\\-]+$/);
    expect(notes).toContainEqual(expect.stringMatching(/^line \d+ cannot be read: pkg /));
    expect(notes).toContainEqual(expect.stringMatching(/^\d{4,} lines could not be read in all$/));
    // Nothing that could move a cursor, or pose as another letter, is left of it.
    expect(JSON.stringify(liar)).toMatch(/^[\x20-\x7e]*$/);
  });

  test("that pose as parts of the protocol end the talk, and nothing of it is believed", async () => {
    const { counts, problems } = await scanOf(
      "poser",
      hostileNames.filter((n) => SECTION.test(n)),
    );
    expect(counts).toMatchObject({ changed: 0, failed: 1 });
    expect(problems).toEqual([
      [
        "protocol",
        expect.stringMatching(/broke the protocol with an unexpected (section|line): @/),
      ],
    ]);
    expect((await foundHost(made.world, "poser", everywhere)).packageSet).toBeNull();
  });
});

/** What a name needs to end the answer it stands in. */
const SECTION = /^@/m;

/** Looks at a host, over a real sshd, whose program gives these names for everything it has. */
async function scanOf(name: string, names: readonly string[]) {
  const { world } = made;
  const sshd = await hostSaying(inspectionWith(names));
  const loop = startScanLoop(world);
  try {
    const way = { ...sshd.target, hostKeys: [...sshd.target.hostKeys], ...installed };
    await addHost(world, systemActor, { name, labels: {}, mode: "managed", way });
    const { id } = await startScan(world, systemActor, { hosts: [name], refresh: "nothing" });
    const shown = async () => await showScan(world, systemActor, id);
    await expect
      .poll(async () => (await shown()).scan.finishedAt, { timeout: 30_000 })
      .not.toBeNull();
    const rows = await loadScanHosts(world.db, id, { scopes: everywhere, afterName: "", limit: 9 });
    const problems = rows.map(({ problemKind, problem }) => [problemKind, problem]);
    return { counts: (await shown()).counts, problems };
  } finally {
    await loop.stop();
    await closeConnections(world.paths.sockets);
    await sshd.close();
  }
}

const installed = { program: "installed" as const, knownHosts: "", fingerprints: [] as string[] };

function csvRow(name: string): string {
  return `"${name.replaceAll('"', '""')}",10.0.0.1,${KEY}`;
}

/** A host whose program answers every inspection with these bytes. */
async function hostSaying(inspection: Buffer): Promise<TestSshd> {
  const { state } = made.world.paths;
  const file = join(state, "said");
  const script = join(state, "liar.sh");
  writeFileSync(file, inspection);
  writeFileSync(script, `printf 'fettle-host 1 ready\\n'; read -r verb; exec cat ${file}\n`);
  return startSshd({ forced: `sh ${script}` });
}

/** A good answer with three packages, and hostile names wherever a name can stand. */
function inspectionWith(names: readonly string[]): Buffer {
  const good = ["bash", "dpkg", "zlib1g"].map((name) => packageLine(name));
  const bad = names.flatMap((name) => [
    ...[packageLine(name), `service ${name} active 1`, `held ${name}`],
    `offer ${[name, "amd64", "2.0", "a".repeat(64), "1", "o", "s", "c", name, "2.0"].join("\t")}`,
  ]);
  const lines = [
    ...["@inspect", "host -", "os debian 12 bookworm", "arch amd64", "kernel 6.1.0-1-amd64"],
    ...[`boot ${"0".repeat(32)}`, "uptime 1", `clock ${Math.floor(Date.now() / 1000)}`],
    ...[...good, ...bad, "@end"],
  ];
  return Buffer.from(`${lines.join("\n")}\n`);
}

function packageLine(name: string): string {
  return `pkg ${[name, "amd64", "1.0", name, "1.0", "installed", "manual"].join("\t")}`;
}
