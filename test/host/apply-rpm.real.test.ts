import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from "vitest";
import { hostProgram } from "../../src/reach/host-program.ts";
import { inTurns } from "./apply-fixture.ts";
import type { Root } from "./apply-root.ts";
import type { Talk } from "./apply-server.ts";
import { cutJob, roundsOf } from "./random-kills.ts";
import {
  anRpmRoot,
  dropRpmFixture,
  makeRpmFixture,
  missingForRpm,
  type RpmFixture,
  type RpmTool,
  rpmBody,
} from "./rpm-fixture.ts";

/** What a checked job does where packages are rpm's, with real dnf, zypper and rpm (host protocol §6 and §7). */

interface Manager {
  readonly by: RpmTool;
  /** What its own processes are called. */
  readonly processes: readonly string[];
  /** Keeps `libdemo` where it is, in the manager's own words. */
  readonly lock: (root: Root) => Promise<unknown>;
  /** Whether it takes a source's index by its signature unless told otherwise. */
  readonly index: "index-signed" | "index-unsigned";
  readonly looseSource: readonly [file: string, text: string];
  /** Shows what the manager itself keeps of a transaction, and what that has to say. */
  readonly history: readonly [command: string, said: string];
  /** Somebody else who is at work with it, for a while. */
  readonly busy: string;
}

const LOOSE = "[loose]\nenabled=1\nbaseurl=file:///srv/repo\ngpgcheck=0\n";
const MANAGERS: readonly Manager[] = [
  {
    by: "dnf",
    processes: ["dnf-3", "python3", "python3.11", "rpm"],
    lock: async (root) =>
      root.write("etc/dnf/plugins/versionlock.list", "# by erin\nlibdemo-0:1.0-1.*\n"),
    index: "index-unsigned",
    looseSource: ["etc/yum.repos.d/loose.repo", LOOSE],
    history: ["dnf-3 -q history list 2>/dev/null | tail -n 1", "Upgrade"],
    busy: "exec rpm -U --oldpackage --replacepkgs /srv/repo/demo-slow-1.0-1.noarch.rpm",
  },
  {
    by: "zypper",
    processes: ["zypper", "rpm"],
    lock: async (root) => root.sh("zypper -n addlock 'libd*'"),
    index: "index-signed",
    looseSource: ["etc/zypp/repos.d/loose.repo", LOOSE],
    history: ["cat /var/log/zypp/history", "|install|demo-web|2.0-1|noarch|"],
    busy: "exec zypper -n install --force demo-slow",
  },
];

const outcome = (talk: Talk): string => {
  const last = talk.results.at(-1);
  return last === undefined ? "no result" : `${last.state} ${last.code}`;
};
const said = (talk: Talk): string => talk.journal.join("\n");
const concurrent = { concurrent: true } as const;

describe.each(MANAGERS)("a checked job on a host of rpm, by $by", concurrent, (manager) => {
  const missing = missingForRpm(manager.by);
  if (missing !== null) {
    test.skip(`the tests of jobs with ${manager.by} are skipped: ${missing}`, () => undefined);
    return;
  }
  let fixture: RpmFixture;
  const fresh = async (onTestFinished: TestContext["onTestFinished"]): Promise<Root> => {
    const program = hostProgram().replace(/^BELL_WAIT_S=2$/m, "BELL_WAIT_S=0.2");
    const root = await anRpmRoot(fixture, program);
    onTestFinished(() => root.close());
    return root;
  };
  const versions = async (root: Root, ...names: string[]): Promise<string> =>
    (await root.sh(`rpm -q --qf '%{NAME} %{VERSION}\\n' ${names.join(" ")} || true`)).trim();
  const web = [
    ["libdemo", "1.0", "2.0"],
    ["demo-web", "1.0", "2.0"],
  ] as const;

  beforeAll(async () => {
    fixture = await makeRpmFixture(manager.by);
  }, 300_000);
  afterAll(async () => {
    if (fixture !== undefined) await dropRpmFixture(fixture);
  });

  test("is resolved, applied from staged files alone, and reverted on order", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const look = await fixture.server.inspect(host, "inspect refresh");
    expect(look.lines).toContain(`source file:///srv/repo demo - signed ${manager.index}`);
    expect(look.lines.find((line) => line.startsWith("lists "))).toMatch(/^lists ok /);
    const [file, loose] = manager.looseSource;
    const told = { "index-signed": "0", "index-unsigned": "1" }[manager.index];
    host.write(file, loose.replace("gpgcheck=0", `gpgcheck=1\nrepo_gpgcheck=${told}`));
    const other = manager.index === "index-signed" ? "index-unsigned" : "index-signed";
    const asked = await fixture.server.inspect(host, "inspect");
    expect(asked.lines).toContain(`source file:///srv/repo loose - signed ${other}`);
    await host.sh(`rm /${file}`);
    const [lib, page] = ["libdemo", "demo-web"].map((name) => {
      const [one, two] = ["1.0", "2.0"].map(
        (version) => fixture.packages.find((p) => p.name === name && p.version === version)?.sha256,
      );
      return { move: `move upgrade ${name} noarch 1.0-1 2.0-1 ${two} `, old: ` ${one}` };
    });
    const offers = look.lines.filter((line) => line.startsWith("offer demo-web\t"));
    expect(offers.map((line) => line.split("\t")[2])).toEqual(["1.0-1", "2.0-1"]);
    const talk = await fixture.server.resolve(host, ["demo-web noarch 2.0-1"]);
    for (const { move, old } of [lib!, page!]) {
      expect(talk.lines.some((line) => line.startsWith(move) && line.endsWith(old))).toBe(true);
    }
    const job = fixture.server.job(rpmBody(fixture, web));
    const done = await fixture.server.apply(host, job);
    expect(outcome(done), said(done)).toBe("done -");
    expect(await versions(host, "libdemo", "demo-web")).toBe("libdemo 2.0\ndemo-web 2.0");
    expect(host.read("var/log/effects")).toBe("libdemo 2.0\ndemo-web 2.0\n");
    expect(await host.sh(manager.history[0])).toContain(manager.history[1]);
    const back = await fixture.server.revert(host, job);
    expect(outcome(back), said(back)).toBe("rolled-back -");
    expect(await versions(host, "libdemo", "demo-web")).toBe("libdemo 1.0\ndemo-web 1.0");
  });

  test("that is not the whole transaction is E_PLAN_DRIFT, and nothing is changed", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    for (const moves of [[web[0]], [web[1]], [["demo-need", "1.0", "2.0"]]] as const) {
      const talk = await fixture.server.apply(host, fixture.server.job(rpmBody(fixture, moves)));
      expect(outcome(talk), said(talk)).toBe("refused E_PLAN_DRIFT");
    }
    expect(existsSync(host.at("var/log/effects"))).toBe(false);
  });

  test("brings packages in the transactions that it says, and none that cannot stand", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const alone = inTurns(rpmBody(fixture, web), 2);
    const drift = await fixture.server.apply(host, fixture.server.job(alone));
    expect(outcome(drift), said(drift)).toBe("refused E_PLAN_DRIFT");
    expect(said(drift)).toContain("of the transaction that ends with step 1");
    expect(existsSync(host.at("var/log/effects"))).toBe(false);
    const many = ["demo-many", "1.0", "2.0"] as const;
    const failing = inTurns(
      rpmBody(fixture, [
        many,
        ["libdemo", "1.0", "2.0"],
        ["demo-web", "1.0", "2.0"],
        ["demo-bad", "1.0", "2.0"],
      ]),
      2,
      4,
    );
    const failed = await fixture.server.apply(host, fixture.server.job(failing));
    expect(outcome(failed), said(failed)).toBe("rolled-back E_STEP");
    expect(await versions(host, "demo-many", "demo-web")).toBe("demo-many 1.0\ndemo-web 1.0");
    host.write("var/log/effects", "");
    const turns = inTurns(rpmBody(fixture, [...web, many]), 3);
    const talk = await fixture.server.apply(host, fixture.server.job(turns));
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(talk.asks).toEqual(["apply"]);
    expect(host.read("var/log/effects")).toBe("libdemo 2.0\ndemo-web 2.0\ndemo-many 2.0\n");
  });

  test("is refused for a package that is locked, and goes no lower without the word", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    await manager.lock(host);
    const held = await fixture.server.apply(host, fixture.server.job(rpmBody(fixture, web)));
    expect(outcome(held), said(held)).toBe("refused E_PLAN_DRIFT");
    expect(said(held)).toContain("the package is on hold");
    const lower = fixture.server.job([
      `step 1 upgrade demo-many noarch 1.0-1 0.5-1 ${"0".repeat(64)}`,
    ]);
    const talk = await fixture.server.apply(host, lower);
    expect(outcome(talk), said(talk)).toBe("refused E_ROLLBACK");
  });

  test("is refused where gpgcheck is off, where a file is unsigned, and where a file is gone", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const unsigned = rpmBody(fixture, [["demo-open", "1.0", "2.0"]]);
    const open = await fixture.server.apply(host, fixture.server.job(unsigned));
    expect(outcome(open), said(open)).toBe("refused E_REPO");
    expect(said(open)).toContain("is not signed by a key of this machine");
    const other = rpmBody(fixture, web).map((line) =>
      line.replace(/[0-9a-f]{64}$/, "0".repeat(64)),
    );
    const gone = await fixture.server.apply(host, fixture.server.job(other));
    expect(outcome(gone), said(gone)).toBe("refused E_TARGET");
    host.write(...manager.looseSource);
    // As the server reads it: it has no components, and nobody signs what it gives.
    const { lines } = await fixture.server.inspect(host, "inspect");
    expect(lines).toContain("source file:///srv/repo loose - unsigned");
    const loose = await fixture.server.apply(host, fixture.server.job(rpmBody(fixture, web)));
    expect(outcome(loose), said(loose)).toBe("refused E_REPO");
    expect(said(loose)).toContain("source is not authenticated: file:///srv/repo loose");
  });

  test("waits for somebody else's run of the package manager, and names who it was", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    host.write("etc/fettle/limits", "lock 1\nask 3\nsettle 5\n");
    const other = host.sh(manager.busy);
    await vi.waitFor(() => expect(host.read("var/log/slow")).toBe("began\n"), { timeout: 20_000 });
    const job = fixture.server.job(rpmBody(fixture, web));
    const talk = await fixture.server.apply(host, job);
    expect(outcome(talk), said(talk)).toBe("refused E_LOCK");
    expect(said(talk)).toMatch(/pid=\d+ program=|locked by/);
    host.write("var/log/slow-end", "");
    await other;
    const done = await fixture.server.apply(host, fixture.server.job(rpmBody(fixture, web)));
    expect(outcome(done), said(done)).toBe("done -");
  });

  test("is taken back to the exact versions when a package's script fails", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const body = rpmBody(fixture, [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
      ["demo-bad", "1.0", "2.0"],
    ]);
    const talk = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(talk), said(talk)).toBe("rolled-back E_STEP");
    const names = ["libdemo", "demo-web", "demo-bad"];
    expect(await versions(host, ...names)).toBe(names.map((name) => `${name} 1.0`).join("\n"));
  });

  test("installs, removes, and puts a kernel beside the one that is there", async ({
    onTestFinished,
  }) => {
    const host = await fresh(onTestFinished);
    const body = rpmBody(fixture, [
      ["demo-new", "-", "1.0"],
      ["demo-need", "1.0", "2.0"],
      ["demo-many", "1.0", "-"],
      ["kernel-core", "-", "2.0"],
    ]);
    const job = fixture.server.job(body);
    const talk = await fixture.server.apply(host, job);
    expect(outcome(talk), said(talk)).toBe("done -");
    expect(await versions(host, "demo-new", "demo-need")).toBe("demo-new 1.0\ndemo-need 2.0");
    expect(await versions(host, "kernel-core")).toBe("kernel-core 1.0\nkernel-core 2.0");
    expect(await versions(host, "demo-many")).toContain("not installed");
    const again = await fixture.server.apply(host, fixture.server.job(body));
    expect(outcome(again), said(again)).toBe("noop -");
    const back = await fixture.server.revert(host, job);
    expect(outcome(back), said(back)).toMatch(
      /^(rolled-back -|refused E_REPLAY|refused E_PERMIT)$/,
    );
  });

  // dnf has rpm in its own process, where a test cannot say at which file it dies.
  const victims = manager.by === "dnf" ? [] : ["zypper and rpm", "the program as well"];
  test.for(victims)(
    "§7.6: files that were half new when %s died are those of the noted version afterwards",
    async (dying, { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      const worker = dying === "zypper and rpm" ? "" : '"$(cat /var/lib/fettle/job/worker)" ';
      await host.sh("mv /usr/bin/rpm /usr/bin/rpm-itself");
      host.write(
        "usr/bin/rpm",
        `#!/bin/sh
case " $* " in
  *" --test "*) ;;
  *" -U "*)
    [ ! -e /tear ] || {
      rm /tear
      echo "2.0 7" >/opt/demo-many-x/7
      rm /opt/demo-many-x/8
      kill -9 ${worker}$PPID $$
    } ;;
esac
exec /usr/bin/rpm-itself "$@"
`,
        0o755,
      );
      host.write("tear", "");
      const job = fixture.server.job(rpmBody(fixture, [["demo-many", "1.0", "2.0"]]));
      const cut = await fixture.server.apply(host, job);
      expect(existsSync(host.at("tear"))).toBe(false);
      const last = worker === "" ? cut : await fixture.server.resume(host);
      expect(outcome(last), said(last)).toBe(worker === "" ? "rolled-back E_STEP" : "done -");
      const is = worker === "" ? "1.0" : "2.0";
      expect(await versions(host, "demo-many")).toBe(`demo-many ${is}`);
      expect(await host.sh("rpm -V demo-many || true"), said(last)).toBe("");
      expect(host.read("opt/demo-many-x/8")).toBe(`${is} 8\n`);
    },
  );

  test.for([1, 2, 3])(
    "§7.6: wherever rpm, its manager or the program are cut off, the host ends whole (%i)",
    { timeout: roundsOf(120_000, 900_000) },
    async (nth, { onTestFinished }) => {
      const host = await fresh(onTestFinished);
      let at = "1.0";
      for (let round = 0; round < roundsOf(2, 34); round++) {
        const to = at === "1.0" ? "2.0" : "1.0";
        const names = ["demo-many", "libdemo", "demo-web"];
        host.write("var/log/effects", "");
        const body = rpmBody(
          fixture,
          names.map((name) => [name, at, to] as const),
        );
        const job = fixture.server.job(nth === 2 ? inTurns(body, 2) : body);
        const seed = 10_000 + nth * 1000 + round;
        const how = { seed, spanMs: 900, manager: manager.processes };
        const { cut, last, said } = await cutJob(fixture.server, host, job, how);
        const state = outcome(last.results.length === 0 ? cut : last);
        expect(state, said).toMatch(/^(done -|rolled-back E_STEP|failed E_STEP)$/);
        if (state.startsWith("failed")) expect(said).toContain("note=nothing was changed");
        const is = state.startsWith("done") ? to : at;
        expect(await versions(host, ...names), said).toBe(
          names.map((name) => `${name} ${is}`).join("\n"),
        );
        expect(await host.sh(`rpm -V ${names.join(" ")} || true`), said).toBe("");
        at = is;
      }
    },
  );
});
