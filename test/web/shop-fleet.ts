import { sha256 } from "../../src/base/digest.ts";
import { type HostId, newId, type SubjectId } from "../../src/base/ids.ts";
import { HOUR_MS } from "../../src/base/instant.ts";
import type { Labels } from "../../src/base/labels.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { rematch } from "../../src/intel/rematch.ts";
import { loadStarter } from "../../src/intel/starter.ts";
import { parseInspection } from "../../src/inventory/inspection.ts";
import { recordInspection, recordUnreachable } from "../../src/inventory/record-inspection.ts";
import { everywhere, insertHosts, loadHostRefs } from "../../src/inventory/store.ts";

/**
 * A small shop's fleet as its inspections would tell it, with real versions of Debian 12 and the real
 * feeds of the starter snapshot: some hosts are exploited, one is silent, one was never looked at.
 */
type Moved = readonly [name: string, source: string, installed: string, offered: string | null];

const base: readonly Moved[] = [
  ["libc6", "glibc", "2.36-9+deb12u2", "2.36-9+deb12u10"],
  ["libssl3", "openssl", "3.0.11-1~deb12u1", "3.0.17-1~deb12u2"],
  ["openssl", "openssl", "3.0.11-1~deb12u1", "3.0.17-1~deb12u2"],
  ["libcurl4", "curl", "7.88.1-10+deb12u1", "7.88.1-10+deb12u12"],
  ["liblzma5", "xz-utils", "5.4.1-0.2", "5.4.1-1"],
  ["openssh-server", "openssh", "1:9.2p1-2+deb12u1", "1:9.2p1-2+deb12u7"],
];
const web: readonly Moved[] = [
  ["nginx", "nginx", "1.22.1-9", "1.22.1-9+deb12u3"],
  ["libnghttp2-14", "nghttp2", "1.52.0-1", "1.52.0-1+deb12u2"],
];
const patched: readonly Moved[] = base.map(([name, source, installed, offered]) => [
  name,
  source,
  offered ?? installed,
  null,
]);

const NOBODY = "00000000-0000-7000-8000-000000000001" as SubjectId;

interface Told {
  readonly name: string;
  readonly labels: Labels;
  readonly packages: readonly Moved[];
  readonly ageMs?: number;
  readonly reboot?: string;
  /** Whether its inspection told what runs, and of that, what has an old library still. */
  readonly runs?: "installed" | "replaced";
}

const told: readonly Told[] = [
  {
    name: "canary-1",
    labels: { env: "prod", ring: "canary", service: "web" },
    packages: [...base, ...web],
  },
  ...[1, 2, 3, 4, 5, 6].map((n) => ({
    ...(n === 1 ? { runs: "installed" as const } : {}),
    name: `web-${n}`,
    labels: { env: "prod", ring: "1", service: "web", exposure: "public" },
    packages: [...base, ...web],
  })),
  {
    name: "db-1",
    labels: { env: "prod", ring: "2", service: "db", tier: "0", exposure: "internal" },
    packages: base,
    reboot: "yes kernel 6.1.0-37-amd64 is installed",
  },
  { name: "db-2", labels: { env: "prod", ring: "2", service: "db" }, packages: base },
  { name: "build-1", labels: { env: "test", ring: "canary" }, packages: patched },
  { name: "old-1", labels: { env: "test", ring: "1" }, packages: base, ageMs: 80 * HOUR_MS },
  { name: "silent-1", labels: { env: "prod", ring: "2" }, packages: base, ageMs: 30 * HOUR_MS },
];

export async function shopFleet(world: World): Promise<void> {
  await loadStarter(world);
  for (const host of told) await tell(world, host);
  await insert(world, "new-1", { env: "prod" });
  await inTransaction(world.db, async (tx) => {
    const [host] = await loadHostRefs(tx, { scopes: everywhere, names: ["silent-1"] });
    if (host === undefined) throw new Error("silent-1 is missing");
    const problem = "silent-1 did not answer within 10 s. Is it switched on, and port 22 open?";
    const tried = { at: world.clock(), isSilent: true, kind: "silent", problem, actor: NOBODY };
    await recordUnreachable(tx, host, tried);
  });
  await rematch(world);
}

/** Another look at one host: some of its packages have moved since. */
export async function tellAgain(world: World, id: HostId, name: string): Promise<void> {
  await inspect(world, id, { name, labels: {}, packages: patched, runs: "replaced" });
  await rematch(world);
}

async function insert(world: World, name: string, labels: Labels): Promise<HostId> {
  const id = newId<HostId>(world.clock());
  const host = {
    id,
    name,
    labels,
    protocolId: `h-${sha256(name).slice(0, 20)}`,
    mode: "managed" as const,
    way: {
      kind: "ssh" as const,
      user: "root",
      address: "192.0.2.10",
      port: 22,
      identityFile: null,
      hostKeys: [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZVKpYD8zRzfXzPQ1wlpUVMpwEXHBfiVLIEiP0KxOLq",
      ],
      program: "piped" as const,
    },
  };
  await inTransaction(world.db, (tx) => insertHosts(tx, [host], world.clock()));
  return id;
}

async function tell(world: World, host: Told): Promise<void> {
  await inspect(world, await insert(world, host.name, host.labels), host);
}

async function inspect(world: World, id: HostId, host: Told): Promise<void> {
  const seconds = Math.floor(world.clock() / 1000) - 3600;
  const result = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-37-amd64",
    `boot ${"0".repeat(32)}`,
    `reboot ${host.reboot ?? "no"}`,
    `lists ok ${seconds} -`,
    "source http://deb.debian.org/debian bookworm main signed index-signed",
    "source http://security.debian.org/debian-security bookworm-security main signed index-signed",
    "service ssh.service active 402",
    "service nginx.service active 611",
    ...host.packages.map((p) => packageLine(p)),
    ...host.packages.flatMap((p) => offerLines(p)),
    ...(host.runs === undefined ? [] : runtimeLines(host.runs)),
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  const at = world.clock() - (host.ageMs ?? 0);
  await inTransaction(world.db, (tx) =>
    recordInspection(
      tx,
      { id },
      { inspection: result.inspection, observedAt: at, recordedAt: at, actor: NOBODY },
    ),
  );
}

/** A web server with its administrator's door, one port for itself, and a module switched off. */
function runtimeLines(runs: "installed" | "replaced"): readonly string[] {
  const stale = runs === "replaced" ? 3 : 0;
  return [
    "runtime all 14 6 0",
    "used libc6\t0\t14\t0\tcron,nginx,sshd,systemd",
    `used libssl3\t0\t3\t${stale}\tnginx,sshd`,
    "used nginx\t2\t2\t0\tnginx",
    "used openssh-server\t1\t1\t0\tsshd",
    "idle l libcurl4 liblzma5 libnghttp2-14",
    "idle p openssl",
    "listen tcp\t22\tany\topenssh-server\tsshd",
    "listen tcp\t80\tany\tnginx\tnginx",
    "listen tcp\t8081\tloopback\tnginx\tnginx",
    "module nf_tables",
    "module-off sctp install kernel/net/sctp/sctp.ko.xz",
  ];
}

function packageLine([name, source, installed]: Moved): string {
  return `pkg ${[name, "amd64", installed, source, installed, "installed", "auto"].join("\t")}`;
}

function offerLines([name, source, , offered]: Moved): readonly string[] {
  if (offered === null) return [];
  const sha = sha256(`${name} ${offered}`);
  const suite = "bookworm-security";
  return [
    `offer ${[name, "amd64", offered, sha, "1000", "Debian", suite, "main", source, offered].join("\t")}`,
  ];
}
