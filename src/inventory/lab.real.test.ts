import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { NOTHING_PENDING } from "../../lab/model.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { World } from "../db/world.ts";
import { closeConnections } from "../reach/connections.ts";
import { addHost, foundHost } from "./actions.ts";
import { importHosts } from "./actions-import.ts";
import { showScan, startScan } from "./actions-scan.ts";
import { startScanLoop } from "./loops.ts";
import type { Host, Offer } from "./model.ts";
import { resolveForSets } from "./resolve.ts";
import { currentSets, everywhere, loadOffers, loadPackageSet } from "./store.ts";
import { loadHostRuntime } from "./store-runtime.ts";

const isRoot = process.getuid?.() === 0;
const stateDir = join(import.meta.dirname, "../../.fettle/lab");

/** Runs one scan of everything to its end. */
async function scanAll(world: World, refresh: "lists" | "nothing") {
  const loop = startScanLoop(world);
  try {
    const scan = await startScan(world, systemActor, { refresh });
    const deadline = Date.now() + 90_000;
    for (;;) {
      const { scan: now, counts } = await showScan(world, systemActor, scan.id);
      if (now.finishedAt !== null) return counts;
      if (Date.now() > deadline) throw new Error(`unfinished: ${JSON.stringify(counts)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await loop.stop();
  }
}

describe.skipIf(!isRoot)("three real hosts", () => {
  let lab: Lab;
  let made: TestWorld;
  beforeAll(async () => {
    made = await testWorld();
    lab = await startLab({ hosts: 3, stateDir, name: `inventory-${process.pid}` });
  });
  afterAll(async () => {
    await closeConnections(made.world.paths.sockets);
    await lab?.stop();
    await made.close();
  });

  const hostOf = (name: string): Promise<Host> => foundHost(made.world, name, everywhere);

  test("are imported from an Ansible inventory with the keys of a known_hosts file", async () => {
    const [first, ...others] = lab.hosts;
    const ini = [
      "[web]",
      ...others.map((h) => `${h.name} ansible_host=${h.address} ansible_port=${h.port}`),
    ];
    const knownHosts = readFileSync(lab.knownHostsFile, "utf8");
    const report = await importHosts(made.world, systemActor, {
      format: "ansible-ini",
      text: ini.join("\n"),
      purpose: "apply",
      defaults: {
        user: "root",
        identityFile: lab.identityFile,
        program: "piped",
        mode: "managed",
        labels: { env: "prod" },
        knownHosts,
      },
    });
    expect(report).toMatchObject({ problems: [], added: 2 });
    if (first === undefined) throw new Error("the lab has hosts");
    await addHost(made.world, systemActor, {
      name: first.name,
      labels: first.labels,
      mode: "managed",
      way: {
        kind: "ssh",
        user: "root",
        address: first.address,
        port: first.port,
        identityFile: lab.identityFile,
        hostKeys: [first.hostKey],
        knownHosts: "",
        fingerprints: [],
        program: "piped",
      },
    });
  });

  test("share one package set that is what dpkg says, and one offer set", async () => {
    expect(await scanAll(made.world, "nothing")).toMatchObject({ changed: 3, failed: 0 });
    const sets = await currentSets(made.world.db);
    expect(sets).toHaveLength(1);
    expect(sets[0]?.hostCount).toBe(3);
    const [host] = lab.hosts;
    const said = await host?.exec(["dpkg-query", "-W", "-f", `\${Package} \${Version}\n`]);
    const set = await loadPackageSet(made.world.db, sets[0]?.packageSet ?? "");
    const ours = set?.packages.map((p) => `${p.name} ${p.version}`).sort();
    expect(ours).toEqual(said?.stdout.trim().split("\n").sort());
    const facts = (await hostOf(host?.name ?? "")).facts;
    expect(facts?.services.find((s) => s.unit === "nginx")?.state).toBe("active");
    expect(facts?.sources.every((source) => source.isSigned)).toBe(true);
    expect(await scanAll(made.world, "nothing")).toMatchObject({ unchanged: 3 });
  });

  test("have a change resolved once, as their own apt would do it, with the way back", async (context) => {
    const host = await hostOf(lab.hosts[0]?.name ?? "");
    const wanted = await pendingOffer(made.world, host, "openssl");
    if (wanted === null) return context.skip(NOTHING_PENDING);
    const pair = { packageSet: host.packageSet ?? "", offerSet: host.offerSet ?? "" };
    const want = { name: wanted.name, arch: wanted.arch, version: wanted.version };
    const answer = await resolveForSets(made.world, pair, [want]);
    if (answer.kind !== "resolved") throw new Error(answer.problem);
    const { moves, affectedServices } = answer.resolution;
    const apt = await lab.hosts[0]?.exec([
      ...["apt-get", "-s", "-q", "-o", "APT::Install-Recommends=false", "install"],
      `${want.name}:${want.arch}=${want.version}`,
    ]);
    const inst = [...(apt?.stdout.matchAll(/^Inst (\S+) /gm) ?? [])].map(
      (m) => m[1]?.split(":")[0],
    );
    expect(moves.map((move) => move.name).sort()).toEqual(inst.sort());
    expect(moves.find((move) => move.name === "openssl")?.sha256).toBe(wanted.sha256);
    expect(moves.every((move) => move.oldSha256 !== null)).toBe(true);
    if (moves.some((move) => move.name === "libssl3")) {
      expect(affectedServices).toEqual(["nginx", "ssh"]);
    }
    const started = performance.now();
    expect(await resolveForSets(made.world, pair, [want])).toEqual(answer);
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("are unreachable when cut off, and keep what is known of them", async () => {
    const [, , last] = lab.hosts;
    const before = await hostOf(last?.name ?? "");
    await closeConnections(made.world.paths.sockets);
    await last?.cutNetwork();
    try {
      expect(await scanAll(made.world, "nothing")).toMatchObject({ unchanged: 2, failed: 1 });
      const after = await hostOf(last?.name ?? "");
      expect(after.contact.state).toBe("unreachable");
      expect(after.contact.inspectedAt).toBe(before.contact.inspectedAt);
      expect(after.packageSet).toBe(before.packageSet);
    } finally {
      await last?.restoreNetwork();
    }
    expect(await scanAll(made.world, "nothing")).toMatchObject({ failed: 0 });
    expect((await hostOf(last?.name ?? "")).contact.state).toBe("reachable");
  });

  test("tell what runs, where it listens, and what still runs a replaced library", async () => {
    const [first] = lab.hosts;
    if (first === undefined) throw new Error("the lab has hosts");
    const { id } = await hostOf(first.name);
    const before = await loadHostRuntime(made.world.db, id);
    expect(before?.set.isWhole).toBe(true);
    expect(before?.set.used.find(({ name }) => name === "libcrypt1")?.isStale).toBe(false);
    const listen = (address: string, port: number): string =>
      `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "${address}", LocalPort => ${port}, Listen => 1) or die; open(F, ">", "/run/${port}"); sleep 60' </dev/null >/dev/null 2>&1 &`;
    await first.must([
      "sh",
      "-c",
      `${listen("127.0.0.1", 4701)} ${listen("0.0.0.0", 4702)}
       f=$(readlink -f /usr/lib/*/libcrypt.so.1) && cp "$f" "$f.new" && mv "$f.new" "$f"
       n=0; until [ -e /run/4701 ] && [ -e /run/4702 ]; do n=$((n + 1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done`,
    ]);
    await scanAll(made.world, "nothing");
    const after = await loadHostRuntime(made.world.db, id);
    const stale = after?.set.used.filter(({ isStale }) => isStale);
    expect(stale?.map(({ name }) => name)).toEqual(["libcrypt1"]);
    expect(stale?.[0]?.processes).toContain("nginx");
    const perl = { protocol: "tcp", package: "perl-base", process: "perl" };
    const of = (port: number) => after?.set.listening.filter((one) => one.port === port);
    expect(of(4701)).toEqual([{ ...perl, port: 4701, reach: "loopback" }]);
    expect(of(4702)).toEqual([{ ...perl, port: 4702, reach: "any" }]);
    const said = (await first.must(["dpkg", "-S", "/usr/sbin/sshd", "/usr/sbin/nginx"])).split(
      "\n",
    );
    for (const name of said.flatMap((text) => /^([^:,]+)/.exec(text)?.[1] ?? [])) {
      expect(after?.set.used).toContainEqual(expect.objectContaining({ name, isRun: true }));
    }
    // Hosts that run the same share one picture.
    const others = lab.hosts.slice(1);
    const [a, b] = await Promise.all(others.map(async ({ name }) => (await hostOf(name)).id));
    const [one, two] = [await runtimeOf(a), await runtimeOf(b)];
    expect(one).toEqual(two);
  });

  async function runtimeOf(id: Host["id"] | undefined) {
    return id === undefined ? null : (await loadHostRuntime(made.world.db, id))?.set;
  }
});

async function pendingOffer(world: World, host: Host, name: string): Promise<Offer | null> {
  const set = await loadPackageSet(world.db, host.packageSet ?? "");
  const installed = set?.packages.find((p) => p.name === name)?.version;
  const offers = host.offerSet === null ? [] : await loadOffers(world.db, host.offerSet);
  const newer = offers?.filter((o) => o.name === name && o.version !== installed) ?? [];
  return newer.at(-1) ?? null;
}
