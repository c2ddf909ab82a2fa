import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { hostProgram } from "../../src/reach/host-program.ts";
import { aRoot, bodyOf, dropFixture, type Fixture, makeFixture, SOURCE } from "./apply-fixture.ts";
import { publish } from "./apply-packages.ts";
import { command, missingForRoots, must, PLAIN, type Root } from "./apply-root.ts";
import { Server } from "./apply-server.ts";

/** What the host says about itself, how it is enrolled, where its files come from, which shells. */

const missing = missingForRoots();
if (missing !== null) console.warn(`The tests of inspecting real roots are skipped: ${missing}.`);

const line = (lines: readonly string[], key: string): string | undefined =>
  lines.find((text) => text.startsWith(`${key} `))?.slice(key.length + 1);

describe.skipIf(missing !== null)("a host that is looked at", () => {
  let fixture: Fixture;
  const open: Root[] = [];
  const fresh = async (): Promise<Root> => {
    const root = await aRoot(fixture);
    open.push(root);
    return root;
  };

  beforeAll(async () => {
    fixture = await makeFixture();
  }, 300_000);
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  afterAll(async () => {
    if (fixture !== undefined) await dropFixture(fixture);
  });

  test("versions are ordered as dpkg orders them", async () => {
    const awk = /^AWK_VERSIONS='([^']*)'/m.exec(hostProgram())?.[1] ?? "";
    const part = fc.stringMatching(/^[0-9][0-9a-zA-Z.+~]{0,6}(-[0-9a-z.+~]{1,3})?$/);
    const version = fc.oneof(
      part,
      fc.tuple(fc.nat(2), part).map(([e, p]) => `${e}:${p}`),
    );
    const pairs = fc.sample(fc.tuple(version, version), 150);
    pairs.push(
      ["1.0~rc1", "1.0"],
      ["1.0-1", "1.0"],
      ["0:1", "1"],
      ["1.0a", "1.0+"],
      ["1.09", "1.9"],
    );
    const ours = await must(["awk", `${awk}\n{ print dcmp($1, $2) }`], {
      input: pairs.map(([a, b]) => `${a} ${b}\n`).join(""),
    });
    for (const [at, answer] of ours.trim().split("\n").entries()) {
      const [a, b] = pairs[at] ?? ["", ""];
      const operator = answer === "0" ? "eq" : answer === "1" ? "gt" : "lt";
      const dpkg = await command(["dpkg", "--compare-versions", a, operator, b]);
      expect(dpkg.code, `${a} ${operator} ${b}`).toBe(0);
    }
  });

  test("packages and offers are what dpkg and apt themselves say", async () => {
    const host = await fresh();
    await host.sh("apt-mark hold demo-slow >/dev/null");
    const { lines } = await fixture.server.inspect(host, "inspect");
    const shown = lines.filter((l) => l.startsWith("pkg ")).map((l) => l.slice(4).split("\t"));
    const dpkg = await host.sh(`dpkg-query -W -f '\${Package} \${Architecture} \${Version}\\n'`);
    expect(shown.map(([n, a, v]) => `${n} ${a} ${v}\n`).join("")).toBe(dpkg);
    const auto = shown.filter((f) => f[6] === "auto").map((f) => f[0]);
    expect(auto.sort()).toEqual((await host.sh("apt-mark showauto")).trim().split("\n").sort());
    expect(shown.find((f) => f[0] === "demo-slow")?.[5]).toBe("hold");
    expect(lines).toContain("held demo-slow");
    const offers = lines.filter((l) => l.startsWith("offer ")).map((l) => l.slice(6).split("\t"));
    const expected = fixture.packages.filter((p) => p.name !== "demo-new");
    expect(offers.map((f) => `${f[0]} ${f[1]} ${f[2]} ${f[3]}`).sort()).toEqual(
      expected.map((p) => `${p.name} ${p.arch} ${p.version} ${p.sha256}`).sort(),
    );
    expect(line(lines, "source")).toBe("file:/srv/repo ./ - signed index-signed");
    expect(line(lines, "lists")).toMatch(/^ok \d+ read \d+$/);
    expect(line(lines, "service")).toMatch(/^demo-web active [1-9]\d*$/);
    expect(lines.at(-1)).toBe("@end");
  });

  test("a process that still maps a replaced library is named with its unit", async () => {
    const host = await fresh();
    await host.sh("cp /bin/sleep /usr/bin/old-sleep");
    host.write("etc/init.d/old", "#!/bin/sh\nexit 0\n", 0o755);
    await host.sh("/usr/bin/old-sleep 60 </dev/null >/dev/null 2>&1 & echo $! >/run/old.pid");
    await host.sh(untilRuns("/run/old.pid", "/usr/bin/old-sleep"));
    await host.sh("cp /bin/sleep /usr/bin/new && mv /usr/bin/new /usr/bin/old-sleep");
    const { lines } = await fixture.server.inspect(host, "inspect");
    const pid = host.read("run/old.pid").trim();
    expect(line(lines, "restart")).toBe(`old\t${pid}\t/usr/bin/old-sleep`);
  });

  test("a login keeps its name, the daemon its own, and the look's own line is not told", async () => {
    const host = await fresh();
    await host.sh(
      `cp /usr/bin/sleep /usr/bin/old-sleep
       bash -c 'exec -a "sshd: root@notty" /usr/bin/old-sleep 60' </dev/null >/dev/null 2>&1 & echo $! >/run/login.pid
       bash -c 'exec -a "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100" /usr/bin/old-sleep 60' </dev/null >/dev/null 2>&1 & echo $! >/run/daemon.pid
       ${untilRuns("/run/login.pid", "/usr/bin/old-sleep")}
       ${untilRuns("/run/daemon.pid", "/usr/bin/old-sleep")}
       rm /usr/bin/old-sleep`,
    );
    const { lines } = await fixture.server.inspect(host, "inspect");
    const units = lines.filter((l) => l.startsWith("restart ")).map((l) => l.split(/[ \t]/)[1]);
    expect(units.toSorted()).toEqual(["old-sleep", "ssh-login"]);
  });

  test("what runs is told by package, as dpkg knows the files in memory", async () => {
    const host = await fresh();
    await host.sh("sleep 60 </dev/null >/dev/null 2>&1 & echo $! >/run/sleep.pid");
    await host.sh(untilRuns("/run/sleep.pid", "/usr/bin/sleep"));
    await host.sh("cp /usr/bin/sleep /usr/bin/new && mv /usr/bin/new /usr/bin/sleep");
    await host.sh(
      "busybox httpd -p 0.0.0.0:0 -f </dev/null >/dev/null 2>&1 & echo $! >/run/any.pid",
    );
    const { lines } = await fixture.server.inspect(host, "inspect");
    const used = lines.filter((l) => l.startsWith("used ")).map((l) => l.slice(5).split("\t"));
    const byName = new Map(used.map(([name, ...rest]) => [name, rest]));
    // Two of the small web server, one of which the package demo-web started.
    expect(byName.get("busybox-static")).toEqual(["2", "2", "0", "busybox"]);
    expect(byName.get("coreutils")).toEqual(["1", "1", "1", "sleep"]);
    const pids = ["sleep", "any", "demo-web"].map((name) => host.read(`run/${name}.pid`).trim());
    const files = await host.sh(
      `sed -n 's/^.* r[w-]x[ps] .* \\(\\/.*\\)$/\\1/p' ${pids.map((pid) => `/proc/${pid}/maps`).join(" ")} |
       sed 's/ (deleted)$//' | sort -u`,
    );
    const paths = files
      .trim()
      .split("\n")
      .flatMap((f) => [f, f.replace(/^\/usr/, "")]);
    const said = await host.sh(`dpkg -S ${paths.join(" ")} 2>/dev/null || :`);
    const names = [...said.matchAll(/^([^:, ]+)/gm)].map((match) => match[1]);
    expect([...byName.keys()].sort()).toEqual([...new Set(names)].sort());
    const idle = lines.filter((l) => l.startsWith("idle ")).flatMap((l) => l.split(" ").slice(2));
    const all = lines.filter((l) => l.startsWith("pkg ")).map((l) => l.slice(4).split("\t")[0]);
    expect([...idle, ...byName.keys()].sort()).toEqual([...new Set(all)].sort());
    const flags = (name: string): string | undefined =>
      lines.find((l) => l.startsWith("idle ") && l.split(" ").includes(name))?.split(" ")[1];
    expect([flags("passwd"), flags("zlib1g"), flags("demo-web")]).toEqual(["p", "l", "ad"]);
  });

  test("what dpkg's lists said is kept until a list is another or a new file is asked for", async () => {
    const host = await fresh();
    const look = async (): Promise<readonly string[]> => {
      const { lines } = await fixture.server.inspect(host, "inspect");
      return lines.filter((l) => /^(used|idle) /.test(l)).toSorted();
    };
    await host.sh("mkdir -p /var/lib/fettle-apt");
    const kept = "var/lib/fettle-apt/runtime";
    const flagsOf = (lines: readonly string[]): string | undefined =>
      lines.find((l) => l.startsWith("idle ") && l.split(" ").includes("zlib1g"))?.split(" ")[1];
    expect(flagsOf(await look())).toBe("l");
    // What is kept is believed: a letter that only stands there is told.
    host.write(kept, host.read(kept).replace(/(\/zlib1g:[^\n]*\nA\t)l\n/, "$1lk\n"));
    expect(flagsOf(await look())).toBe("kl");
    // A list is another, a package is gone, and a program runs that nobody asked for before.
    await host.sh(`
      sed -i '$a /usr/bin/made-up' /var/lib/dpkg/info/zlib1g:*.list
      dpkg --purge --force-all demo-slow >/dev/null 2>&1
      cp /usr/bin/tail /usr/bin/made-up && : >/run/f
      /usr/bin/made-up -f /run/f </dev/null >/dev/null 2>&1 &`);
    const after = await look();
    expect(after.find((l) => l.startsWith("used zlib1g\t"))).toMatch(/^used zlib1g\t1\t1\t0\t/);
    expect(after.join("\n")).not.toContain("demo-slow");
    await host.sh(`rm /${kept}`);
    expect(await look()).toEqual(after);
    // Half a file, as of a disk that was full, is none.
    host.write(kept, host.read(kept).slice(0, -200));
    expect(await look()).toEqual(after);
  });

  test("a host of apk tells its packages and what of them runs, by apk's own database", async () => {
    const host = await fresh();
    await host.sh("rm /var/lib/dpkg/status");
    host.write("etc/apk/world", "busybox>1 nobody@edge\n");
    host.write("lib/apk/db/installed", APK_DATABASE);
    await host.sh("busybox httpd -p 0.0.0.0:0 -f </dev/null >/dev/null 2>&1 &");
    const { lines } = await fixture.server.inspect(host, "inspect");
    expect(lines.filter((l) => l.startsWith("pkg "))).toEqual([
      "pkg musl\tx86_64\t1.2.5-r0\tmusl\t1.2.5-r0\tinstalled\tauto",
      "pkg busybox-binsh\tx86_64\t1.36.1-r29\tbusybox\t1.36.1-r29\tinstalled\tauto",
      "pkg busybox\tx86_64\t1.36.1-r29\tbusybox\t1.36.1-r29\tinstalled\tmanual",
    ]);
    expect(lines).toContain("arch x86_64");
    const runs = lines.filter((l) => /^(used|idle) /.test(l)).toSorted();
    expect(runs[0]).toBe("idle lp musl");
    expect(runs[1]).toBe("idle p busybox-binsh");
    expect(runs[2]).toMatch(/^used busybox\t[12]\t[12]\t0\tbusybox$/);
    expect(line(lines, "lists")).toMatch(/^none 0 /);
    expect(lines.some((l) => l.startsWith("reboot "))).toBe(false);
  });

  test.skipIf(!existsSync("/usr/bin/rpmbuild"))(
    "a host of rpm tells its packages and what of them runs, as rpm knows the files",
    async () => {
      const host = await fresh();
      await host.sh("rm /var/lib/dpkg/status && mkdir -p /etc/rpm /var/lib/rpm");
      host.write("etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
      await addRpm(host);
      await makeRpm(host, ["Name: sleepy", "Epoch: 2"], ["/usr/bin/sleep", "/usr/bin/tail"]);
      await makeRpm(host, ["Name: idle-web"], ["/usr/bin/cut", "/etc/init.d/demo-web"]);
      await host.sh("sleep 60 </dev/null >/dev/null 2>&1 & echo $! >/run/sleep.pid");
      const { lines } = await fixture.server.inspect(host, "inspect");
      const rows = lines.filter((l) => l.startsWith("pkg ")).map((l) => l.slice(4).split("\t"));
      const said = await host.sh(
        "rpm -qa --qf '%{NAME} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE} %{ARCH}\n'",
      );
      const own = rows.map(([name, arch, version]) => `${name} ${version} ${arch}`);
      expect(own.toSorted()).toEqual(said.trim().split("\n").toSorted());
      expect(rows.find(([name]) => name === "sleepy")?.slice(3)).toEqual([
        "sleepy",
        "2:1.0-1",
        "installed",
        "auto",
        "",
      ]);
      const pid = host.read("run/sleep.pid").trim();
      const owner = await host.sh(`rpm -qf --qf '%{NAME}' $(readlink /proc/${pid}/exe)`);
      const runs = lines.filter((l) => /^(used|idle) /.test(l)).toSorted();
      expect(runs).toEqual(["idle adp idle-web", `used ${owner}\t1\t1\t0\tsleep`]);
    },
  );

  test.skipIf(!existsSync("/usr/bin/rpmbuild"))(
    "a host of rpm wants a reboot for what came since it began, by zypper's note, and for its first process",
    async () => {
      const host = await fresh();
      await host.sh("rm /var/lib/dpkg/status && mkdir -p /etc/rpm /var/lib/rpm /opt");
      host.write("etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
      await addRpm(host);
      await makeRpm(host, ["Name: glibc"], ["/usr/bin/sleep"]);
      const later = Date.now() + 2000;
      await makeRpm(host, ["Name: other"], ["/usr/bin/tail"]);
      await host.sh("cp /bin/dash /opt/init");
      const look = "echo inspect | /usr/sbin/fettle-host serve | grep ^reboot";
      const script = [
        look,
        `until [ "$(date +%s)" -gt "$(($(stat -c %Y /proc/1) + 2))" ]; do sleep 0.1; done`,
        "rpm -U --justdb --nodeps --replacepkgs /rpm/other-*.rpm",
        look,
        "rpm -U --justdb --nodeps --replacepkgs /rpm/glibc-*.rpm",
        look,
        "touch /run/reboot-needed",
        look,
        "rm /run/reboot-needed /opt/init; rpm -e --justdb --nodeps glibc",
        look,
      ].join("\n");
      host.write("opt/looks", script);
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(later), { timeout: 5000 });
      // A system of its own, that begins now.
      const own = ["unshare", "--pid", "--fork", `--mount-proc=${host.at("proc")}`] as const;
      const said = await must([...own, "chroot", host.path, "/opt/init", "/opt/looks"], {
        timeoutMs: 60_000,
        env: PLAIN,
      });
      expect(said.split("\n")).toEqual([
        "reboot no",
        "reboot no",
        "reboot yes packages glibc",
        "reboot yes packages that zypper brought",
        "reboot yes the first process still runs the replaced /opt/init",
        "",
      ]);
    },
  );

  test("an init script is asked only where its text and its pid file do not tell", async () => {
    const host = await fresh();
    const script = (name: string, status: string, end = "exit 0"): void =>
      host.write(
        `etc/init.d/${name}`,
        [
          "#!/bin/sh",
          `THE_PID_FILE=/run/${name}.pid`,
          `echo ${name} >>/run/asked`,
          ". /etc/init-functions",
          'case "$1" in',
          "  start) ;;",
          status,
          "  *) exit 2 ;;",
          "esac",
          end,
          "",
        ].join("\n"),
        0o755,
      );
    host.write("etc/init-functions", "status_of_proc() { return 3; }\n");
    script(
      "aa-looks",
      '  status)\n    status_of_proc -p "$THE_PID_FILE" /bin/aa aa\n    exit $? ;;',
    );
    script("bb-moved", "  status)\n    status_of_proc -p $THE_PID_FILE /bin/bb bb\n    exit $? ;;");
    host.write("etc/default/bb-moved", "THE_PID_FILE=/run/elsewhere\n");
    script("cc-always", "  stop|status)\n    ;;");
    script("dd-ends", "  stop|status)\n    ;;", "exit 3");
    script(
      "ee-stale",
      "  status)\n    status_of_proc -p /run/ee-stale.pid /bin/ee ee\n    exit $? ;;",
    );
    host.write("run/ee-stale.pid", "4194303\n");
    const { lines } = await fixture.server.inspect(host, "inspect");
    const said = lines.filter((l) => /^service [a-e][a-e]-/.test(l)).map((l) => l.slice(8));
    expect(said).toEqual([
      "aa-looks inactive 0",
      "bb-moved inactive 0",
      "cc-always active 0",
      "dd-ends inactive 0",
      "ee-stale inactive 0",
    ]);
    expect(host.read("run/asked")).toBe("bb-moved\ndd-ends\nee-stale\n");
  });

  test("`inspect refresh` reads the sources beside the machine's own lists, as an ordinary user too", async () => {
    const host = await fresh();
    await host.sh("rm -rf /var/lib/apt/lists/*_*");
    const before = await host.sh("ls -lAR /var/lib/apt/lists");
    const none = await fixture.server.inspect(host, "inspect");
    expect(line(none.lines, "lists")).toMatch(/^none 0 never read/);
    expect(line(none.lines, "source")).toMatch(/ \? unsigned$/);
    expect(none.lines.some((l) => l.startsWith("offer "))).toBe(false);
    const read = await fixture.server.inspect(host, "inspect refresh");
    expect(line(read.lines, "lists"), read.lines.join("\n")).toMatch(/^ok /);
    expect(read.lines.filter((l) => l.startsWith("offer libdemo\t"))).toHaveLength(2);
    expect(await host.sh("ls -lAR /var/lib/apt/lists")).toBe(before);
    const own = { etc: "/home/u/etc", var: "/home/u/var" };
    host.write("home/u/program", hostProgram(own));
    await host.sh("chown -R nobody /home/u && chmod 755 /home /home/u");
    const user = await command(
      ["chroot", "--userspec=nobody", host.path, "sh", "/home/u/program", "serve"],
      { env: PLAIN, input: "inspect refresh\n" },
    );
    const lines = user.stdout.toString().split("\n");
    expect(line(lines, "lists"), user.stderr.toString()).toMatch(/^ok /);
    expect(lines.filter((l) => l.startsWith("offer libdemo\t"))).toHaveLength(2);
  });

  test("what was read of the sources is kept until a file that it came from is another", async () => {
    const host = await fresh();
    const offered = async (how: "inspect" | "inspect refresh", name: string) => {
      const { lines } = await fixture.server.inspect(host, how);
      const versions = lines
        .filter((l) => l.startsWith(`offer ${name}\t`))
        .map((l) => l.split("\t")[2]);
      return { lines, versions };
    };
    const first = await offered("inspect refresh", "demo-kill");
    expect(first.versions, first.lines.join("\n")).toEqual(["1.0", "2.0"]);
    expect(existsSync(host.at("var/lib/fettle-apt/offers"))).toBe(true);
    const again = await offered("inspect", "demo-kill");
    const stable = (lines: readonly string[]) =>
      lines.filter((l) => /^(offer|source|pkg) /.test(l));
    expect(stable(again.lines)).toEqual(stable(first.lines));
    // Another setting.
    const list = "etc/apt/sources.list.d/demo.list";
    host.write(list, SOURCE.replace("[", "[trusted=yes "));
    expect(line((await offered("inspect", "demo-kill")).lines, "source")).toMatch(/ - unsigned$/);
    host.write(list, SOURCE);
    expect(line((await offered("inspect", "demo-kill")).lines, "source")).toMatch(
      / signed index-signed$/,
    );
    // A name that was not looked for.
    expect((await offered("inspect", "demo-new")).versions).toEqual([]);
    await host.sh("apt-get -qy install demo-new");
    expect((await offered("inspect", "demo-new")).versions).toEqual(["1.0"]);
    // Another index.
    await host.sh("rm /srv/repo/demo-kill_2.0_*.deb");
    await publish(host.at("srv/repo"), fixture.signer);
    expect((await offered("inspect refresh", "demo-kill")).versions).toEqual(["1.0"]);
    // A source that had nothing of what was there, and has what came afterwards.
    await host.sh("apt-get -qy purge demo-new && mkdir /srv/other");
    await host.sh("cp /srv/repo/demo-new_* /srv/other");
    await publish(host.at("srv/other"), fixture.signer);
    host.write(list, SOURCE.replace("/srv/repo", "/srv/other"));
    const bare = await offered("inspect refresh", "demo-new");
    expect(bare.lines.filter((l) => l.startsWith("offer "))).toEqual([]);
    await host.sh("apt-get -qy -o Dir::State::lists=/var/lib/fettle-apt/lists install demo-new");
    expect((await offered("inspect", "demo-new")).versions).toEqual(["1.0"]);
  });

  test("§6.16: lists past their signed Valid-Until are E_STALE", async () => {
    const host = await fresh();
    await host.sh("cp -r /srv/repo /srv/old");
    const past = new Date(Date.now() - 3_600_000);
    await publish(host.at("srv/old"), fixture.signer, { date: past, validUntil: past });
    host.write("etc/apt/sources.list.d/demo.list", SOURCE.replace("/srv/repo", "/srv/old"));
    await host.sh("apt-get -q -o Acquire::Check-Valid-Until=false update");
    const { lines } = await fixture.server.inspect(host, "inspect");
    expect(line(lines, "lists")).toMatch(/^stale \d+ Valid-Until passed/);
    const job = fixture.server.job(bodyOf(fixture, [["demo-kill", "1.0", "2.0"]]));
    const talk = await fixture.server.apply(host, job);
    expect(`${talk.results[0]?.state} ${talk.results[0]?.code}`).toBe("refused E_STALE");
  });

  test("files come over http by apt's own unprivileged method, and a source that does not answer is E_SLOW", async () => {
    const host = await fresh();
    const seen: string[] = [];
    const web = createServer((request, response) => {
      const file = join(host.at("srv/repo"), decodeURIComponent(request.url ?? ""));
      seen.push(request.url ?? "");
      if (!existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end();
      else response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as AddressInfo;
    host.write(
      "etc/apt/sources.list.d/demo.list",
      SOURCE.replace("file:/srv/repo", `http://127.0.0.1:${port}`),
    );
    const read = await fixture.server.inspect(host, "inspect refresh");
    expect(line(read.lines, "lists"), read.lines.join("\n")).toMatch(/^ok /);
    const job = () => fixture.server.job(bodyOf(fixture, [["demo-kill", "1.0", "2.0"]]));
    // While nobody answers the file is not gone: the host is asked again, and nobody blames the patch.
    await new Promise((resolve) => web.close(resolve));
    const cut = await fixture.server.apply(host, job());
    const { state, code } = cut.results[0] ?? {};
    expect(`${state} ${code}`, cut.journal.join("\n")).toBe("refused E_SLOW");
    await new Promise<void>((resolve) => web.listen(port, "127.0.0.1", resolve));
    const talk = await fixture.server.apply(host, job());
    expect(talk.results[0]?.state, talk.journal.join("\n")).toBe("done");
    expect(seen.filter((url) => url.endsWith(".deb")).sort()).toEqual([
      "/./demo-kill_1.0_amd64.deb",
      "/./demo-kill_2.0_amd64.deb",
    ]);
    expect(host.read("var/lib/fettle/job/output")).not.toMatch(/unsandboxed/);
    await new Promise((resolve) => web.close(resolve));
  });

  test("enrolment makes a key once, keeps it, and refuses to become another host", async () => {
    const host = await fresh();
    const server = new Server();
    await host.sh("rm -rf /etc/fettle /var/lib/fettle");
    const first = await server.enrol(host);
    expect(line(first.lines, "key"), first.lines.join("\n")).toMatch(/^ecdsa-sha2-nistp256 AAAA/);
    const again = await server.enrol(host, `${server.identity()}\0${server.policy(2)}`);
    expect(line(again.lines, "key")).toBe(line(first.lines, "key"));
    const other = await server.enrol(host, `${server.identity("h-2")}\0${server.policy(3)}`);
    expect(other.lines.at(-1)).toMatch(/^@refused E_STATE/);
    const older = await server.enrol(host, `${server.identity()}\0${server.policy(1)}`);
    expect(older.lines.at(-1)).toMatch(/^@refused E_POLICY/);
    expect(host.read("etc/fettle/policy")).toContain("version 2\n");
    const modes = await host.sh(
      "stat -c '%a %U' /etc/fettle/policy /etc/fettle/identity /var/lib/fettle",
    );
    expect(modes).toBe("644 root\n644 root\n700 root\n");
    const status = await server.inspect(host, "status");
    expect(line(status.lines, "host")).toBe("h-00000000000000000001");
    expect(line(status.lines, "policy")).toBe("2");
    expect(line(status.lines, "job")).toBe("-");
  });

  test.each(["bash", "busybox"])("the whole way works where sh is %s", async (shell) => {
    const host = await fresh();
    // Only the program's own `sh`: maintainer and init scripts keep theirs.
    host.write(
      "usr/sbin/fettle-host",
      hostProgram({ path: "/tools:/usr/sbin:/usr/bin:/sbin:/bin" }),
    );
    await host.sh(`mkdir -p /tools && ln -s /bin/${shell} /tools/sh`);
    const steps = (to: string): string[] =>
      bodyOf(fixture, [["demo-web", "1.0", to], "restart demo-web", "probe web"]);
    const bad = await fixture.server.apply(host, fixture.server.job(steps("3.0")));
    expect(`${bad.results[0]?.state} ${bad.results[0]?.code}`, bad.journal.join("\n")).toBe(
      "rolled-back E_PROBE",
    );
    const body = bodyOf(fixture, [
      ["libdemo", "1.0", "2.0"],
      ["demo-web", "1.0", "2.0"],
      "probe web",
    ]);
    const good = await fixture.server.apply(host, fixture.server.job(body));
    expect(good.results[0]?.state, good.journal.join("\n")).toBe("done");
    const { lines } = await fixture.server.inspect(host, "inspect");
    expect(line(lines, "lists")).toMatch(/^ok /);
    // Where sh itself is busybox, guards of the jobs before may still run beside the web server.
    expect(lines.join("\n")).toMatch(/^used busybox-static\t[1-9]\d*\t[1-9]\d*\t0\tbusybox/m);
  });
});

/** A letter a line, an empty line behind each package, as apk-tools write it. */
const APK_DATABASE = `C:Q1aaa=
P:musl
V:1.2.5-r0
A:x86_64
F:lib
R:ld-musl-x86_64.so.1
F:usr
F:usr/bin
R:ldd

C:Q1bbb=
P:busybox-binsh
V:1.36.1-r29
A:x86_64
o:busybox
F:bin
R:sh

C:Q1ccc=
P:busybox
V:1.36.1-r29
A:x86_64
o:busybox
F:bin
R:busybox
a:0:0:755

`;

/** Puts the machine's own rpm into the root, with what it needs. */
async function addRpm(host: Root): Promise<void> {
  const linked = await must(["ldd", "/usr/bin/rpm"]);
  const libraries = [...linked.matchAll(/ => (\/\S+)/g)].map((match) => match[1] ?? "");
  await must(["cp", "-nL", "--parents", ...libraries, host.path]);
  await must(["cp", "-r", "--parents", "/usr/bin/rpm", "/usr/lib/rpm", host.path]);
}

/** Notes in the root's database that a package with these files is installed. */
async function makeRpm(host: Root, head: readonly string[], files: readonly string[]) {
  const text = [
    ...head,
    ...["Version: 1.0", "Release: 1", "Summary: none", "License: none", "%description", "%install"],
    ...files.map((file) => `install -D ${host.at(file)} %{buildroot}${file}`),
    ...["%files", ...files, ""],
  ];
  host.write("rpm/one.spec", text.join("\n"));
  const defined = [
    `_topdir ${host.at("rpm")}`,
    "__os_install_post %{nil}",
    "__requires_exclude .*",
  ];
  const defines = [...defined, "_build_id_links none", "debug_package %{nil}"];
  await must([
    ...(["rpmbuild", "--quiet", "-bb"] as const),
    ...defines.flatMap((one) => ["--define", one]),
    host.at("rpm/one.spec"),
  ]);
  await host.sh(
    "rpm -i --justdb --nodeps /rpm/RPMS/*/*.rpm && mv /rpm/RPMS/*/*.rpm /rpm/ && rm -r /rpm/RPMS",
  );
}

/** A shell's child is the shell itself until it runs its program: what replaces the file waits for it. */
function untilRuns(pidFile: string, program: string): string {
  return `until [ "$(readlink "/proc/$(cat ${pidFile})/exe")" = ${program} ]; do sleep 0.02; done`;
}
