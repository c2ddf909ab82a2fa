import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/main/load-config.ts";

/**
 * The units as systemd itself reads them; nothing is started. Needs Debian's systemd package, whose
 * tools run without it being in charge of the machine.
 */
const packaging = join(import.meta.dirname, "../../packaging");
const units = join(packaging, "systemd");
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
const onSystemd = it.skipIf(!hasSystemd && process.env["CI"] !== "true");
/** Out of 100; what a server with the rights of root and no limits would have is 96. */
const EXPOSURE_MAX = "20";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-units-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

onSystemd("are read by systemd without a complaint", () => {
  const names = readdirSync(units).filter((name) => /\.(service|timer)$/.test(name));
  expect(names).toHaveLength(3);
  for (const name of names) {
    const text = readFileSync(join(units, name), "utf8");
    // The program is not installed on this machine, and systemd looks for it.
    writeFileSync(
      join(folder, name),
      text.replace("/opt/fettle/node_modules/.bin/fettle", "/bin/true"),
    );
  }
  const done = systemd(["verify", ...names.map((name) => join(folder, name))]);
  expect([done.status, complaints(done.stderr)]).toEqual([0, []]);
});

onSystemd("would be told of a key that systemd does not know", () => {
  const text = readFileSync(join(units, "fettle-host-recover.service"), "utf8");
  const file = join(folder, "odd.service");
  writeFileSync(file, text.replace("KillMode=", "KilMode="));
  expect(complaints(systemd(["verify", file]).stderr)).toEqual([
    expect.stringContaining("KilMode"),
  ]);
});

onSystemd("leave the server few ways to do harm", () => {
  const file = join(units, "fettle.service");
  const done = systemd(["security", "--offline=true", `--threshold=${EXPOSURE_MAX}`, file]);
  expect(done.stdout).toContain("Overall exposure level");
  expect(done.status, done.stdout).toBe(0);
});

it("show a configuration whose every line the server takes", () => {
  const text = readFileSync(join(packaging, "fettle.yaml"), "utf8");
  const open = text.replace(/^# (?=[a-zA-Z]+:| {2}(?:network|to):)/gm, "");
  const file = join(folder, "fettle.yaml");
  writeFileSync(file, open);
  const config = loadConfig({ clone: folder, environment: { FETTLE_CONFIG: file }, flags: {} });
  expect(config).toMatchObject({ deployment: "fettle", port: 7700, feeds: { network: "on" } });
  const { databaseUrl: _, databaseOwnerUrl: _owner, ...others } = config;
  // Shown as they are usually set, and not set where nobody enrols agents.
  const { agentPort: _port, agentHost: _host, agentName: _name, ...usual } = others;
  expect(usual).toEqual(loadConfig({ clone: "/nowhere", environment: {}, flags: {} }));
});

it("have a compose file that can be read, and runs what the Dockerfile makes", () => {
  const container = join(packaging, "container");
  const compose: unknown = parse(readFileSync(join(container, "compose.yaml"), "utf8"));
  const docker = readFileSync(join(container, "Dockerfile"), "utf8");
  expect(compose).toMatchObject({
    services: {
      server: { volumes: expect.arrayContaining(["socket:/run/postgresql"]) },
      database: { command: ["postgres", "-c", "listen_addresses="] },
    },
    volumes: { state: null, database: null, socket: null },
  });
  const uid = /useradd --system --uid (\d+)/.exec(docker)?.[1];
  expect(compose).toHaveProperty(
    ["services", "server", "tmpfs"],
    expect.arrayContaining([`/run/fettle:uid=${uid},gid=${uid},mode=0711`]),
  );
});

function systemd(args: readonly string[]) {
  return spawnSync("systemd-analyze", args, { encoding: "utf8", timeout: 60_000 });
}

/** What it says of our units; of those that the machine has anyway it may say anything. */
function complaints(said: string): string[] {
  return said.split("\n").filter((line) => line.includes(folder) || /fettle|odd\./.test(line));
}

it("packages of the host program are equal to the byte however often they are built", () => {
  const built = ["one", "two"].map((name) => {
    const out = join(folder, name);
    const script = join(packaging, "../scripts/build-host-packages.ts");
    const done = spawnSync(process.execPath, [script, "--out", out], { encoding: "utf8" });
    expect(done.stderr).toBe("");
    return readdirSync(out)
      .sort()
      .map((file) => ({ file, bytes: readFileSync(join(out, file)) }));
  });
  expect(built[0]?.map(({ file }) => file.replace(/[0-9][0-9.-]*[0-9]/, "V"))).toEqual([
    "fettle-host-V.noarch.rpm",
    "fettle-host_V_all.deb",
  ]);
  expect(built[0]).toEqual(built[1]);
});

onSystemd("the host packages bring the program, its units, cron and manual, and no secret", () => {
  const [rpm = "", deb = ""] = readdirSync(join(folder, "one")).sort();
  const listed = spawnSync("rpm", ["-qpl", join(folder, "one", rpm)], { encoding: "utf8" }).stdout;
  const tree = join(folder, "tree");
  expect(spawnSync("dpkg-deb", ["-x", join(folder, "one", deb), tree]).status).toBe(0);
  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tree.length));
  expect(listed.trim().split("\n").sort()).toEqual(files.sort());
  expect(files).toContain("/usr/sbin/fettle-host");
  expect(files).toContain("/usr/share/man/man8/fettle-host.8.gz");
  expect(files).toContain("/usr/share/doc/fettle-host/examples/fettle-agent.cron");
  const all = files.map((file) => readFileSync(join(tree, file), "latin1")).join("");
  expect(all).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{40}/);
  for (const unit of ["fettle-agent.service", "fettle-agent.timer"]) {
    const text = readFileSync(join(tree, "usr/lib/systemd/system", unit), "utf8");
    writeFileSync(join(folder, unit), text.replace("/usr/sbin/fettle-host", "/bin/true"));
  }
  const done = systemd(["verify", join(folder, "fettle-agent.timer")]);
  expect([done.status, complaints(done.stderr)]).toEqual([0, []]);
});
