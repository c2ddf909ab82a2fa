/**
 * `npm run build:host-packages [-- --out FOLDER]`: the host program as a .deb and an .rpm, with timer,
 * units, an example for cron and a man page. Two builds of one version are equal to the byte: every time
 * is SOURCE_DATE_EPOCH, every owner root, nothing of this machine is in them.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { sha256 } from "../src/base/digest.ts";
import { hostProgram } from "../src/reach/host-program.ts";

const root = resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: { out: { type: "string" }, version: { type: "string" } },
});
const { out } = values;
const target = resolve(out ?? join(root, "dist-host"));
const { version: packaged } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
const version = z
  .string()
  .regex(/^[0-9][0-9.]*$/)
  .parse(values.version ?? packaged);
/** The program says the version of its package. */
const text = hostProgram().replace(/^PROGRAM_VERSION=.*$/m, `PROGRAM_VERSION=${version}`);
/** Any constant does; a release sets the time of its tag. */
const EPOCH_DEFAULT = "1767225600";
const epoch = z
  .string()
  .regex(/^\d{9,11}$/)
  .parse(process.env["SOURCE_DATE_EPOCH"] ?? EPOCH_DEFAULT);
const SUMMARY = "Fettle's program for managed hosts";
const ABOUT =
  "Checks jobs by the files of this host, carries out what people approved, and undoes what fails.";
const UNITS = ["fettle-agent.service", "fettle-agent.timer"] as const;

const work = mkdtempSync(join(tmpdir(), "fettle-packages-"));
try {
  mkdirSync(target, { recursive: true });
  const tree = join(work, "tree");
  layTree(tree);
  for (const made of [buildDeb(tree), buildRpm(tree)]) {
    process.stdout.write(`${sha256(readFileSync(made))}  ${made}\n`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function layTree(tree: string): void {
  const put = (path: string, content: string | Buffer, mode = 0o644): void => {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  };
  const program = join(work, "fettle-host");
  writeFileSync(program, text);
  put("usr/sbin/fettle-host", text, 0o755);
  // The units have one source, the program itself: an install line writes the same.
  for (const unit of UNITS)
    put(`usr/lib/systemd/system/${unit}`, run("sh", [program, "agent-unit", unit]));
  for (const unit of ["fettle-host-recover.service", "fettle-host-recover.timer"]) {
    put(`usr/lib/systemd/system/${unit}`, readFileSync(join(root, "packaging/systemd", unit)));
  }
  const doc = "usr/share/doc/fettle-host";
  put(`${doc}/examples/fettle-agent.cron`, run("sh", [program, "agent-unit", "cron"]));
  put(`${doc}/copyright`, readFileSync(join(root, "LICENSE")));
  const man = readFileSync(join(root, "packaging/host/fettle-host.8"));
  put("usr/share/man/man8/fettle-host.8.gz", gzipSync(man, { level: 9 }));
}

/** A program that does not even start must not stay: dpkg and rpm then keep, or take back, the one before. */
function scripts(): { readonly installed: string; readonly removing: string } {
  return {
    installed: [
      'sh -n /usr/sbin/fettle-host && [ -n "$(/usr/sbin/fettle-host agent-unit cron)" ] || exit 1',
      "if [ -d /run/systemd/system ]; then",
      "  systemctl daemon-reload || :",
      "  systemctl enable --now fettle-agent.timer fettle-host-recover.timer || :",
      "  systemctl enable fettle-host-recover.service || :",
      "fi",
    ].join("\n"),
    removing: [
      "if [ -d /run/systemd/system ]; then",
      "  systemctl disable --now fettle-agent.timer fettle-host-recover.timer || :",
      "fi",
    ].join("\n"),
  };
}

function buildDeb(tree: string): string {
  const folder = join(work, "deb");
  cpSync(tree, folder, { recursive: true });
  const control = join(folder, "DEBIAN");
  mkdirSync(control);
  writeFileSync(
    join(control, "control"),
    [
      "Package: fettle-host",
      `Version: ${version}`,
      "Architecture: all",
      "Section: admin",
      "Priority: optional",
      "Maintainer: Fettle <fettle@localhost>",
      "Depends: curl, openssh-client (>= 1:8.4) | openssl",
      `Description: ${SUMMARY}`,
      ` ${ABOUT}`,
      "",
    ].join("\n"),
  );
  const { installed, removing } = scripts();
  script(join(control, "postinst"), `[ "$1" = configure ] || exit 0\n${installed}`);
  script(join(control, "prerm"), `[ "$1" = remove ] || exit 0\n${removing}`);
  setTimes(folder);
  const made = join(target, `fettle-host_${version}_all.deb`);
  // gzip: what xz makes differs with its version and its threads.
  run("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", folder, made]);
  return made;
}

function script(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\nset -e\n${body}\n`);
  chmodSync(file, 0o755);
}

function buildRpm(tree: string): string {
  const top = join(work, "rpm");
  mkdirSync(top);
  setTimes(tree);
  const { installed, removing } = scripts();
  const files = readdirSync(tree, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(tree, name)).isFile())
    .sort()
    .map((name) => `/${name}`);
  const spec = [
    "Name: fettle-host",
    `Version: ${version}`,
    "Release: 1",
    `Summary: ${SUMMARY}`,
    "License: see /usr/share/doc/fettle-host/copyright",
    "BuildArch: noarch",
    "Requires: curl, (openssh-clients >= 8.4 or openssl)",
    "AutoReqProv: no",
    "%description",
    ABOUT,
    "%install",
    `cp -a ${tree}/. %{buildroot}/`,
    "%post",
    installed,
    "%preun",
    `[ "$1" = 0 ] || exit 0\n${removing}`,
    "%files",
    "%defattr(-,root,root)",
    ...files,
    "",
  ].join("\n");
  const specFile = join(top, "fettle-host.spec");
  writeFileSync(specFile, spec);
  const defined: Readonly<Record<string, string>> = {
    _topdir: top,
    _rpmdir: top,
    _rpmfilename: "made.rpm",
    _buildhost: "fettle",
    _binary_payload: "w9.gzdio",
    _build_id_links: "none",
    __os_install_post: "%{nil}",
    use_source_date_epoch_as_buildtime: "1",
    clamp_mtime_to_source_date_epoch: "1",
    source_date_epoch_from_changelog: "0",
  };
  const macros = Object.entries(defined).flatMap(([name, value]) => ["-D", `${name} ${value}`]);
  run("rpmbuild", ["-bb", ...macros, specFile]);
  const made = join(target, `fettle-host-${version}-1.noarch.rpm`);
  cpSync(join(top, "made.rpm"), made);
  return made;
}

function setTimes(folder: string): void {
  const at = Number(epoch);
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    utimesSync(join(folder, name), at, at);
  }
  utimesSync(folder, at, at);
}

function run(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 120_000,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LC_ALL: "C",
      TZ: "UTC",
      SOURCE_DATE_EPOCH: epoch,
    },
  });
  if (done.status === 0) return done.stdout;
  process.stderr.write(
    `${program} failed:\n${done.stdout ?? ""}${done.stderr ?? String(done.error)}\n`,
  );
  process.exit(1);
}
