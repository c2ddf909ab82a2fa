import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import { effectiveUser } from "../../lab/machine.ts";
import { ask } from "../../src/client/client.ts";
import {
  approve,
  audit,
  type Fleet,
  hostBody,
  installed,
  type Prepared,
  pictureOf,
  prepare,
  showRollout,
  startFleet,
  type Target,
  targetOf,
  targetsOf,
  until,
  whole,
} from "../e2e/fleet.ts";
import { configured } from "../e2e/kill-rounds.ts";
import {
  answerWith,
  breakOtherPackage,
  breakPackage,
  changeHostKey,
  emptyDisk,
  fillBeforeUnpack,
  fillDisk,
  fillWhileFetching,
  holdPackageLock,
  leavePackageLock,
  mendDisk,
  mendPackages,
  moveClock,
  refuseKey,
  shrinkDisk,
  stopAnswering,
  trustKey,
} from "./host-faults.ts";
import { type BadRepositories, makeBadRepositories } from "./repositories.ts";

/**
 * One rollout, and almost every host of it has something wrong: each comes to a named end of its own,
 * with words that say what to do, nothing is changed where the job cannot be done, the healthy hosts
 * are done, and those that are mended follow.
 */
const SOURCE = "lab-good";
const DAY_S = 86_400;
const PACKAGE_FOLDER = `/usr/lib/${SOURCE}`;
const DPKG_FOLDER = "/var/lib/dpkg";

interface Fault {
  readonly name: string;
  /** What the API shows as the target's code. */
  readonly code: string;
  readonly standing: Target["standing"];
  /** Words of the sentence that people read. */
  readonly says: RegExp;
  make(host: LabHost, bad: BadRepositories): Promise<unknown>;
}

const faults: readonly Fault[] = [
  {
    name: "a host that shows another host key",
    code: "host-key-changed",
    standing: "waiting",
    says: /root@\S+ \(port 22\) shows another host key than the one pinned for it, so nothing was sent\. If the host was reinstalled, check the new key's fingerprint on the host itself and pin that; otherwise somebody may be in between/,
    make: changeHostKey,
  },
  {
    name: "a host that refuses the server's key",
    code: "authentication",
    standing: "waiting",
    says: /root@\S+ \(port 22\) refused the login, so nothing was sent\. .* stands in its authorized_keys/,
    make: refuseKey,
  },
  {
    name: "a host whose sshd takes the connection and never says a word",
    code: "no-answer",
    standing: "waiting",
    says: /Something listens at root@\S+ \(port 22\), but it does not answer as an SSH server\. Look on the host's console/,
    make: stopAnswering,
  },
  {
    name: "a host that sends a gigabyte instead of the greeting",
    code: "protocol",
    standing: "waiting",
    says: /broke the protocol with other output where the host program's greeting should be; take away what prints/,
    make: (host) => answerWith(host, "exec head -c 1000000000 /dev/zero"),
  },
  {
    name: "a host with too little space for the job",
    code: "E_DISK",
    standing: "held",
    says: /refused: E_DISK \d+ MB free on \/var\/lib\/fettle, \d+ MB needed; free space there; tries again/,
    make: (host) => shrinkDisk(host, 16),
  },
  {
    name: "a host with no space left at all",
    code: "E_DISK",
    standing: "waiting",
    says: /refused: E_DISK .* could not be written: \/var\/lib\/fettle has 0 KB left; free space there; tries again/,
    make: fillDisk,
  },
  {
    name: "a host whose disk fills up while packages are fetched",
    code: "E_DISK",
    standing: "held",
    says: /refused: E_DISK the disk filled up .*; free space there; tries again/,
    make: fillWhileFetching,
  },
  {
    name: "a host whose disk fills up while a package is unpacked",
    code: "E_DISK",
    standing: "failed",
    says: /failed with E_DISK: nothing was changed: no space left on the device; dpkg: error .*; free space there/,
    make: (host) => fillBeforeUnpack(host, PACKAGE_FOLDER, 1),
  },
  {
    name: "a host where the package manager has no space for its own records",
    code: "E_DISK",
    standing: "failed",
    says: /failed with E_DISK: nothing was changed: no space left on the device; .*; free space there/,
    make: (host) => fillBeforeUnpack(host, DPKG_FOLDER, 40),
  },
  {
    name: "a host whose package manager is held by another run",
    code: "E_LOCK",
    standing: "held",
    says: /refused: E_LOCK held by apt-get \(process \d+\); let the other run of the package manager end, or end it; tries again/,
    make: holdPackageLock,
  },
  {
    name: "a host where the package was unpacked and never configured",
    code: "E_PLAN_DRIFT",
    standing: "failed",
    says: /refused: E_PLAN_DRIFT the package manager left it unpacked \(package lab-good:all, .*mend it there \(dpkg --audit tells\), scan it, plan anew/,
    make: (host) => breakPackage(host, SOURCE),
  },
  {
    name: "a host whose repository no longer has the package",
    code: "E_TARGET",
    standing: "failed",
    says: /refused: E_TARGET no source gives this file \(package lab-good:all, version 2\.0\); look whether the repository still has it/,
    make: (host, bad) => bad.use(host, "gone"),
  },
  {
    name: "a host whose repository's signature has run out",
    code: "E_STALE",
    standing: "held",
    says: /refused: E_STALE package lists: Valid-Until passed 20\S+Z http\S+\/expired lab; see what apt-get update says there; .*tries again/,
    make: (host, bad) => bad.use(host, "expired"),
  },
  {
    name: "a host that trusts a repository without a signature",
    code: "E_REPO",
    standing: "held",
    says: /refused: E_REPO source is not authenticated: http\S+\/lab lab; take Trusted: yes .* out of that entry/,
    make: (host, bad) => bad.trustBlindly(host),
  },
  {
    name: "a host whose clock is a day ahead",
    code: "E_TIME",
    standing: "waiting",
    says: /refused: E_TIME the clock here is 86[34]\d\d s ahead of the server's.* it says 20\S+Z, the order was good until 20\S+Z; compare .* and set the clock that is wrong/,
    make: (host) => moveClock(host, DAY_S),
  },
  {
    name: "a host whose clock is a day behind",
    code: "E_TIME",
    standing: "waiting",
    says: /refused: E_TIME the clock here (is 86[34]\d\d s behind the server's|was set back \d+ s).*set the clock that is wrong/,
    make: (host) => moveClock(host, -DAY_S),
  },
];

const RINGS = `format: fettle-rings 1
name: faults
inventoryAgeMax: 24h
irreversible: no
attempts: 5
permit: online
revert: order 72h
classes:
  normal: { need: 1, validity: 7d }
rings:
  - name: all
    hosts: ring=all
    batch: { size: 100, inFlightMax: 100 }
    soak: 1s
    success: 100%
    failedMax: 100
    opens: always
    onFailure: { rollback: host }
    need: 1
probes:
  - probe: after
    when: ring=all
`;
/** The package's own address is the first argument: apt would read every index to find it. */
const PREPARE = `set -e
curl -sSf -o /tmp/package.deb "$1"
dpkg --install /tmp/package.deb
install -d -m 0755 /etc/fettle /etc/fettle/probes.d /etc/fettle/hooks.d
printf 'hook after\\ntimeout 120\\ntries 1\\n' >/etc/fettle/probes.d/after
printf '#!/bin/sh\\nexit 0\\n' >/etc/fettle/hooks.d/after
chmod 0755 /etc/fettle/hooks.d/after
`;
/** Escapes that would clear a screen and set a title, bytes that are no UTF-8, and a gigabyte. */
const NOISE = `#!/bin/sh
printf '\\033[2J\\033]0;title\\007\\377\\376\\n'
head -c 1000000000 /dev/zero
`;

const OUTPUT_BYTES_MAX = 10_485_760;
const GROWTH_KB_MAX = 256 * 1024;

describe.skipIf(effectiveUser() !== 0)("a rollout over hosts that are in trouble", whole, () => {
  let fleet: Fleet;
  let prepared: Prepared;
  let ref: string;
  let rssBefore: number;
  /** The first hosts of the lab are well; the others have one fault each. */
  const nth = (at: number) => (): LabHost => fleet.lab.hosts[at]!;
  const plain = nth(0);
  const noisy = nth(1);
  const halfBroken = nth(2);
  const WELL = 3;
  const hostOf = (fault: Fault): LabHost => fleet.lab.hosts[WELL + faults.indexOf(fault)]!;
  const faultNamed = (part: string): LabHost =>
    hostOf(faults.find(({ name }) => name.includes(part))!);

  beforeAll(async () => {
    fleet = await startFleet({ name: "faults", hosts: WELL + faults.length, sources: "own" });
    const file = `${fleet.lab.packagesUrl}/lab/pool/${SOURCE}_1.0_all.deb`;
    const script = ["sh", "-c", PREPARE, "sh", file];
    await Promise.all(fleet.lab.hosts.map((host) => host.must(script)));
    await addAll();
    prepared = await prepare(fleet, { source: SOURCE, rings: RINGS });
    await approve(fleet.bob, prepared.change);
    // Everything was well when it was planned and approved.
    const bad = await makeBadRepositories(fleet.lab);
    await noisy().must(["tee", "/etc/fettle/hooks.d/after"], { input: NOISE });
    await breakOtherPackage(halfBroken());
    await Promise.all(faults.map((fault) => fault.make(hostOf(fault), bad)));
    rssBefore = memoryKb("VmRSS");
    writeFileSync(`/proc/${serverPid()}/clear_refs`, "5");
    const body = { change: prepared.change };
    ref = (await ask(fleet.alice.client.POST("/api/v1/rollouts", { body }))).ref;
    await untilSettled();
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test.each(faults)("$name is told apart, with what to do", async (fault) => {
    const target = await targetOf(fleet, ref, hostOf(fault).name);
    expect(target).toMatchObject({ code: fault.code, standing: fault.standing, attempt: 1 });
    expect(target.sentence).toMatch(fault.says);
    expect(target.sentence).not.toMatch(/[\x00-\x1f\x7f-\uffff]/);
    const said = /; tries again (\S+Z)/.exec(target.sentence)?.[1];
    if (said !== undefined && target.retryAt !== null) {
      // The time that people are told is the one that holds.
      expect(Math.abs(Date.parse(said) - Date.parse(target.retryAt))).toBeLessThan(2_000);
    }
  });

  test("none of these hosts was changed", async () => {
    for (const fault of faults) {
      const host = hostOf(fault);
      const effects = (await host.groundTruth()).filter(({ version }) => version === "2.0");
      expect(effects, fault.name).toEqual([]);
      expect(await installed(host, SOURCE), fault.name).toMatch(/^1\.0 (installed|unpacked)$/);
    }
  });

  test("the hosts that are well are done and verified meanwhile", async () => {
    for (const host of [plain(), noisy(), halfBroken()]) {
      expect(await targetOf(fleet, ref, host.name)).toMatchObject({ standing: "verified" });
      expect(await installed(host, SOURCE)).toBe("2.0 installed");
    }
    const rollout = await showRollout(fleet, ref);
    expect(rollout).toMatchObject({ state: "running", outcomes: { verified: WELL } });
  });

  test("another package that is half-configured neither stops the job nor is touched by it", async () => {
    expect(await installed(halfBroken(), "lab-postinst-fails")).toBe("2.0 half-configured");
  });

  test("a gigabyte of output on the host is cut to ten megabytes there", async () => {
    const size = await noisy().must(["stat", "-c", "%s", "/var/lib/fettle/job/output"]);
    expect(Number(size)).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
  });

  test("a gigabyte of output on the way does not fill the server's memory", () => {
    expect(memoryKb("VmHWM") - rssBefore).toBeLessThan(GROWTH_KB_MAX);
  });

  test("hosts that are mended follow, by themselves or after a retry", async () => {
    const silent = [faultNamed("refuses the server's key"), faultNamed("never says a word")];
    const ended = ["too little space", "held by another run", "never configured"].map(faultNamed);
    await trustKey(silent[0]!, fleet.lab.identityFile);
    await silent[1]!.must(["pkill", "-CONT", "-x", "sshd"]);
    await mendDisk(ended[0]!);
    await leavePackageLock(ended[1]!);
    await mendPackages(ended[2]!);
    const filled = [
      ["are fetched", "/var/lib/fettle"],
      ["is unpacked", PACKAGE_FOLDER],
      ["its own records", DPKG_FOLDER],
    ] as const;
    for (const [part, folder] of filled) {
      await emptyDisk(faultNamed(part), folder);
      ended.push(faultNamed(part));
    }
    const body = { hosts: ended.map(({ name }) => name), except: [], reason: "space freed" };
    const params = { path: { rollout: ref } };
    await ask(fleet.alice.client.POST("/api/v1/rollouts/{rollout}/retry", { params, body }));
    await until("the mended hosts to be verified", 90_000, async () => {
      const names = [...silent, ...ended].map(({ name }) => name);
      const targets = (await targetsOf(fleet, ref)).filter(({ name }) => names.includes(name));
      return targets.every(({ standing }) => standing === "verified");
    }).catch(async (cause: unknown) => {
      throw new Error(await pictureOf(fleet, ref), { cause });
    });
    for (const host of [...silent, ...ended]) {
      expect(await installed(host, SOURCE), host.name).toBe("2.0 installed");
      expect(await audit(host), host.name).toBe("");
      const versions = configured(await host.groundTruth(), SOURCE);
      expect(
        versions.filter((version) => version === "2.0"),
        host.name,
      ).toHaveLength(1);
    }
  });

  /** As hosts of one ring, with the lists they came with: nothing is fetched twenty times. */
  async function addAll(): Promise<void> {
    const { client } = fleet.alice;
    await Promise.all(
      fleet.lab.hosts.map(async (host) => {
        const body = { ...hostBody(fleet, host, "piped"), labels: { ring: "all" } };
        await ask(client.POST("/api/v1/hosts", { body }));
        const params = { path: { host: host.name } };
        const enrolment = { rings: RINGS, acceptsNewKey: false };
        await ask(client.POST("/api/v1/hosts/{host}/enrolment", { params, body: enrolment }));
      }),
    );
    const hosts = fleet.lab.hosts.map(({ name }) => name);
    const started = await ask(
      client.POST("/api/v1/scans", { body: { refreshLists: false, hosts } }),
    );
    const params = { path: { scan: started.id } };
    await until("the scan to finish", 120_000, async () => {
      const now = await ask(client.GET("/api/v1/scans/{scan}", { params }));
      return now.finishedAt !== null;
    });
  }

  async function untilSettled(): Promise<void> {
    await until("every host to come to its end", 120_000, async () => {
      const targets = await targetsOf(fleet, ref);
      const at = (name: string): Target | undefined => targets.find((t) => t.name === name);
      const isDone = [plain(), noisy(), halfBroken()].every(
        ({ name }) => at(name)?.standing === "verified",
      );
      return isDone && faults.every((fault) => at(hostOf(fault).name)?.code === fault.code);
    }).catch(async (cause: unknown) => {
      throw new Error(await pictureOf(fleet, ref), { cause });
    });
  }

  function serverPid(): number {
    const text = readFileSync(join(fleet.server.state, "server.json"), "utf8");
    return (JSON.parse(text) as { pid: number }).pid;
  }

  function memoryKb(what: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${serverPid()}/status`, "utf8");
    return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(status)![1]);
  }
});
