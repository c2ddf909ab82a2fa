import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, scopesFor, systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { parseSelector } from "../base/labels.ts";
import { closeConnections } from "../reach/connections.ts";
import { parseHostKey } from "../reach/host-key.ts";
import { freePort, startSshd, type TestSshd } from "../reach/sshd-for-tests.ts";
import { addHost, editHost, enrolLocalHost, foundHost, removeHost } from "./actions.ts";
import { importHosts } from "./actions-import.ts";
import { showScan, startScan } from "./actions-scan.ts";
import type { SshInput } from "./host-input.ts";
import { freshState, reachableState } from "./host-states.ts";
import { parseInspection } from "./inspection.ts";
import { startScanLoop } from "./loops.ts";
import type { Host } from "./model.ts";
import { resolveForSets, resolveOnHost } from "./resolve.ts";
import { everywhere, loadHosts, loadOffers, loadPackageSet } from "./store.ts";
import { claimScanHosts, loadScanHosts, type Scan } from "./store-scan.ts";
import { loadWaysIn } from "./store-ways-in.ts";

let made: TestWorld;
let sshd: TestSshd;
beforeAll(async () => {
  made = await testWorld();
  sshd = await startSshd();
});
afterAll(async () => {
  await closeConnections(made.world.paths.sockets);
  await sshd.close();
  await made.close();
});

const admin = systemActor;
const DEAD_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

function operatorOf(scope: string): Actor {
  return {
    ...systemActor,
    kind: "person",
    grants: [{ role: "operator", scope: parseSelector(scope) }],
  };
}

function overSsh(change: Partial<SshInput> = {}): SshInput {
  const { kind, user, address, port, identityFile, program } = sshd.target;
  const hostKeys = [sshd.hostKeys.ed25519];
  const ways = { kind, user, address, port, identityFile, program, hostKeys };
  return { ...ways, knownHosts: "", fingerprints: [], ...change };
}

async function finished(scan: Scan, withinMs = 60_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const shown = await showScan(made.world, admin, scan.id);
    if (shown.scan.finishedAt !== null) return shown.counts;
    if (Date.now() > deadline) throw new Error(`unfinished: ${JSON.stringify(shown.counts)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (cause: unknown) => (cause instanceof Failure ? cause.code : "bug"),
  );
}

/** What dpkg itself says is installed: the oracle. */
function dpkgSays(): readonly string[] {
  const fields = ["db:Status-Status", "Package", "Version", "source:Package", "source:Version"];
  const format = `${fields.map((field) => `\${${field}}`).join(" ")}\n`;
  return execFileSync("dpkg-query", ["-W", "-f", format], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.startsWith("installed "))
    .map((line) => line.slice("installed ".length))
    .sort();
}

async function packagesOf(host: Host): Promise<readonly string[]> {
  const set = await loadPackageSet(made.world.db, host.packageSet ?? "");
  return (set?.packages ?? [])
    .map((p) => `${p.name} ${p.version} ${p.source} ${p.sourceVersion}`)
    .sort();
}

describe("a scan of this machine", () => {
  test("finds locally and over SSH exactly what dpkg has, as one set", async () => {
    const local = await enrolLocalHost(made.world);
    expect((await enrolLocalHost(made.world)).id).toBe(local.id);
    expect(local.mode).toBe("inspect-only");
    const near = await addHost(made.world, admin, {
      name: "near",
      way: overSsh(),
      labels: { env: "test" },
      mode: "managed",
    });
    const loop = startScanLoop(made.world);
    try {
      const counts = await finished(
        await startScan(made.world, admin, { hosts: [local.name, "near"], refresh: "nothing" }),
      );
      expect(counts).toMatchObject({ changed: 2, failed: 0 });
    } finally {
      await loop.stop();
    }
    const [one, two] = [
      await foundHost(made.world, local.id, everywhere),
      await foundHost(made.world, near.id, everywhere),
    ];
    expect(one.packageSet).toBe(two.packageSet);
    // Nobody enrolled it, so what it says of ways in is not signed, and is told as such.
    const ways = await loadWaysIn(made.world.db, two.id);
    expect(ways).toMatchObject({
      proof: "unsigned",
      text: expect.stringMatching(/^fettle ways 1\n/),
    });
    expect(await packagesOf(one)).toEqual(dpkgSays());
    expect(reachableState(one.contact).state).toBe("good");
    expect(freshState(one.contact, made.world.clock()).state).toBe("good");
    expect(one.facts?.bootId).toBe(
      readFileSync("/proc/sys/kernel/random/boot_id", "utf8").replace(/[-\n]/g, ""),
    );
  });

  test("asks apt what an update would really do, once for all like it", async (context) => {
    const host = await foundHost(made.world, "near", everywhere);
    const offers = host.offerSet === null ? null : await loadOffers(made.world.db, host.offerSet);
    const set = await loadPackageSet(made.world.db, host.packageSet ?? "");
    const simulated = execFileSync("apt-get", ["-s", "-q", "upgrade"], { encoding: "utf8" });
    const names = [...simulated.matchAll(/^Inst (\S+) \[\S+\] \((\S+) /gm)];
    const wanted = names
      .map(([, name, version]) => ({ name, version }))
      .flatMap(
        ({ name, version }) => offers?.find((o) => o.name === name && o.version === version) ?? [],
      )
      .at(0);
    if (wanted === undefined || set === null) {
      context.skip("no update is pending on this machine, so apt has nothing to resolve");
      return;
    }
    const want = { name: wanted.name, arch: wanted.arch, version: wanted.version };
    const pair = { packageSet: host.packageSet ?? "", offerSet: host.offerSet ?? "" };
    const answer = await resolveForSets(made.world, pair, [want]);
    if (answer.kind !== "resolved") throw new Error(answer.problem);
    const { moves } = answer.resolution;
    const main = moves.find((move) => move.name === want.name);
    expect(main).toMatchObject({ verb: "upgrade", to: want.version, sha256: wanted.sha256 });
    expect(main?.from).toBe(set.packages.find((p) => p.name === want.name)?.version);
    const said = execFileSync(
      "apt-get",
      [
        ...["-s", "-q", "-o", "APT::Install-Recommends=false", "install"],
        want.arch === "all"
          ? `${want.name}=${want.version}`
          : `${want.name}:${want.arch}=${want.version}`,
      ],
      { encoding: "utf8" },
    );
    const inst = [...said.matchAll(/^Inst (\S+) /gm)].map((match) => match[1]?.split(":")[0]);
    expect(moves.map((move) => move.name).sort()).toEqual(inst.sort());

    await editHost(made.world, admin, "near", { way: overSsh({ port: await freePort() }) });
    const again = await resolveForSets(made.world, pair, [want]);
    expect(again).toEqual(answer);
    await editHost(made.world, admin, "near", { way: overSsh() });
    const missing = { ...want, version: "999:0" };
    const refused = await resolveOnHost(made.world, host, [missing]);
    expect(refused).toMatchObject({ kind: "not-resolved" });
  });
});

describe("a scan of many", () => {
  let mute: Server;
  let port: number;
  beforeAll(async () => {
    mute = createServer(() => undefined);
    port = await new Promise((resolve) => {
      mute.listen(0, "127.0.0.1", () => resolve((mute.address() as { port: number }).port));
    });
  });
  afterAll(() => {
    mute.close();
  });

  test("is not held up by hosts that never answer, and says why for each", async () => {
    const closed = await freePort();
    const odd = [
      ["dead", overSsh({ port: closed })],
      ["mute", overSsh({ port })],
      ["imposter", overSsh({ hostKeys: [DEAD_KEY] })],
    ] as const;
    for (const [name, way] of odd) {
      await addHost(made.world, admin, { name, way, labels: { group: "odd" }, mode: "managed" });
    }
    await addHost(made.world, admin, {
      name: "well",
      way: overSsh(),
      labels: { group: "odd" },
      mode: "managed",
    });
    const loop = startScanLoop(made.world, 2);
    try {
      const scan = await startScan(made.world, admin, {
        selector: "group=odd",
        refresh: "nothing",
      });
      const counts = await finished(scan, 90_000);
      expect(counts).toEqual({ waiting: 0, running: 0, changed: 1, unchanged: 0, failed: 3 });
      const page = { scopes: everywhere, afterName: "", limit: 10 };
      const rows = await loadScanHosts(made.world.db, scan.id, page);
      expect(rows.map((row) => [row.name, row.problemKind])).toEqual([
        ["dead", "unreachable"],
        ["imposter", "host-key-changed"],
        ["mute", "no-answer"],
        ["well", null],
      ]);
      const dead = await foundHost(made.world, "dead", everywhere);
      expect(dead.contact.state).toBe("unreachable");
      expect(freshState(dead.contact, made.world.clock()).label).toBe("never inspected");
    } finally {
      await loop.stop();
    }
  });

  test("goes on after a server was killed, and the late one cannot write", async () => {
    const scan = await startScan(made.world, admin, { hosts: ["well"], refresh: "nothing" });
    // A server that claims with a lease already over is what a killed one looks like.
    const [lost] = await claimScanHosts(made.world.db, 1, -1);
    expect(lost?.scan).toBe(scan.id);
    const loop = startScanLoop(made.world);
    try {
      expect(await finished(scan)).toMatchObject({ unchanged: 1 });
    } finally {
      await loop.stop();
    }
  });

  test("gives its rows back when the server stops in the middle", async () => {
    const scan = await startScan(made.world, admin, { hosts: ["mute"], refresh: "nothing" });
    const loop = startScanLoop(made.world);
    const deadline = Date.now() + 5_000;
    while ((await showScan(made.world, admin, scan.id)).counts.running === 0) {
      if (Date.now() > deadline) throw new Error("never claimed");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await loop.stop();
    expect((await showScan(made.world, admin, scan.id)).counts).toMatchObject({ waiting: 1 });
    expect((await foundHost(made.world, "mute", everywhere)).contact.state).toBe("unreachable");
  });
});

describe("hosts within scopes", () => {
  test("are all that an operator sees, adds, edits and removes", async () => {
    const web = operatorOf("team=web");
    // Earlier tests reached the same machine; as somebody else's host it would not be web's to add.
    for (const host of await loadHosts(made.world.db, { scopes: everywhere })) {
      await removeHost(made.world, admin, host.id);
    }
    const add = (actor: Actor, name: string, labels: Record<string, string>, way = overSsh()) =>
      addHost(made.world, actor, { name, way, labels, mode: "managed" });
    const dead = overSsh({ address: "db-1.test", hostKeys: [DEAD_KEY] });
    expect(await code(add(web, "web-1", { team: "web" }))).toBe("forbidden");
    await add(admin, "web-0", { team: "web" });
    await add(web, "web-1", { team: "web" });
    await removeHost(made.world, admin, "web-0");
    await add(admin, "db-1", { team: "db" }, dead);
    // Neither a name nor a label of one's own makes the machine of others one's own.
    expect(await code(add(web, "mine", { team: "web" }, dead))).toBe("forbidden");
    expect(await code(editHost(made.world, web, "web-1", { way: dead }))).toBe("forbidden");
    const withTheirKey = overSsh({ identityFile: "/root/.ssh/db-team" });
    expect(await code(add(web, "mine", { team: "web" }, withTheirKey))).toBe("forbidden");
    const listed = await importHosts(made.world, web, {
      format: "csv",
      text: `name,address,host_key,labels\nmine,db-1.test,${DEAD_KEY},team=web\n`,
      purpose: "preview",
      defaults: {
        user: "root",
        identityFile: overSsh().identityFile,
        program: "piped",
        mode: "managed",
        labels: {},
        knownHosts: "",
      },
    });
    expect(listed.problems).toMatchObject([{ line: 2, host: "mine" }]);
    expect(await code(add(web, "db-2", { team: "db" }))).toBe("forbidden");
    expect(await code(add(web, "no-label", {}))).toBe("forbidden");
    const seen = await loadHosts(made.world.db, { scopes: scopesFor(web, "host.read") });
    expect(seen.map((host) => host.name)).toEqual(["web-1"]);
    expect(await code(editHost(made.world, web, "db-1", { labels: { team: "web" } }))).toBe(
      "not-found",
    );
    expect(await code(editHost(made.world, web, "web-1", { labels: { team: "db" } }))).toBe(
      "forbidden",
    );
    expect(await code(removeHost(made.world, web, "db-1"))).toBe("not-found");
    // What one may not see is not suggested either.
    const said = (actor: Actor): Promise<string> =>
      foundHost(made.world, "bd-1", scopesFor(actor, "host.read")).then(
        () => "found",
        (cause: unknown) => (cause as Error).message,
      );
    expect(await said(web)).toBe("There is no host bd-1.");
    expect(await said(admin)).toBe("There is no host bd-1. Did you mean db-1?");
    expect(await code(startScan(made.world, web, { hosts: ["db-1"], refresh: "nothing" }))).toBe(
      "not-found",
    );
    const edited = await editHost(made.world, web, "web-1", { labels: { tier: "0" } });
    expect(edited.labels).toEqual({ team: "web", tier: "0" });
    await removeHost(made.world, web, "web-1");
    expect(await code(foundHost(made.world, "web-1", everywhere))).toBe("not-found");
    await add(web, "web-1", { team: "web" });
  });

  test("are not added twice, nor without a pinned key", async () => {
    const host = { name: "once", labels: {}, mode: "managed" } as const;
    await addHost(made.world, admin, { ...host, way: overSsh() });
    expect(await code(addHost(made.world, admin, { ...host, way: overSsh() }))).toBe("conflict");
    const bare = overSsh({ hostKeys: [] });
    expect(await code(addHost(made.world, admin, { ...host, name: "bare", way: bare }))).toBe(
      "invalid",
    );
  });

  test("are added with a fingerprint only when the host shows that very key", async () => {
    const host = { labels: {}, mode: "managed" } as const;
    const right = parseHostKey(sshd.hostKeys.ecdsa)?.fingerprint ?? "";
    const way = overSsh({ hostKeys: [], fingerprints: [right] });
    const added = await addHost(made.world, admin, { ...host, name: "by-print", way });
    expect(added.way).toMatchObject({ hostKeys: [sshd.hostKeys.ecdsa] });
    const wrong = overSsh({
      hostKeys: [],
      fingerprints: [parseHostKey(DEAD_KEY)?.fingerprint ?? ""],
    });
    expect(await code(addHost(made.world, admin, { ...host, name: "wrong", way: wrong }))).toBe(
      "blocked",
    );
  });
});

describe("an import", () => {
  const defaults = {
    user: "root",
    identityFile: null,
    program: "piped",
    mode: "managed",
    labels: {},
    knownHosts: `a ${DEAD_KEY}\nb ${DEAD_KEY}\n`,
  } as const;

  test("adds all or nothing, previews first and leaves what is there", async () => {
    const run = (text: string, purpose: "preview" | "apply") =>
      importHosts(made.world, admin, { format: "csv", text, purpose, defaults });
    const count = async () => (await loadHosts(made.world.db, { scopes: everywhere })).length;
    const before = await count();
    expect(await run("name\na\nb\n", "preview")).toMatchObject({ added: 0, problems: [] });
    const half = await run("name\na\nno-key-known\n", "apply");
    expect(half.added).toBe(0);
    expect(half.problems[0]).toMatchObject({ line: 3, host: "no-key-known" });
    expect(await count()).toBe(before);
    expect((await run("name\na\nb\n", "apply")).added).toBe(2);
    const again = await run("name\na\nb\n", "apply");
    expect(again).toMatchObject({ added: 0, problems: [] });
    expect(again.hosts.every((host) => !host.isNew)).toBe(true);
  });
});

const STATUS = "../shared/feeds/debian/dpkg-status";

describe("a machine with hundreds of packages", () => {
  test.skipIf(!existsSync(STATUS))("is parsed in milliseconds", () => {
    const stanzas = readFileSync(STATUS, "utf8").split("\n\n");
    const field = (stanza: string, name: string) =>
      new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
    const lines = stanzas.flatMap((stanza) => {
      if (!(field(stanza, "Status") ?? "").endsWith(" installed")) return [];
      const [name, arch, version] = ["Package", "Architecture", "Version"].map((f) =>
        field(stanza, f),
      );
      const source = /^(\S+)(?: \((\S+)\))?$/.exec(field(stanza, "Source") ?? name ?? "");
      const row = [name, arch, version, source?.[1], source?.[2] ?? version, "installed", "auto"];
      return [`pkg ${row.join("\t")}`];
    });
    const head = ["os debian 12 bookworm", "arch amd64", "kernel 6", `boot ${"0".repeat(32)}`];
    const started = performance.now();
    const result = parseInspection([...head, ...lines]);
    const took = performance.now() - started;
    if (result.kind !== "inspection") throw new Error(result.problem);
    expect(result.inspection.badLineCount).toBe(0);
    expect(result.inspection.packages.length).toBe(lines.length);
    expect(lines.length).toBeGreaterThan(500);
    expect(took).toBeLessThan(500);
  });
});
