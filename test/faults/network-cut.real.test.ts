import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import { effectiveUser } from "../../lab/machine.ts";
import { ask } from "../../src/client/client.ts";
import {
  addHosts,
  approve,
  type Fleet,
  hasEnded,
  installed,
  pictureOf,
  prepare,
  ringsPolicy,
  startFleet,
  targetsOf,
  until,
  untilRollout,
  whole,
  writeOnHost,
} from "../e2e/fleet.ts";
import { configured, expectGoodEnd, installOld, type Round } from "../e2e/kill-rounds.ts";

/**
 * The network between server and host goes away in the middle of a job, in both directions or in one only,
 * and comes back later. Each host is stopped at its moment by its own package manager or probe, so that
 * the loss begins there and nowhere else. What ran is judged by the packages' own scripts.
 */
const isLong = process.env["FETTLE_TEST_LONG"] === "1";
/** Longer than the thirty seconds after which a dead connection is given up, or well below. */
const LOST_MS = isLong ? 75_000 : 8_000;
const COMES_MS_MAX = 120_000;
const SOURCE = "lab-good";
const REBOOTS = "lab-conffile";

type Way = "to" | "from" | "both";
/** Where the host stands still until it is told to go on. */
type Moment = "fetches" | "has fetched" | "applies" | "probes";
interface Loss {
  readonly moment: Moment;
  readonly way: Way;
  readonly about: string;
}

const losses: readonly Loss[] = [
  { moment: "fetches", way: "from", about: "while packages are fetched" },
  { moment: "has fetched", way: "to", about: "when the permit comes" },
  { moment: "applies", way: "both", about: "while the package manager runs" },
  { moment: "probes", way: "from", about: "when the result is sent" },
  ...(isLong
    ? ([
        { moment: "fetches", way: "to", about: "while packages are fetched" },
        { moment: "has fetched", way: "from", about: "when the permit is asked for" },
        { moment: "applies", way: "to", about: "while the package manager runs" },
        { moment: "applies", way: "from", about: "while the package manager runs" },
        { moment: "probes", way: "to", about: "when the result is acknowledged" },
        { moment: "probes", way: "both", about: "when the result is sent" },
      ] as const)
    : []),
];

/** Once, whatever the job is at: says that it is there, and waits for the word to go on. */
const STOP = `stop() {
  [ ! -e /root/stopped ] || return 0
  : >/root/stopped
  n=0
  while [ ! -e /root/go ] && [ "$n" -lt 600 ]; do sleep 0.1; n=$((n + 1)); done
}
`;

async function stopAt(host: LabHost, moment: Moment): Promise<void> {
  const isProbe = moment === "probes";
  await writeOnHost(host, "/etc/fettle/probes.d/after", "hook after\ntimeout 120\ntries 1\n");
  const probe = `#!/bin/sh\n${STOP}${isProbe ? "stop\n" : ""}exit 0\n`;
  await writeOnHost(host, "/etc/fettle/hooks.d/after", probe);
  await host.must(["chmod", "0755", "/etc/fettle/hooks.d/after"]);
  if (moment === "applies") {
    await host.must(["tee", "/root/stop"], { input: `${STOP}stop\n` });
    const input = 'DPkg::Pre-Invoke { "sh /root/stop"; };\n';
    await host.must(["tee", "/etc/apt/apt.conf.d/99stop"], { input });
  }
  if (moment !== "fetches" && moment !== "has fetched") return;
  const helper = "/usr/lib/apt/apt-helper";
  await host.must(["mv", helper, `${helper}.real`]);
  const input = `#!/bin/sh
${STOP}case " $* " in *" download-file "*) ${moment === "fetches" ? "stop" : ":"} ;; esac
${helper}.real "$@"
ended=$?
case " $* " in *" download-file "*) ${moment === "fetches" ? ":" : "stop"} ;; esac
exit "$ended"
`;
  await host.must(["tee", helper], { input });
  await host.must(["chmod", "0755", helper]);
}

describe.skipIf(effectiveUser() !== 0)("a network that goes away in a job", whole, () => {
  let fleet: Fleet;
  let round: Round;
  const hostOf = (loss: Loss): LabHost => fleet.lab.hosts[losses.indexOf(loss)]!;

  beforeAll(async () => {
    fleet = await startFleet({ name: "cut", hosts: losses.length, sources: "own" });
    await Promise.all(fleet.lab.hosts.map((host) => installOld(host)));
    await addHosts(fleet, ringsPolicy(), { labels: { ring: "ring2" } });
    await Promise.all(losses.map((loss) => stopAt(hostOf(loss), loss.moment)));
    const effectsBefore = new Map<string, number>();
    for (const host of fleet.lab.hosts) {
      effectsBefore.set(host.name, (await host.groundTruth()).length);
    }
    const rings = ringsPolicy({ probes: ["after"], atOnce: losses.length, attempts: 10 });
    const { change, plan } = await prepare(fleet, { source: SOURCE, rings });
    await approve(fleet.bob, change);
    const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body: { change } }));
    round = { rollouts: [{ source: SOURCE, ref }], plans: [plan], effectsBefore };
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("each host loses its network at its own moment, and has it again later", async () => {
    await Promise.all(
      losses.map(async (loss) => {
        const host = hostOf(loss);
        await until(`${host.name} to be there ${loss.about}`, COMES_MS_MAX, async () => {
          return (await host.exec(["test", "-e", "/root/stopped"])).code === 0;
        });
        await (loss.way === "both" ? host.cutNetwork() : host.losePackets(loss.way));
        await host.must(["touch", "/root/go"]);
        await new Promise((resolve) => setTimeout(resolve, LOST_MS));
        await host.restoreNetwork();
      }),
    );
    // What was lost was lost in the middle: nobody had everything behind them.
    const { ref } = round.rollouts[0]!;
    const standings = (await targetsOf(fleet, ref)).map(({ standing }) => standing);
    expect(
      standings.filter((standing) => standing === "verified").length,
      "in the middle",
    ).toBeLessThan(losses.length);
  }, 300_000);

  test("every host ends well by itself, and each package's script has run once", async () => {
    await expectGoodEnd(fleet, round);
  }, 300_000);

  test("hosts that the policy reboots boot once, and are verified by what came back", async () => {
    const before = await Promise.all(fleet.lab.hosts.map((host) => host.bootId()));
    const counted = await Promise.all(fleet.lab.hosts.map((host) => host.groundTruth()));
    const rings = `${ringsPolicy({ atOnce: losses.length, attempts: 10 })}reboots:\n  - after: [${REBOOTS}]\n`;
    const { change } = await prepare(fleet, { source: REBOOTS, rings });
    await approve(fleet.bob, change);
    const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body: { change } }));
    const ended = await untilRollout(fleet, ref, hasEnded, 240_000);
    expect(ended.state, await pictureOf(fleet, ref)).toBe("finished");
    for (const [at, host] of fleet.lab.hosts.entries()) {
      const after = await host.bootId();
      expect(after, host.name).not.toBe(before[at]);
      expect(await installed(host, REBOOTS), host.name).toBe("2.0 installed");
      const effects = (await host.groundTruth()).slice(counted[at]!.length);
      expect(configured(effects, REBOOTS), host.name).toEqual(["2.0"]);
      const journal = await host.must(["cat", "/var/lib/fettle/job/journal"]);
      const boots = new Set([...journal.matchAll(/ boot=([0-9a-f-]+)/g)].map(([, boot]) => boot));
      expect([...boots].sort(), host.name).toEqual(
        [before[at]!, after!].map((boot) => boot.replaceAll("-", "")).sort(),
      );
    }
  }, 300_000);
});
