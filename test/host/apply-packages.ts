import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "./apply-root.ts";

/** Small real packages and a repository signed with a throw-away key. */

export interface DemoPackage {
  readonly name: string;
  readonly version: string;
  readonly arch?: string;
  readonly depends?: string;
  /** Path inside the package to text; a path under `etc/init.d` or with a shebang is executable. */
  readonly files?: Readonly<Record<string, string>>;
  readonly conffiles?: readonly string[];
  /** Bodies of maintainer scripts. Each postinst also notes its run in /var/log/effects. */
  readonly preinst?: string;
  readonly postinst?: string;
  readonly control?: Readonly<Record<string, string>>;
}

export interface BuiltPackage extends DemoPackage {
  readonly arch: string;
  readonly sha256: string;
  readonly file: string;
}

export async function buildPackage(folder: string, demo: DemoPackage): Promise<BuiltPackage> {
  const arch = demo.arch ?? "amd64";
  const tree = join(folder, `.${demo.name}-${demo.version}`);
  mkdirSync(join(tree, "DEBIAN"), { recursive: true, mode: 0o755 });
  const files = { [`usr/share/${demo.name}/version`]: `${demo.version}\n`, ...demo.files };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(tree, path), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  const control = [
    `Package: ${demo.name}`,
    `Version: ${demo.version}`,
    `Architecture: ${arch}`,
    "Maintainer: Demo <demo@example.org>",
    ...(demo.depends === undefined ? [] : [`Depends: ${demo.depends}`]),
    "Description: a package for a test",
    "",
  ];
  writeFileSync(join(tree, "DEBIAN/control"), control.join("\n"));
  if (demo.conffiles !== undefined) {
    writeFileSync(join(tree, "DEBIAN/conffiles"), `${demo.conffiles.join("\n")}\n`);
  }
  const effect = `echo "${demo.name} ${demo.version} $1" >>/var/log/effects`;
  const scripts = {
    preinst: demo.preinst,
    postinst: `${demo.postinst ?? ""}\n[ "$1" != configure ] || ${effect}\nexit 0`,
    ...demo.control,
  };
  for (const [name, text] of Object.entries(scripts)) {
    if (text === undefined) continue;
    const isData = name === "templates" || name === "triggers";
    const body = isData ? `${text}\n` : `#!/bin/sh\n${text.replace(/^#!\/bin\/sh\n/, "")}\n`;
    writeFileSync(join(tree, "DEBIAN", name), body, { mode: isData ? 0o644 : 0o755 });
  }
  const file = join(folder, `${demo.name}_${demo.version}_${arch}.deb`);
  await must(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, file]);
  rmSync(tree, { recursive: true });
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  return { ...demo, arch, file, sha256 };
}

export interface Signer {
  readonly home: string;
  readonly publicKey: string;
}

export async function makeSigner(folder: string, algorithm = "ed25519"): Promise<Signer> {
  const home = join(folder, "gnupg");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const gpg = ["gpg", "--homedir", home, "--batch", "--quiet"] as const;
  await must([
    ...gpg,
    "--passphrase",
    "",
    "--quick-gen-key",
    "demo@example.org",
    algorithm,
    "sign",
    "0",
  ]);
  return { home, publicKey: await must([...gpg, "--armor", "--export"]) };
}

/** Writes Packages, Release and InRelease for the files in FOLDER. */
export async function publish(
  folder: string,
  signer: Signer,
  about: { date?: Date; validUntil?: Date } = {},
): Promise<void> {
  const packages = await must(["sh", "-c", 'cd "$1" && apt-ftparchive packages .', "sh", folder]);
  writeFileSync(join(folder, "Packages"), packages);
  const digest = createHash("sha256").update(packages).digest("hex");
  const release = [
    "Origin: Demo",
    "Label: Demo",
    "Suite: demo",
    `Date: ${(about.date ?? new Date()).toUTCString()}`,
    ...(about.validUntil === undefined ? [] : [`Valid-Until: ${about.validUntil.toUTCString()}`]),
    "SHA256:",
    ` ${digest} ${Buffer.byteLength(packages)} Packages`,
    "",
  ].join("\n");
  writeFileSync(join(folder, "Release"), release);
  const inRelease = await must(
    ["gpg", "--homedir", signer.home, "--batch", "--quiet", "--clearsign"],
    { input: release },
  );
  writeFileSync(join(folder, "InRelease"), inRelease);
}

/** The init script of a small web server whose health page its package decides. */
export function initScript(name: string): string {
  return `#!/bin/sh
### BEGIN INIT INFO
# Provides: ${name}
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
# pidfile: /run/${name}.pid
. /etc/default/${name}
case $1 in
  start)
    start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile /run/${name}.pid \\
      --exec /bin/busybox -- httpd -f -p 127.0.0.1:$PORT -h /usr/share/${name}/www ;;
  stop) start-stop-daemon --stop --quiet --oknodo --signal KILL --retry KILL/2 --pidfile /run/${name}.pid ;;
  restart) "$0" stop; "$0" start ;;
  status) start-stop-daemon --status --pidfile /run/${name}.pid ;;
  *) echo "Usage: $0 start|stop|restart|status"; exit 2 ;;
esac
`;
}
