import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { keysMade } from "../../src/rollout/actions-results.ts";
import {
  aRoot,
  bodyOf,
  dropFixture,
  type Fixture,
  inTurns,
  makeFixture,
  move,
} from "./apply-fixture.ts";
import { command, missingForRoots, must, PLAIN, type Root } from "./apply-root.ts";
import type { Talk } from "./apply-server.ts";

/** What a checked job does to a real Debian root (host protocol §6 step 16 and §7). */

const missing = missingForRoots();
if (missing !== null) console.warn(`The tests of applying on real roots are skipped: ${missing}.`);

const states = (talk: Talk): string[] =>
  talk.journal.map((line) => line.split(" ")[0] ?? "").filter((state) => state !== "NOTE");
const outcome = (talk: Talk): string => {
  const last = talk.results.at(-1);
  return last === undefined ? "no result" : `${last.state} ${last.code}`;
};
const said = (talk: Talk): string => talk.journal.join("\n");

/** Listens as a system log does, until the first line. */
async function systemLog(host: Root): Promise<{ readonly line: Promise<string> }> {
  const listen =
    "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint('ready',flush=True)\nprint(s.recv(4096).decode().rstrip(chr(0)))";
  const child = spawn("python3", ["-c", listen, host.at("dev/log")], { stdio: "pipe" });
  let said = "";
  child.stdout.on("data", (part: Buffer) => {
    said += part.toString("utf8");
  });
  await vi.waitFor(() => expect(said).toBe("ready\n"), { timeout: 10_000 });
  const line = new Promise<string>((resolve) => {
    child.once("close", () => resolve(said.split("\n")[1] ?? ""));
  });
  return { line };
}

describe.skipIf(missing !== null)("a checked job on a real Debian root", () => {
  let fixture: Fixture;
  let root: Root;
  const open: Root[] = [];
  const fresh = async (): Promise<Root> => {
    root = await aRoot(fixture);
    open.push(root);
    return root;
  };
  const upgradeWeb = (to: string): string[] =>
    bodyOf(fixture, [
      ...(to === "2.0" ? [["libdemo", "1.0", "2.0"] as [string, string, string]] : []),
      ["demo-web", "1.0", to],
      "restart demo-web",
      "probe web",
    ]);

  beforeAll(async () => {
    fixture = await makeFixture();
  }, 300_000);
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  afterAll(async () => {
    if (fixture !== undefined) await dropFixture(fixture);
  });

  test("a whole transaction with its dependency is applied, restarted and probed, then done", async () => {
    const host = await fresh();
    const log = await systemLog(host);
    const talk = await fixture.server.apply(host, fixture.server.job(upgradeWeb("2.0")));
    expect(outcome(talk), said(talk)).toBe("done -");
    // The one line that leads from the host's own log to the change and its case.
    expect(await log.line).toMatch(
      /^<37>.*fettle: change=\S+ plan=[0-9a-f]{64} host=\S+ index=0 attempt=1 kind=\S+ state=done code=-$/,
    );
    expect(states(talk)).toEqual([
      "RECEIVED",
      "STAGED",
      "SNAPSHOT",
      "APPLYING",
      "APPLIED",
      "APPLYING",
      "APPLIED",
      "VERIFYING",
      "APPLIED",
      "VERIFYING",
      "DONE",
    ]);
    expect(await host.installed("demo-web")).toBe("2.0 installed");
    expect(await host.installed("libdemo")).toBe("2.0 installed");
    // The mark is part of what was there before: nobody asked for libdemo itself.
    expect((await host.sh("apt-mark showauto")).split("\n")).toContain("libdemo");
    expect(host.read("var/log/effects")).toBe("libdemo 2.0 configure\ndemo-web 2.0 configure\n");
  });

  test("§3: installed already at TO everywhere is a noop and asks for no permit", async () => {
    const host = await fresh();
    await fixture.server.apply(host, fixture.server.job(upgradeWeb("2.0")));
    const again = await fixture.server.apply(host, fixture.server.job(upgradeWeb("2.0")));
    expect(outcome(again), said(again)).toBe("noop -");
    expect(again.asks).toEqual([]);
    expect(host.read("var/log/effects").split("\n")).toHaveLength(3);
  });

  test("§6.16: a plan whose dry run needs more than the body lists is E_PLAN_DRIFT", async () => {
    const host = await fresh();
    for (const body of [
      bodyOf(fixture, [["demo-need", "1.0", "2.0"]]),
      // demo-web 1.0 would have to go, and nobody approved that.
      bodyOf(fixture, [["libdemo", "1.0", "2.0"]]),
    ]) {
      const talk = await fixture.server.apply(host, fixture.server.job(body));
      expect(outcome(talk), said(talk)).toBe("refused E_PLAN_DRIFT");
      expect(talk.asks).toEqual([]);
    }
    expect(await host.installed("demo-web")).toBe("1.0 installed");
    expect(host.read("var/log/effects")).toBe("");
  });

  test("packages come in the transactions that the body says, one after the other", async () => {
    const host = await fresh();
    const web: [string, string, string][] = [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
    ];
    const body = inTurns(bodyOf(fixture, [["demo-many", "1.0", "2.0"], ...web, "probe web"]), 2);
    const job = fixture.server.job(body);
    const talk = await fixture.server.apply(host, job);
    expect(outcome(talk), said(talk)).toBe("done -");
    // One permit for both.
    expect(talk.asks).toEqual(["apply"]);
    expect(said(talk)).toMatch(
      /APPLYING .*step=1 last=1 verb=packages(.*\n)*APPLIED .*step=1 last=1(.*\n)*APPLYING .*step=2 last=3 verb=packages(.*\n)*APPLIED .*step=2 last=3/,
    );
    expect(host.read("var/log/effects")).toBe(
      "demo-many 2.0 configure\nlibdemo 2.0 configure\ndemo-web 2.0 configure\n",
    );
    const runs = host.read("var/log/apt/history.log").split("Start-Date").slice(-2);
    expect(runs.map((run) => run.match(/(?<=\b)(libdemo|demo-\w+)(?=:\w+ \()/g)?.sort())).toEqual([
      ["demo-many"],
      ["demo-web", "libdemo"],
    ]);
    // The way back is one transaction.
    const back = await fixture.server.revert(host, job);
    expect(outcome(back), said(back)).toBe("rolled-back -");
    for (const name of ["demo-many", "libdemo", "demo-web"])
      expect(await host.installed(name)).toBe("1.0 installed");
  });

  test("transactions that cannot stand by themselves are E_PLAN_DRIFT before anything changes", async () => {
    const host = await fresh();
    const web: [string, string, string][] = [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
    ];
    const talk = await fixture.server.apply(
      host,
      fixture.server.job(inTurns(bodyOf(fixture, web), 2)),
    );
    expect(outcome(talk), said(talk)).toBe("refused E_PLAN_DRIFT");
    expect(said(talk)).toContain("of the transaction that ends with step 1");
    expect(host.read("var/log/effects")).toBe("");
  });

  test("a transaction that fails takes those before it back as well", async () => {
    const host = await fresh();
    const moves: [string, string, string][] = [
      ["demo-many", "1.0", "2.0"],
      ["demo-kill", "1.0", "2.0"],
      ["demo-bad", "1.0", "2.0"],
    ];
    const body = inTurns(bodyOf(fixture, moves), 2, 3);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_STEP");
    for (const [name] of moves) expect(await host.installed(name)).toBe("1.0 installed");
    expect(host.read("var/log/effects")).toMatch(
      /^demo-many 2.0 configure\ndemo-kill 2.0 configure\n/,
    );
    expect(await host.sh("dpkg --audit")).toBe("");
  });

  test("§3: installed must be FROM or TO, and a lower version needs the verb downgrade", async () => {
    const host = await fresh();
    await host.sh("dpkg -i /srv/repo/demo-kill_2.0_amd64.deb >/dev/null");
    const sha = move(fixture, "demo-kill", "2.0", "1.0").split(" ").at(-1);
    const cases = [
      [[`step 1 upgrade demo-kill amd64 1.5 1.0 ${sha}`], "refused E_ROLLBACK"],
      [[`step 1 upgrade demo-kill amd64 0.5 1.0 ${sha}`], "refused E_ROLLBACK"],
      [[`step 1 upgrade demo-kill amd64 1.5 3.0 ${sha}`], "refused E_PLAN_DRIFT"],
      [[`step 1 downgrade demo-kill amd64 2.0 1.0 ${sha}`], "done -"],
    ] as const;
    for (const [body, expected] of cases) {
      const talk = await fixture.server.apply(host, fixture.server.job(body));
      expect(outcome(talk), said(talk)).toBe(expected);
    }
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
  });

  test("§6.16: a file with another digest is E_TARGET, a missing undo file E_SNAPSHOT", async () => {
    const host = await fresh();
    const wrong = "0".repeat(64);
    const target = await fixture.server.apply(
      host,
      fixture.server.job([`step 1 upgrade demo-kill amd64 1.0 2.0 ${wrong}`]),
    );
    expect(outcome(target), said(target)).toBe("refused E_TARGET");
    const way = await fixture.server.apply(
      host,
      fixture.server.job([
        `step 1 ${move(fixture, "demo-kill", "1.0", "2.0")}`,
        `undo 1 downgrade demo-kill amd64 2.0 0.9 ${wrong}`,
      ]),
    );
    expect(outcome(way), said(way)).toBe("refused E_SNAPSHOT");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
  });

  test("§6.16: an unauthenticated source is E_REPO, lists past their Valid-Until are E_STALE", async () => {
    const host = await fresh();
    const job = (): ReturnType<typeof fixture.server.job> => fixture.server.job(upgradeWeb("2.0"));
    const source = host.read("etc/apt/sources.list.d/demo.list");
    host.write("etc/apt/sources.list.d/demo.list", source.replace("[", "[trusted=yes "));
    const open = await fixture.server.apply(host, job());
    expect(outcome(open), said(open)).toBe("refused E_REPO");
    host.write("etc/apt/sources.list.d/demo.list", source);
    await host.sh("rm -f /var/lib/apt/lists/*_* && mv /srv/repo /srv/gone");
    const none = await fixture.server.apply(host, job());
    expect(outcome(none), said(none)).toBe("refused E_STALE");
    const inspected = await fixture.server.inspect(host, "inspect");
    expect(inspected.lines.find((line) => line.startsWith("lists "))).toMatch(/^lists none 0 /);
  });

  test("§6.16: somebody else's package lock is E_LOCK with the holder's name", async () => {
    const host = await fresh();
    host.write("etc/fettle/limits", "ask 3\nlock 1\n");
    const holder = command(
      [
        "chroot",
        host.path,
        "apt-get",
        "-o",
        "DPkg::Pre-Invoke::=touch /held; sleep 4",
        "-y",
        "install",
        "demo-kill",
      ],
      { env: PLAIN },
    );
    await waitFor(() => existsSync(host.at("held")));
    const talk = await fixture.server.apply(host, fixture.server.job(upgradeWeb("2.0")));
    expect(outcome(talk), said(talk)).toBe("refused E_LOCK");
    expect(said(talk)).toMatch(/pid=\d+ program=apt-get/);
    await holder;
  });

  test("§6.16: too little space for the files is E_DISK and says where", async () => {
    const host = await fresh();
    await host.sh("cp -a /var/lib/fettle /root/state");
    await must(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "x", host.at("var/lib/fettle")]);
    await host.sh("cp -a /root/state/. /var/lib/fettle/");
    const talk = await fixture.server.apply(host, fixture.server.job(upgradeWeb("2.0")));
    expect(outcome(talk), said(talk)).toBe("refused E_DISK");
    expect(said(talk)).toMatch(/mount=\/var\/lib\/fettle free_kb=\d+ need_kb=\d+/);
  });

  test("§7: a package whose script fails is taken back to the exact versions", async () => {
    const host = await fresh();
    const body = bodyOf(fixture, [
      ["demo-bad", "1.0", "2.0"],
      ["demo-kill", "1.0", "2.0"],
    ]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_STEP");
    expect(said(talk)).toMatch(/ROLLED_BACK .*failed=1/);
    expect(talk.asks).toEqual(["apply"]);
    expect(await host.installed("demo-bad")).toBe("1.0 installed");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
    expect(await host.sh("dpkg --audit")).toBe("");
  });

  test("§7.6: a service that answers 500 fails its probe and is rolled back without a permit", async () => {
    const host = await fresh();
    const talk = await fixture.server.apply(host, fixture.server.job(upgradeWeb("3.0")));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_PROBE");
    expect(said(talk)).toContain("gave 500, expected 200");
    expect(said(talk)).toMatch(/ROLLED_BACK .* note=probe web failed: .*gave 500, expected 200/);
    expect(talk.asks).toEqual(["apply"]);
    expect(await host.installed("demo-web")).toBe("1.0 installed");
    expect(await host.sh("/etc/init.d/demo-web status && echo runs")).toBe("runs\n");
  });

  test("a script that hangs is stopped at the limit and rolled back", async () => {
    const host = await fresh();
    host.write("etc/fettle/limits", "packages 3\nask 3\n");
    const body = bodyOf(fixture, [["demo-slow", "1.0", "2.0"]]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_LIMIT");
    expect(await host.installed("demo-slow")).toBe("1.0 installed");
  });

  test("a changed conffile stays, a debconf question and a read from the terminal do not wait", async () => {
    const host = await fresh();
    host.write("etc/demo-conf.conf", "colour = mine\n");
    const body = bodyOf(fixture, [["demo-conf", "1.0", "2.0"]]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(host.read("etc/demo-conf.conf")).toBe("colour = mine\n");
    expect(host.read("var/log/demo-conf")).toContain("end of input");
  });

  test("a body without a way back that fails says so and claims no rollback", async () => {
    const host = await fresh();
    const talk = await fixture.server.apply(
      host,
      fixture.server.job([`step 1 ${move(fixture, "demo-bad", "1.0", "2.0")}`]),
    );
    expect(outcome(talk), said(talk)).toBe("failed E_STEP");
    expect(said(talk)).toContain("no undo in the body for step 1");
  });

  test("install, remove, hold and a hook do what they say, and undo takes them back in one go", async () => {
    const host = await fresh();
    const hook = "#!/bin/sh\necho hook >>/var/log/effects\nenv | sort >/run/hook\n";
    host.write("etc/fettle/hooks.d/good", hook, 0o755);
    host.write("etc/fettle/hooks.d/bad", "#!/bin/sh\nexit 3\n", 0o755);
    const packages: [string, string, string][] = [
      ["demo-new", "-", "1.0"],
      ["demo-need", "1.0", "2.0"],
      ["demo-kill", "1.0", "-"],
    ];
    const bad = bodyOf(fixture, [...packages, "run good", "run bad"]);
    // A drain that fails stands before the packages, and they are not touched; half of it is taken back.
    const drain = bodyOf(fixture, ["run bad", ["demo-kill", "1.0", "2.0"]]);
    drain.splice(2, 0, "undo 1 run good");
    const stopped = await fixture.server.apply(host, fixture.server.job(drain));
    expect(outcome(stopped), said(stopped)).toBe("rolled-back E_STEP");
    expect(host.read("var/log/effects")).toBe("hook\n");
    const failed = await fixture.server.apply(host, fixture.server.job(bad));
    expect(outcome(failed), said(failed)).toBe("rolled-back E_STEP");
    expect(await host.installed("demo-new")).toBe("-");
    expect(await host.installed("demo-need")).toBe("1.0 installed");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
    const good = await fixture.server.apply(
      host,
      fixture.server.job(bodyOf(fixture, [...packages, "run good", "hold demo-need"])),
    );
    expect(outcome(good), said(good)).toBe("done -");
    expect(await host.installed("demo-kill")).not.toContain("installed");
    expect(await host.sh("apt-mark showhold")).toBe("demo-need\n");
    expect(host.read("var/log/effects").match(/^hook$/gm)).toHaveLength(3);
    const names = host.read("run/hook").replace(/=.*$/gm, "").trim().split("\n");
    const own = ["FETTLE_CHANGE", "FETTLE_HOST", "FETTLE_PLAN", "HOME", "LC_ALL", "PATH"];
    expect(names.filter((name) => !/^(PWD|SHLVL|_)$/.test(name))).toEqual([...own, "TERM"]);
  });

  test("D13 a hook makes keys anew, the last word says which, and one that stays takes the job back", async () => {
    const host = await fresh();
    const hook =
      "#!/bin/sh\n[ -e /run/lazy ] || for f in a b; do date +%s.%N >/etc/demo-$f.pub; done\n";
    host.write("etc/fettle/hooks.d/new-key", hook, 0o755);
    host.write("etc/fettle/keys.d/new-key", "/etc/demo-a.pub\n/etc/demo-b.pub\n");
    host.write("etc/demo-b.pub", "weak\n");
    const run = (...steps: Parameters<typeof bodyOf>[1]) => {
      const both: [string, string, string][] = ["libdemo", "demo-web"].map((name) => [
        name,
        "1.0",
        "2.0",
      ]);
      const body = bodyOf(fixture, [...both, "run new-key", ...steps]);
      return fixture.server.apply(host, fixture.server.job(body));
    };
    // What stays as it was was made by the broken library.
    host.write("run/lazy", "");
    const lazy = await run();
    expect(outcome(lazy), said(lazy)).toBe("rolled-back E_STEP");
    expect(said(lazy)).toContain("note=the hook made no new key");
    expect(await host.installed("libdemo")).toBe("1.0 installed");
    // Whatever is not a path of root's is told before anything changes.
    for (const text of ["", "demo.pub\n", "/etc/a b\n", "/etc/$(id)\n"]) {
      host.write("etc/fettle/keys.d/new-key", text);
      expect(outcome(await run())).toBe("refused E_POLICY");
    }
    host.write("etc/fettle/keys.d/new-key", "/etc/demo-a.pub\n/etc/demo-b.pub\n");
    await host.sh("rm /run/lazy");
    const talk = await run("restart demo-web");
    expect(outcome(talk), said(talk)).toBe("done -");
    const last = talk.journal.at(-1) ?? "";
    const sum = (text: string) => createHash("sha256").update(text).digest("hex");
    const [a, b] = [host.read("etc/demo-a.pub"), host.read("etc/demo-b.pub")].map(sum);
    const keys = `/etc/demo-a.pub:none:${a},/etc/demo-b.pub:${sum("weak\n")}:${b}`;
    expect(last).toContain(` keys=${keys}`);
    expect(keysMade(last)).toBe(keys);
  });

  test("a host is drained, patched, restarted and rejoined in this order, and so on the way back", async () => {
    const host = await fresh();
    const tell = (exit: string): string =>
      `#!/bin/sh\necho "\${0##*/} $(dpkg-query -W -f '\${Version}' demo-web)" >>/var/log/effects\n${exit}\n`;
    for (const name of ["out", "in", "look"]) {
      host.write(`etc/fettle/hooks.d/${name}`, tell("exit 0"), 0o755);
    }
    host.write("etc/fettle/probes.d/look", "hook look\ntries 1\n");
    const effects = (): string[] => {
      const lines = host.read("var/log/effects").trim().split("\n");
      host.write("var/log/effects", "");
      return lines.filter((line) => /^(out|in|look) /.test(line));
    };
    type Steps = Parameters<typeof bodyOf>[1];
    const drained = (...between: Steps): string[] => {
      const body = bodyOf(fixture, ["run out", ...between, "run in", "probe look"]);
      const steps = body.filter((line) => line.startsWith("step "));
      const undo = body.filter((line) => line.startsWith("undo "));
      return [...steps, "undo 1 run in", ...undo, `undo ${steps.length - 1} run out`];
    };
    const run = async (...between: Steps): Promise<string> => {
      return outcome(await fixture.server.apply(host, fixture.server.job(drained(...between))));
    };
    const both: Steps = [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
    ];
    // The packages fail: the host serves again, on what it had.
    expect(await run(...both, ["demo-bad", "1.0", "2.0"])).toBe("rolled-back E_STEP");
    expect(effects()).toEqual(["out 1.0", "in 1.0", "look 1.0"]);
    // The probe fails on a host that serves already: it is drained once more before it goes back.
    host.write(
      "etc/fettle/hooks.d/look",
      tell("[ \"$(dpkg-query -W -f '${Version}' demo-web)\" = 1.0 ]"),
      0o755,
    );
    expect(await run(...both)).toBe("rolled-back E_PROBE");
    expect(effects()).toEqual(["out 1.0", "in 2.0", "look 2.0", "out 2.0", "in 1.0", "look 1.0"]);
    // A rejoin that cannot run is told before anything changes.
    await host.sh("chmod -x /etc/fettle/hooks.d/in");
    expect(await run(...both)).toBe("refused E_POLICY");
    expect(effects()).toEqual([]);
    await host.sh("chmod +x /etc/fettle/hooks.d/in");
    const onlyOld = host.read("etc/fettle/hooks.d/look");
    host.write("etc/fettle/hooks.d/look", tell("exit 0"), 0o755);
    const job = fixture.server.job(drained(...both, "restart demo-web"), {
      revert: { kind: "order", seconds: 600 },
    });
    const good = await fixture.server.apply(host, job);
    expect(outcome(good), said(good)).toBe("done -");
    expect(effects()).toEqual(["out 1.0", "in 2.0", "look 2.0"]);
    const back = await fixture.server.revert(host, job);
    expect(outcome(back), said(back)).toBe("rolled-back -");
    expect(effects()).toEqual(["out 2.0", "in 1.0", "look 1.0"]);
    // A host that is not as it was stays out of its traffic.
    host.write("etc/fettle/hooks.d/look", onlyOld, 0o755);
    const stuck = drained(...both).filter((line) => !/^undo [23] /.test(line));
    const left = await fixture.server.apply(host, fixture.server.job(stuck));
    expect(outcome(left), said(left)).toBe("failed E_PROBE");
    expect(effects()).toEqual(["out 1.0", "in 2.0", "look 2.0", "out 2.0", "look 2.0"]);
  });

  test("a hook of the machine's own that stops apt still does, and nothing is changed", async () => {
    const host = await fresh();
    host.write("etc/apt/apt.conf.d/99site", 'DPkg::Pre-Install-Pkgs {"echo site >&2; exit 7";};\n');
    const job = fixture.server.job(bodyOf(fixture, [["demo-kill", "1.0", "2.0"]]));
    const talk = await fixture.server.apply(host, job);
    expect(outcome(talk), said(talk)).toBe("failed E_STEP");
    expect(said(talk)).toContain("nothing was changed");
    expect(host.read("var/lib/fettle/job/output")).toContain("site");
    expect(await host.installed("demo-kill")).toBe("1.0 installed");
  });

  test("hold is respected, and a hook or probe that others may write is not run", async () => {
    const host = await fresh();
    await host.sh("apt-mark hold demo-kill >/dev/null");
    const held = await fixture.server.apply(
      host,
      fixture.server.job(bodyOf(fixture, [["demo-kill", "1.0", "2.0"]])),
    );
    expect(outcome(held), said(held)).toBe("refused E_PLAN_DRIFT");
    host.write("etc/fettle/hooks.d/open", "#!/bin/sh\ntouch /ran\n", 0o755);
    await host.sh("chmod 0777 /etc/fettle/hooks.d/open");
    const hook = await fixture.server.apply(host, fixture.server.job(["step 1 run open"]));
    expect(outcome(hook), said(hook)).toBe("refused E_POLICY");
    expect(existsSync(host.at("ran"))).toBe(false);
  });

  test("what ran before and stays down after the change is never called done", async () => {
    const host = await fresh();
    host.write("etc/fettle/hooks.d/stop", "#!/bin/sh\n/etc/init.d/demo-web stop\n", 0o755);
    host.write("etc/fettle/limits", "settle 1\nask 3\n");
    const body = bodyOf(fixture, [["demo-kill", "1.0", "2.0"], "run stop"]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_SERVICE");
    expect(said(talk)).toContain("ran before and do not run now: demo-web");
    expect(await host.sh("/etc/init.d/demo-web status && echo runs")).toBe("runs\n");
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("the condition did not come true within 15 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
