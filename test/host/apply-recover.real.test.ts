import { existsSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { hostProgram } from "../../src/reach/host-program.ts";
import { aRoot, bodyOf, dropFixture, type Fixture, inTurns, makeFixture } from "./apply-fixture.ts";
import { command, missingForRoots, must, type Root } from "./apply-root.ts";
import type { Talk } from "./apply-server.ts";
import { cutJob, roundsOf } from "./random-kills.ts";

/**
 * kill -9 of the program, apt and dpkg on real Debian roots (host protocol §7.5–7.7). The ground
 * truth is a file that each package's own script writes to: an effect that happened twice or never
 * shows there, whatever the journal says.
 */

const missing = missingForRoots();
if (missing !== null) console.warn(`The tests of recovery on real roots are skipped: ${missing}.`);

const outcome = (talk: Talk): string => {
  const last = talk.results.at(-1);
  return last === undefined ? "no result" : `${last.state} ${last.code}`;
};
const said = (talk: Talk): string => talk.journal.join("\n");

/** Run by the program right after a journal line was written, where the worker may die. */
const KILLING_LINE = `#!/bin/sh
tail -n 1 /var/lib/fettle/job/journal | grep -Eq -f /kill-at || exit 0
rm -f /kill-at
kill -9 "$(cat /var/lib/fettle/job/worker)"
`;
const WRITTEN = /^(?= {4}ring "\$VAR\/bell"\n {4}return 0$)/m;

/** Run by a maintainer script: kills the worker first, then upwards what is named, then the script. */
const killer = (...names: string[]): string => `#!/bin/sh
rm -f "$0"
${names.includes("worker") ? 'kill -9 "$(cat /var/lib/fettle/job/worker)"' : ""}
pid=$PPID
chain=
while [ "$pid" -gt 1 ]; do
  case " ${names.join(" ")} " in *" $(cat /proc/$pid/comm) "*) chain="$pid $chain" ;; esac
  pid=$(awk '$1 == "PPid:" { print $2 }' /proc/$pid/status)
done
${names.includes("dpkg") ? "kill -9 $chain $PPID" : ""}
`;

/** A relay looks after its worker so often; most tests wait for that look. */
const LOOK = /^BELL_WAIT_S=2$/m;

type Finally = TestContext["onTestFinished"];

// Each test has a root of its own, and waits for much of its time.
const concurrent = { concurrent: true } as const;

describe.skipIf(missing !== null)("a host program that is killed", concurrent, () => {
  let fixture: Fixture;

  const fresh = async (onTestFinished: Finally): Promise<Root> => {
    const root = await aRoot(fixture);
    onTestFinished(() => root.close());
    const path = "/tools:/usr/sbin:/usr/bin:/sbin:/bin";
    const program = hostProgram({ path });
    expect(program).toMatch(LOOK);
    expect(program).toMatch(WRITTEN);
    const watched = program
      .replace(LOOK, "BELL_WAIT_S=0.2")
      .replace(WRITTEN, "    [ ! -s /kill-at ] || /tools/killing-line\n");
    root.write("usr/sbin/fettle-host", watched, 0o755);
    root.write("tools/killing-line", KILLING_LINE, 0o755);
    return root;
  };
  const web = (): string[] =>
    bodyOf(fixture, [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
      "restart demo-web",
      "probe web",
    ]);
  const kill = (): string[] =>
    bodyOf(fixture, [
      ["demo-kill", "1.0", "2.0"],
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
    ]);
  const effects = (root: Root): string[] => root.read("var/log/effects").trim().split("\n").sort();

  const count = (root: Root, effect: string): number =>
    effects(root).filter((line) => line === effect).length;

  beforeAll(async () => {
    fixture = await makeFixture();
  }, 300_000);
  afterAll(async () => {
    if (fixture !== undefined) await dropFixture(fixture);
  });

  test.for([
    ["^RECEIVED ", "apply"],
    ["^STAGED ", "apply"],
    ["^SNAPSHOT ", "apply"],
    ["^APPLYING .*verb=packages", "apply"],
    ["^APPLIED .*last=2", "apply"],
    ["^APPLYING .*verb=restart", "apply"],
    ["^APPLIED .*step=3", ""],
    ["^VERIFYING .*probe=web", ""],
    ["^VERIFYING .*packages=", ""],
    ["^DONE ", ""],
  ])(
    "§7.6: after %s it goes on, each effect once, new permit: %s",
    async ([at, permit], { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      host.write("kill-at", `${at}\n`);
      const cut = await fixture.server.apply(host, fixture.server.job(web()));
      expect(cut.results, said(cut)).toEqual([]);
      expect(existsSync(host.at("kill-at"))).toBe(false);
      const talk = await fixture.server.resume(host);
      expect(outcome(talk), said(talk)).toBe("done -");
      expect(talk.asks.join()).toBe(permit);
      expect(effects(host)).toEqual(["demo-web 2.0 configure", "libdemo 2.0 configure"]);
      expect((await host.sh("apt-mark showauto")).split("\n")).toContain("libdemo");
    },
  );

  test.for(["^APPLIED .*step=1 ", "^APPLYING .*step=3 ", "^APPLIED .*step=3 "])(
    "§7.6: after %s of several transactions the next goes on, each effect once",
    async (at, { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      host.write("kill-at", `${at}\n`);
      const names = ["demo-many", "demo-kill", "libdemo", "demo-web"];
      const body = bodyOf(
        fixture,
        names.map((name) => [name, "1.0", "2.0"]),
      );
      const cut = await fixture.server.apply(host, fixture.server.job(inTurns(body, 3)));
      expect(cut.results, said(cut)).toEqual([]);
      const talk = await fixture.server.resume(host);
      expect(outcome(talk), said(talk)).toBe("done -");
      expect(talk.asks.join()).toBe(at.includes("APPLIED .*step=3") ? "" : "apply");
      expect(effects(host)).toEqual(names.map((name) => `${name} 2.0 configure`).sort());
    },
  );

  test.for<[string, string[]]>([
    ["preinst", ["worker"]],
    ["postinst", ["worker"]],
    ["preinst", ["worker", "apt-get", "dpkg"]],
    ["postinst", ["worker", "apt-get", "dpkg"]],
  ])(
    "§7.6: killed in a %s with %s, the same files are installed again without a permit",
    async ([script, names], { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      host.write(`etc/kill-${script}`, killer(...names), 0o755);
      const cut = await fixture.server.apply(host, fixture.server.job(kill()));
      expect(cut.results, said(cut)).toEqual([]);
      const talk = await fixture.server.resume(host);
      expect(outcome(talk), said(talk)).toBe("done -");
      expect(said(talk)).toContain("NOTE");
      expect(effects(host)).toEqual([
        "demo-kill 2.0 configure",
        "demo-web 2.0 configure",
        "libdemo 2.0 configure",
      ]);
      expect(await host.sh("dpkg --audit")).toBe("");
    },
  );

  // Three hosts side by side, each cut off in one job after the other, up and down by turns.
  test.for([1, 2, 3])(
    "§7.6: wherever dpkg, apt or the program are cut off, the host ends whole (%i)",
    { timeout: roundsOf(120_000, 900_000) },
    async (nth, { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      // A power cut would take it along, and nothing would start it here.
      // On a busy machine it may be gone later than the script waits for it.
      await host.sh("/etc/init.d/demo-web stop || /etc/init.d/demo-web stop");
      let at = "1.0";
      for (let round = 0; round < roundsOf(4, 67); round++) {
        const to = at === "1.0" ? "2.0" : "1.0";
        const names = ["demo-kill", "demo-many", "libdemo", "demo-web"];
        host.write("var/log/effects", "");
        const body = bodyOf(
          fixture,
          names.map((name) => [name, at, to]),
        );
        const { cut, last, said } = await cutJob(
          fixture.server,
          host,
          fixture.server.job(nth === 2 ? inTurns(body, 2, 3) : body),
          { seed: nth * 1000 + round, spanMs: 700, manager: ["apt-get", "dpkg"] },
        );
        const state = outcome(last.results.length === 0 ? cut : last);
        // Where everything was killed, the service may have been: nothing of the job starts it again.
        const lostService = said.includes(": everything at") ? "|rolled-back E_SERVICE" : "";
        const ends = new RegExp(`^(done -|rolled-back E_STEP|failed E_STEP${lostService})$`);
        expect(state, said).toMatch(ends);
        // apt died before it did anything.
        if (state.startsWith("failed")) expect(said).toContain("note=nothing was changed");
        const is = state.startsWith("done") ? to : at;
        for (const name of names) expect(await host.installed(name), said).toBe(`${is} installed`);
        expect(await host.sh("dpkg --audit"), said).toBe("");
        expect(await host.installed("demo-hook"), said).toBe("1.0 installed");
        expect(await host.sh("cat /usr/share/demo-many/149"), said).toBe(`${is} 149\n`);
        // dpkg notes that a script ran after it ran: only a package that was cut off in it runs it again.
        const again = names.filter((name) => count(host, `${name} ${is} configure`) !== 1);
        const mended = names.filter(
          (name) => said.includes(`${name}:`) && /note=mending/.test(said),
        );
        if (state.startsWith("done")) expect(mended, said).toEqual(expect.arrayContaining(again));
        at = is;
      }
    },
  );

  test("a trigger of another package that fails is a failure of the job, and ends with it", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("etc/trigger-fails", "2.0\n");
    const body = bodyOf(fixture, [["demo-many", "1.0", "2.0"]]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_STEP");
    expect(said(talk)).toContain("left half-done: demo-hook:all half-configured");
    expect(await host.installed("demo-many")).toBe("1.0 installed");
    expect(await host.sh("dpkg --audit")).toBe("");
  });

  test("§7.6: what was not begun when it died needs a new permit, and is held without one", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("etc/kill-preinst", killer("worker", "apt-get", "dpkg"), 0o755);
    const job = fixture.server.job(kill());
    await fixture.server.apply(host, job);
    const held = await fixture.server.resume(host, { ask: () => "halted by erin" });
    // The half-installed package is whole again either way.
    expect(await host.sh("dpkg --audit")).toBe("");
    expect(outcome(held), said(held)).toBe("held E_PERMIT");
    expect(said(held)).toContain("held: halted by erin");
    const talk = await fixture.server.resume(host);
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(effects(host)).toHaveLength(3);
  });

  test("dpkg killed under a living program is taken back to the exact versions", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("etc/kill-preinst", killer("dpkg"), 0o755);
    const talk = await fixture.server.apply(host, fixture.server.job(kill()));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_STEP");
    for (const name of ["demo-kill", "libdemo", "demo-web"]) {
      expect(await host.installed(name)).toBe("1.0 installed");
    }
    expect(await host.sh("dpkg --audit")).toBe("");
  });

  test("§7.6: a rollback that is killed goes on, and is never begun a second time", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("kill-at", "^APPLYING .*undo=\n");
    const body = bodyOf(fixture, [["demo-web", "1.0", "3.0"], "restart demo-web", "probe web"]);
    await fixture.server.apply(host, fixture.server.job(body));
    const talk = await fixture.server.resume(host);
    expect(outcome(talk), said(talk)).toBe("rolled-back E_PROBE");
    expect(talk.asks).toEqual([]);
    expect(await host.installed("demo-web")).toBe("1.0 installed");
    const again = await fixture.server.resume(host);
    expect(again.results).toEqual([]);
    expect(again.lines.at(-1)).toBe("@idle");
  });

  test("a journal line torn by a power cut is marked and believed by nobody", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("kill-at", "^SNAPSHOT \n");
    await fixture.server.apply(host, fixture.server.job(web()));
    writeFileSync(host.at("var/lib/fettle/job/journal"), "APPLIED at=1 up=1 step=1", { flag: "a" });
    const talk = await fixture.server.resume(host);
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(host.read("var/lib/fettle/job/journal")).toContain("\nAPPLIED at=1 up=1 step=1 ~torn\n");
    expect(effects(host)).toHaveLength(2);
  });

  test("§7.2: a permit that comes too late starts nothing; after three tries the job is held", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const late = await fixture.server.apply(host, fixture.server.job(web()), {
      ttl: 1,
      delay: 1.2,
    });
    expect(outcome(late), said(late)).toBe("held E_PERMIT");
    expect(late.asks).toEqual(["apply", "apply", "apply"]);
    expect(said(late).match(/NOT_STARTED/g)).toHaveLength(3);
    expect(host.read("var/log/effects")).toBe("");
    const refused = await fixture.server.apply(host, fixture.server.job(web()), {
      ask: () => "window closed",
    });
    expect(outcome(refused), said(refused)).toBe("held E_PERMIT");
    expect(refused.asks).toEqual(["apply"]);
    expect(await host.installed("demo-web")).toBe("1.0 installed");
  });

  test("§7.4: an offline plan starts without a permit", async ({ onTestFinished }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web(), { permit: { kind: "offline" } });
    const talk = await fixture.server.apply(host, job);
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(talk.asks).toEqual([]);
  });

  test("§9: root runs an offline bundle, and the server hears of it later", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web());
    host.write("root/job", job.offline);
    const local = "/usr/sbin/fettle-host local /root/job";
    const ran = await host.sh(`${local} && ls /var/lib/fettle/results; ${local}; echo code $?`);
    expect(ran).toContain(`@accepted ${job.plan} 1`);
    expect(ran).toMatch(/@journal DONE .*\n@ended done -\n\d+\n\d+\.sig\n@refused E_REPLAY /);
    expect(ran).toContain("code 1");
    expect(await host.installed("demo-web")).toBe("2.0 installed");
    // The order that the server sends once it is back is answered with what was done without it.
    const talk = await fixture.server.apply(host, job);
    const told = talk.results.map(({ state, way, attempt }) => `${state} ${way} ${attempt}`);
    expect(talk.asks).toEqual([]);
    expect(told, said(talk)).toEqual(["done local 1"]);
    expect(await host.sh("ls /var/lib/fettle/results")).toBe("");
  });

  test("§7.3, §7.6: each reboot has a permit of its own and happens once", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const bootId = await pretendBoots(host, onTestFinished);
    host.write("tools/reboot", "#!/bin/sh\necho reboot >>/var/log/reboots\n", 0o755);
    await host.sh("ln -sf /tools/reboot /usr/sbin/reboot");
    const body = [...bodyOf(fixture, [["demo-kill", "1.0", "2.0"], "reboot", "probe web"])];
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(talk.asks, said(talk)).toEqual(["apply", "reboot"]);
    expect(said(talk)).toContain(`REBOOTING`);
    bootId("22222222-2222-2222-2222-222222222222");
    const after = await fixture.server.resume(host);
    expect(outcome(after), said(after)).toBe("done -");
    expect(after.asks).toEqual([]);
    expect(host.read("var/log/reboots")).toBe("reboot\n");
    expect(effects(host)).toEqual(["demo-kill 2.0 configure"]);
  });

  test("a worker that wakes in the machine as it goes down orders no second reboot", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const bootId = await pretendBoots(host, onTestFinished);
    host.write("tools/reboot", "#!/bin/sh\necho reboot >>/var/log/reboots\n", 0o755);
    await host.sh("ln -sf /tools/reboot /usr/sbin/reboot");
    const body = [...bodyOf(fixture, [["demo-kill", "1.0", "2.0"], "reboot", "probe web"])];
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(said(talk)).toContain(`REBOOTING`);
    // The same boot still: it asks for a permit of its own, and is told to wait.
    const halted = await fixture.server.resume(host, { ask: () => "halted" });
    expect(outcome(halted), said(halted)).toBe("held E_PERMIT");
    // Another one had its permit, and was cut off before the act.
    const journal = "var/lib/fettle/job/journal";
    const at = Math.floor(Date.now() / 1000);
    host.write(journal, `${host.read(journal)}APPLYING at=${at} up=1 step=2 verb=reboot\n`);
    bootId("22222222-2222-2222-2222-222222222222");
    const after = await fixture.server.resume(host);
    expect(outcome(after), said(after)).toBe("done -");
    expect(after.asks).toEqual([]);
    expect(host.read("var/log/reboots")).toBe("reboot\n");
  });

  test("a machine that boots three times in a row with its job half done is taken back", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const bootId = await pretendBoots(host, onTestFinished);
    host.write("tools/reboot", "#!/bin/sh\nexit 0\n", 0o755);
    await host.sh("ln -sf /tools/reboot /usr/sbin/reboot");
    const body = [...bodyOf(fixture, [["demo-kill", "1.0", "2.0"], "reboot", "probe web"])];
    await fixture.server.apply(host, fixture.server.job(body));
    // Two boots in which a worker woke and the machine went down again before it was done.
    const journal = "var/lib/fettle/job/journal";
    const at = Math.floor(Date.now() / 1000);
    const woke = (digit: string): string =>
      `NOTE at=${at} up=1 boot=${digit.repeat(32)} note=found after REBOOTING: boot\n`;
    host.write(journal, `${host.read(journal)}${woke("2")}${woke("2")}${woke("3")}`);
    bootId("44444444-4444-4444-4444-444444444444");
    const after = await fixture.server.resume(host);
    expect(outcome(after), said(after)).toBe("rolled-back E_BOOT_LOOP");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
  });

  test("§7.3: a halt between upgrade and reboot leaves the reboot held", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("tools/reboot", "#!/bin/sh\necho reboot >>/var/log/reboots\n", 0o755);
    const body = [...bodyOf(fixture, [["demo-kill", "1.0", "2.0"], "reboot"])];
    const talk = await fixture.server.apply(host, fixture.server.job(body), {
      ask: ({ kind }) => (kind === "reboot" ? "halted" : "permit"),
    });
    expect(outcome(talk), said(talk)).toBe("held E_PERMIT");
    expect(said(talk)).toContain("applied, reboot held");
    // Another plan must not take the place of one that is half done.
    const other = await fixture.server.apply(host, fixture.server.job(web()));
    expect(outcome(other), said(other)).toBe("refused E_BUSY");
    expect(host.read("var/log/reboots")).toBe("");
    expect(await host.installed("demo-kill")).toBe("2.0 installed");
  });

  test("§7.7: an ordered revert leads to the snapshot's versions once, with its own permit", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web());
    expect(outcome(await fixture.server.apply(host, job))).toBe("done -");
    const held = await fixture.server.revert(host, job, { ask: () => "frozen" });
    expect(outcome(held), said(held)).toBe("held E_PERMIT");
    expect(await host.installed("demo-web")).toBe("2.0 installed");
    const talk = await fixture.server.revert(host, job);
    expect(outcome(talk), said(talk)).toBe("rolled-back -");
    expect(talk.results.at(-1)?.kind).toBe("revert");
    expect(talk.asks).toEqual(["revert"]);
    expect(await host.installed("demo-web")).toBe("1.0 installed");
    expect(await host.installed("libdemo")).toBe("1.0 installed");
    const twice = await fixture.server.revert(host, job);
    expect(outcome(twice), said(twice)).toMatch(/^refused E_/);
    // What a boot unit calls: nothing is left to say or to do.
    await host.sh("sh /usr/sbin/fettle-host work");
    expect((await fixture.server.resume(host)).results).toEqual([]);
    const forward = await fixture.server.apply(host, job);
    expect(outcome(forward), said(forward)).toMatch(/E_REPLAY$|^rolled-back/);
    expect(await host.installed("demo-web")).toBe("1.0 installed");
  });

  test("§7.7: a revert is bound by the approved time since the host was done", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web(), { revert: { kind: "order", seconds: 600 } });
    expect(outcome(await fixture.server.apply(host, job))).toBe("done -");
    // As if it had been done 601 seconds earlier.
    const journal = host.read("var/lib/fettle/job/journal");
    const earlier = (_: string, at: string): string => `DONE at=${Number(at) - 601}`;
    host.write("var/lib/fettle/job/journal", journal.replace(/^DONE at=(\d+)/m, earlier), 0o600);
    const late = await fixture.server.revert(host, job);
    expect(outcome(late), said(late)).toBe("refused E_PERMIT");
    expect(said(late)).toContain("more than 600 seconds ago");
    expect(late.asks).toEqual([]);
    expect(await host.installed("demo-web")).toBe("2.0 installed");
  });

  test("§7.3: even an offline plan is not reverted without a permit", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web(), { permit: { kind: "offline" } });
    expect(outcome(await fixture.server.apply(host, job))).toBe("done -");
    const held = await fixture.server.revert(host, job, { ask: () => "frozen" });
    expect(outcome(held), said(held)).toBe("held E_PERMIT");
    expect(held.asks).toEqual(["revert"]);
    expect(await host.installed("demo-web")).toBe("2.0 installed");
  });

  test("§7.6: a revert that died before it changed anything asks again", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web());
    expect(outcome(await fixture.server.apply(host, job))).toBe("done -");
    host.write("kill-at", "^APPLYING .*revert=all\n");
    const cut = await fixture.server.revert(host, job);
    expect(outcome(cut), said(cut)).toBe("no result");
    const held = await fixture.server.resume(host, { ask: () => "frozen" });
    expect(outcome(held), said(held)).toBe("held E_PERMIT");
    expect(held.asks).toEqual(["revert"]);
    expect(await host.installed("demo-web")).toBe("2.0 installed");
    const talk = await fixture.server.revert(host, job);
    expect(outcome(talk), said(talk)).toBe("rolled-back -");
    expect(await host.installed("demo-web")).toBe("1.0 installed");
  });

  test("§7.6: a host that was cut off while it was drained is not called untouched", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    for (const name of ["out", "in"]) {
      host.write(`etc/fettle/hooks.d/${name}`, `#!/bin/sh\necho ${name} >>/hooks\n`, 0o755);
    }
    const hooks = (): string => host.read("hooks").trim().split("\n").join(" ");
    const [, ...body] = bodyOf(fixture, ["run out", ["demo-kill", "1.0", "2.0"], "run in"]);
    const steps = ["step 1 run out", ...body.filter((line) => line.startsWith("step "))];
    const undo = ["undo 1 run in", ...body.filter((line) => line.startsWith("undo "))];
    const job = fixture.server.job([...steps, ...undo, "undo 3 run out"]);
    host.write("kill-at", "^APPLYING .*verb=run name=out\n");
    const cut = await fixture.server.apply(host, job);
    expect(outcome(cut), said(cut)).toBe("no result");
    const held = await fixture.server.resume(host, { ask: () => "frozen" });
    expect(outcome(held), said(held)).toBe("held E_PERMIT");
    expect(said(held)).toContain("begun=yes");
    expect(said(held)).not.toContain("NOT_STARTED");
    const done = await fixture.server.resume(host);
    expect(outcome(done), said(done)).toBe("done -");
    expect(hooks()).toBe("out in");
    // The way back has begun with its first hook, so it ends without another permit.
    host.write("kill-at", "^NOTE .*hook=out note=runs on the way back\n");
    expect(outcome(await fixture.server.revert(host, job))).toBe("no result");
    const back = await fixture.server.resume(host, { ask: () => "frozen" });
    expect(outcome(back), said(back)).toBe("rolled-back -");
    expect(hooks()).toBe("out in out in");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
  });

  test("§7.7: a plan with `revert self` is reverted by nobody's order", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const job = fixture.server.job(web(), { revert: { kind: "self" } });
    expect(outcome(await fixture.server.apply(host, job))).toBe("done -");
    const talk = await fixture.server.revert(host, job);
    expect(outcome(talk), said(talk)).toBe("refused E_PERMIT");
    expect(await host.installed("demo-web")).toBe("2.0 installed");
  });

  /** Lets the root see a boot id of its own, as a machine that reboots would. */
  async function pretendBoots(root: Root, onTestFinished: Finally): Promise<(id: string) => void> {
    const file = root.at("var/tmp/pretended-boot-id");
    const set = (id: string): void => writeFileSync(file, `${id}\n`);
    set("11111111-1111-1111-1111-111111111111");
    const at = root.at("proc/sys/kernel/random/boot_id");
    await must(["mount", "--bind", file, at]);
    onTestFinished(async () => {
      await command(["umount", "-l", at]);
    });
    return set;
  }
});
