import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LabHost } from "../lab/host.ts";
import { addHosts, type Fleet, installed, startFleet } from "../test/e2e/fleet.ts";
import { openCpuAccount } from "./cpu-account.ts";
import { missingPrograms } from "./needs.ts";
import {
  ansible,
  type Contender,
  type Contest,
  contestRings,
  fettle,
  floor,
} from "./ssh-contenders.ts";
import { answers, fiveSteps, onePackage, PACKAGE, writeProbes } from "./ssh-work.ts";

/**
 * How long one small package takes to reach every host of a lab, the update of the package lists
 * included: Fettle from the start of the rollout until every host is verified, beside
 * `ansible-playbook` and two plain apt commands over `parallel-ssh`. They take turns in one run, on
 * the same hosts, put back in between:
 *
 *     node bench/ssh-rollout.ts [--hosts 20] [--rounds 3] [--parallel HOSTS] [--only NAME,NAME]
 *       [--sources own|all] [--steps]
 *
 * `own`: hosts read the lab's small repository alone, so what each contender adds to the work of apt
 * shows most. `all`: Debian's three archives too, as on real hosts; reading those is most of the work.
 * `--steps`: a whole change of five steps (check, stage, apply, restart, probe) in place of the one
 * package, beside Ansible as it comes, tuned, and with Mitogen (Debian's package ansible-mitogen).
 * One JSON line a run, then one a contender with its median, best, and ratio to the others.
 */
const AT_ONCE = 4;

interface Measured {
  readonly contender: string;
  readonly seconds: number;
  /** Processors that the whole machine kept busy meanwhile: hosts and server share it. */
  readonly cores: number;
  /** Processor seconds of hosts, server and contender alone; null where they cannot be told. */
  readonly cpuSeconds: number | null;
  /** When it began, in seconds of the monotonic clock, to find it in a recording of the machine. */
  readonly from: number;
}

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    parallel: { type: "string" },
    only: { type: "string" },
    sources: { type: "string", default: "own" },
    steps: { type: "boolean", default: false },
  },
});
const hosts = Number(values.hosts);
const rounds = Number(values.rounds);
const parallel = Number(values.parallel ?? hosts);
const work = values.steps ? fiveSteps : onePackage;
const setting = { hosts, parallel, sources: values.sources, steps: values.steps };

/** Where Debian's package ansible-mitogen puts its strategies. */
const MITOGEN = "/usr/lib/python3/dist-packages/ansible_mitogen";
const missing = [
  ...missingPrograms(["ansible-playbook", "parallel-ssh"]),
  ...(values.steps && !existsSync(MITOGEN) ? ["ansible-mitogen"] : []),
];
if (missing.length > 0) throw new Error(`install first: ${missing.join(", ")}`);
const account = openCpuAccount();
await bench();
account?.close();

async function bench(): Promise<void> {
  const starting = startFleet({ name: "bench", hosts });
  endWhenTold(starting);
  const fleet = await starting;
  try {
    const contest = { fleet, work, parallel };
    await prepareHosts(contest);
    const contenders = contendersOf(contest).filter(isWanted);
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of contenders) {
        const one = await measure(contest, contender);
        say({ bench: "ssh-rollout", run: round, ...setting, ...one });
        measured.push(one);
      }
    }
    for (const { name } of contenders) say(summary(name, measured));
  } finally {
    await fleet.close();
  }
}

function contendersOf(contest: Contest): readonly Contender[] {
  const ours = [fettle(contest, "refresh"), fettle(contest, "fresh")] as const;
  if (!values.steps) return [floor(contest), ours[0], ansible(contest, "tuned"), ours[1]];
  return [
    ...ours,
    ansible(contest, "tuned"),
    ansible(contest, "mitogen"),
    ansible(contest, "default"),
  ];
}

/** Told to end, also while the fleet is still being made, it leaves no server, database or host behind. */
function endWhenTold(starting: Promise<Fleet>): void {
  const end = (): void => {
    account?.close();
    process.exit(130);
  };
  const stop = (): void => {
    void starting.then((fleet) => fleet.close()).then(end, end);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
}

function isWanted({ name }: Contender): boolean {
  return values.only === undefined || values.only.split(",").includes(name);
}

/** What Ansible's apt module needs, the old package, and a copy of it to go back to. */
async function prepareHosts(contest: Contest): Promise<void> {
  const { hosts: labHosts } = contest.fleet.lab;
  const install = ["apt-get", "-q", "-y", "--no-install-recommends", "install"];
  await inBatches(labHosts, AT_ONCE, async (host) => {
    await host.must(["apt-get", "-q", "update"]);
    await host.must([...install, "python3-apt", ...work.packages.map((name) => `${name}=1.0`)]);
    await host.must(["sh", "-c", `cd /root && apt-get -q download ${PACKAGE}=1.0`]);
    await writeProbes(host, work);
    if (values.sources === "all") return;
    await host.must(["rm", "/etc/apt/sources.list.d/debian.sources"]);
    await host.must(["apt-get", "-q", "update"]);
  });
  await addHosts(contest.fleet, contestRings(contest), { labels: { ring: "ring2" } });
}

/** The old version again, and no file of the new one left where anybody could find it. */
async function putBack(host: LabHost): Promise<void> {
  const text = `dpkg --force-downgrade -i /root/${PACKAGE}_1.0_*.deb && ${work.putBack} &&
    rm -rf /var/cache/apt/archives/*.deb /var/lib/fettle/kept`;
  await host.must(["sh", "-c", text]);
}

async function measure(contest: Contest, contender: Contender): Promise<Measured> {
  const { hosts: labHosts } = contest.fleet.lab;
  await inBatches(labHosts, AT_ONCE, putBack);
  await contender.prepare();
  await contender.forget();
  const busy = busySeconds();
  const cpu = account?.seconds() ?? 0;
  const from = round2(Number(process.hrtime.bigint()) / 1e9);
  const started = performance.now();
  await contender.act();
  const seconds = (performance.now() - started) / 1000;
  const cores = (busySeconds() - busy) / seconds;
  const cpuSeconds = account === null ? null : round2(account.seconds() - cpu);
  await contender.forget();
  for (const host of labHosts) {
    const is = await installed(host, PACKAGE);
    if (is !== "2.0 installed") throw new Error(`${contender.name}: ${host.name} has ${is}`);
    const answer = work.answer === null ? null : await answers(host);
    if (answer !== work.answer) throw new Error(`${contender.name}: ${host.name} says ${answer}`);
  }
  const { name } = contender;
  return { contender: name, seconds: round2(seconds), cores: round2(cores), cpuSeconds, from };
}

/** Of all processes of the machine since its start, in seconds (proc(5), `cpu` without idle). */
function busySeconds(): number {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const ticks = first.split(/ +/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks;
  return (user + nice + system + irq + softirq) / 100;
}

function summary(contender: string, measured: readonly Measured[]): object {
  const mine = medianOf(contender, measured, "seconds");
  const ratio = (other: string): number | null => {
    const theirs = medianOf(other, measured, "seconds");
    return theirs === null || mine === null ? null : round2(mine / theirs);
  };
  const cpuSeconds = medianOf(contender, measured, "cpuSeconds");
  return {
    bench: "ssh-rollout",
    contender,
    ...{ ...setting, runs: rounds, seconds: mine, cpuSeconds },
    ...{ toFloor: ratio("floor"), toAnsible: ratio("ansible") },
  };
}

function medianOf(
  contender: string,
  measured: readonly Measured[],
  what: "seconds" | "cpuSeconds",
): number | null {
  const mine = measured.filter((m) => m.contender === contender).map((m) => m[what] ?? 0);
  return mine.sort((a, b) => a - b)[mine.length >> 1] ?? null;
}

async function inBatches<T>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) {
    await Promise.all(items.slice(at, at + size).map(work));
  }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
