import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** A small archive of real packages, with the lists that Debian's own tools make of it. */
export interface MadeArchive {
  /** `main/binary-amd64/Packages`. */
  readonly packages: Buffer;
  readonly packed: Buffer;
  /** The text to sign. */
  readonly release: string;
}

export interface MadePackage {
  readonly name: string;
  readonly version: string;
  /** What lies in it: the same name and version with another content is another file. */
  readonly content?: string;
}

export function makeArchive(
  folder: string,
  of: { readonly packages: readonly MadePackage[]; readonly at: number; readonly fields?: string },
): MadeArchive {
  const pool = join(folder, "pool");
  const lists = join(folder, "dists/stable/main/binary-amd64");
  for (const path of [pool, lists]) mkdirSync(path, { recursive: true });
  for (const one of of.packages) makePackage(folder, one);
  const run = (...args: readonly string[]): Buffer =>
    execFileSync("apt-ftparchive", [...args], { cwd: folder });
  const packages = run("packages", "pool");
  const packed = gzipSync(packages);
  writeFileSync(join(lists, "Packages"), packages);
  writeFileSync(join(lists, "Packages.gz"), packed);
  const options = { Suite: "stable", Components: "main", Architectures: "amd64" };
  const set = Object.entries(options).flatMap(([name, value]) => [
    "-o",
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const made = run(...set, "release", "dists/stable").toString();
  const dated = new Date(of.at).toUTCString().replace("GMT", "UTC");
  const release = `${of.fields ?? ""}${made.replace(/^Date: .*$/m, `Date: ${dated}`)}`;
  return { packages, packed, release };
}

function makePackage(folder: string, { name, version, content = "" }: MadePackage): void {
  const root = join(folder, "root", name);
  mkdirSync(join(root, "DEBIAN"), { recursive: true });
  mkdirSync(join(root, "usr/share", name), { recursive: true });
  writeFileSync(join(root, "usr/share", name, "content"), content);
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    "Architecture: amd64",
    "Maintainer: Test <test@example.org>",
    "Description: a test",
  ];
  writeFileSync(join(root, "DEBIAN/control"), `${control.join("\n")}\n`);
  const file = join(folder, "pool", `${name}_${version}_amd64.deb`);
  const args = ["--root-owner-group", "--build", root, file];
  execFileSync("dpkg-deb", args, {
    stdio: "ignore",
    env: { ...process.env, SOURCE_DATE_EPOCH: "1" },
  });
}

/** As the archive holds it, for whoever installs it. */
export function packageFile(folder: string, { name, version }: MadePackage): Buffer {
  return readFileSync(join(folder, "pool", `${name}_${version}_amd64.deb`));
}
