import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostProgram } from "../../src/reach/host-program.ts";

/** The host program puts another version of itself where the timer runs it (trust.md U22), and cron's line. */
const isRoot = process.getuid?.() === 0;
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
let folder: string;
let installed: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-own-"));
  installed = join(folder, "fettle-host");
  mkdirSync(join(folder, "cron.d"));
  // The same program with its own places; nothing of this machine is changed.
  program = hostProgram({ etc: join(folder, "etc"), var: join(folder, "var") })
    .replace(/^AGENT_PROGRAM=.*$/m, `AGENT_PROGRAM=${installed}`)
    .replace(/^AGENT_CRON=.*$/m, `AGENT_CRON=${join(folder, "cron.d/fettle-agent")}`)
    .replaceAll("-d /run/systemd/system", "-d /nowhere");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install(text: string, before = ""): { readonly ok: boolean; readonly said: string } {
  const file = join(folder, "new-program");
  writeFileSync(file, text);
  const runner = join(folder, "runner");
  writeFileSync(runner, program);
  const line = `${before} exec sh ${runner} agent-install ${file}`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
    env: { PATH },
    encoding: "utf8",
  });
  return { ok: status === 0, said: stdout + stderr };
}
const kept = (): string => readFileSync(installed, "utf8");

test.skipIf(!isRoot)(
  "a program that is cut off, broken or does not fit leaves the one before in place",
  () => {
    expect(install(program)).toMatchObject({ ok: true });
    expect(kept()).toBe(program);
    const starts = [...program.matchAll(/^[a-z_]+\(\) \{/gm)].map(({ index }) => index);
    // Between two functions a cut leaves a text that every shell can read, and that does nothing.
    const whole = [0.2, 0.5, 0.8, 0.99].map(
      (share) => starts[Math.floor(starts.length * share)] ?? 0,
    );
    const anywhere = [1, 4_000, program.length - 40];
    for (const at of [...whole, ...anywhere]) {
      expect(install(program.slice(0, at)).ok, `cut at ${at}`).toBe(false);
      expect(kept()).toBe(program);
    }
    for (const bad of ["", "#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 1\n", "\x7fELF nothing", "if"]) {
      expect(install(bad).ok, bad).toBe(false);
      expect(kept()).toBe(program);
    }
    // As on a full disk: what is written ends early.
    expect(install(`${program}# newer\n`, "trap '' XFSZ; ulimit -f 100;").ok).toBe(false);
    expect(kept()).toBe(program);
    expect(install(`${program}# newer\n`)).toMatchObject({ ok: true });
    expect(kept()).toBe(`${program}# newer\n`);
  },
);

test.skipIf(!isRoot)(
  "without systemd cron's own line calls, at a second below 50 that is this host's own",
  () => {
    expect(install(program).said).toContain("cron calls the server each minute");
    const lines = readFileSync(join(folder, "cron.d/fettle-agent"), "utf8").split("\n");
    const [job = ""] = lines.filter((line) => line.startsWith("* * * * * root "));
    mkdirSync(join(folder, "var"), { recursive: true });
    execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-N", "", "-f", join(folder, "key")]);
    writeFileSync(join(folder, "var/key.pub"), readFileSync(join(folder, "key.pub")));
    const tools = join(folder, "tools");
    mkdirSync(tools);
    for (const [name, text] of [
      ["sleep", `echo "$1" >${folder}/slept`],
      ["logger", `cat >${folder}/logged`],
    ] as const) {
      writeFileSync(join(tools, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(tools, name), 0o755);
    }
    // What crontab(5) does with the sixth field: `\%` is a percent sign, the rest goes to the shell.
    const command = job
      .slice("* * * * * root ".length)
      .replaceAll("\\%", "%")
      .replaceAll("/usr/sbin/fettle-host", installed)
      .replaceAll("/var/lib/fettle", join(folder, "var"));
    const env = { PATH: `${tools}:${PATH}`, SHELL: "/bin/sh", HOME: "/root", LOGNAME: "root" };
    for (const shell of [["dash"], ["bash"], ["busybox", "ash"]]) {
      const [file = "", ...args] = shell;
      rmSync(join(folder, "slept"), { force: true });
      execFileSync(file, [...args, "-c", command], { env, cwd: "/" });
      expect(Number(readFileSync(join(folder, "slept"), "utf8"))).toBeLessThan(50);
      // It ran, and told why it called nobody.
      expect(readFileSync(join(folder, "logged"), "utf8")).toContain("not enrolled as an agent");
    }
    expect(
      lines.some((line) => line.startsWith("@reboot root exec /usr/sbin/fettle-host work")),
    ).toBe(true);
  },
);

test.skipIf(!isRoot)(
  "the units of a package are used, and no copy of them hides later ones",
  () => {
    const [own, packaged, tools] = ["own-units", "packaged", "fake"].map((name) => {
      mkdirSync(join(folder, name), { recursive: true });
      return join(folder, name);
    }) as [string, string, string];
    writeFileSync(join(tools, "systemctl"), `#!/bin/sh\necho "$*" >>${folder}/asked\n`);
    chmodSync(join(tools, "systemctl"), 0o755);
    const before = program;
    program = program
      .replace(/^PATH=.*$/m, `PATH=${tools}:${PATH}`)
      .replace(/^AGENT_UNITS=.*$/m, `AGENT_UNITS=${own}`)
      .replace(/^AGENT_PACKAGED=.*$/m, `AGENT_PACKAGED=${packaged}`)
      .replaceAll("-d /nowhere", `-d ${own}`);
    try {
      expect(install(program)).toMatchObject({ ok: true });
      expect(readdirSync(own).sort()).toEqual(["fettle-agent.service", "fettle-agent.timer"]);
      // The package comes later; what the line had written would stand before its units for ever.
      for (const unit of readdirSync(own)) writeFileSync(join(packaged, unit), "newer\n");
      expect(install(program)).toMatchObject({ ok: true });
      expect(readdirSync(own)).toEqual([]);
      const asked = readFileSync(join(folder, "asked"), "utf8");
      expect(asked).toBe("daemon-reload\nenable --now fettle-agent.timer\n".repeat(2));
    } finally {
      program = before;
    }
  },
);

test.skipIf(!isRoot)("a program that is there already is not written again", () => {
  expect(install(program)).toMatchObject({ ok: true });
  const { ino, mtimeMs } = statSync(installed);
  expect(install(program)).toMatchObject({ ok: true });
  expect(statSync(installed)).toMatchObject({ ino, mtimeMs });
});
