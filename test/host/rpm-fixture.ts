import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { hostProgram } from "../../src/reach/host-program.ts";
import { makeSigner, type Signer } from "./apply-packages.ts";
import { ensureBase, missingForRoots, must, Root } from "./apply-root.ts";
import { Server } from "./apply-server.ts";

/**
 * Hosts whose packages are rpm's: a root with this machine's own rpm and dnf in it, a database of its own,
 * and a repository of small packages that we build and sign. The root was a Debian; what is left of that is
 * only where programs lie.
 */

/** Who resolves and carries out on a host of rpm. */
export type RpmTool = "dnf" | "zypper";

/** Why these tests cannot run here, or null. */
export function missingForRpm(by: RpmTool = "dnf"): string | null {
  const manager = by === "dnf" ? "dnf-3" : "zypper";
  const tool = ["rpm", "rpmbuild", "rpmsign", "rpmkeys", "createrepo_c", manager].find(
    (name) => !existsSync(join("/usr/bin", name)),
  );
  return missingForRoots() ?? (tool === undefined ? null : `the program ${tool} is not here`);
}

interface Demo {
  readonly name: string;
  readonly version: string;
  readonly requires?: string;
  readonly provides?: string;
  readonly files?: number;
  readonly pre?: string;
  readonly post?: string;
  readonly isUnsigned?: true;
  /** Of this machine's architecture, by which a host tells its own. */
  readonly isNative?: true;
}

/** What our own package asks for, which this machine's Debian brought. */
const STAND_IN: Demo = {
  ...{ name: "stand-in", version: "1.0", isNative: true },
  provides: "/bin/sh, curl, openssh-clients = 9.0",
};

const SLOWLY = "echo began >/var/log/slow; until [ -e /var/log/slow-end ]; do sleep 0.1; done";
const FAILING = { pre: "exit 1", requires: "libdemo = 2.0" } as const;

const DEMO: readonly Demo[] = [
  { name: "demo-base", version: "1.0", provides: "/bin/sh" },
  ...["1.0", "2.0"].flatMap((version): Demo[] => [
    { name: "libdemo", version },
    { name: "demo-web", version, requires: `libdemo = ${version}` },
    { name: "demo-many", version, files: 150, post: "sleep 0.1" },
    // It can only come after the library, so something has changed when it fails.
    { name: "demo-bad", version, ...(version === "2.0" ? FAILING : {}) },
    { name: "demo-need", version, ...(version === "2.0" ? { requires: "demo-new" } : {}) },
    { name: "demo-open", version, ...(version === "2.0" ? { isUnsigned: true } : {}) },
  ]),
  { name: "demo-new", version: "1.0" },
  // Its script ends when the test says so.
  { name: "demo-slow", version: "1.0", post: SLOWLY },
  ...["1.0", "2.0"].map((version): Demo => {
    const provides = "installonlypkg(kernel), multiversion(kernel)";
    return { name: "kernel-core", version, provides };
  }),
];

export interface RpmPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly file: string;
}

export interface RpmFixture {
  readonly folder: string;
  readonly server: Server;
  readonly layers: readonly string[];
  readonly layer: Root;
  readonly packages: readonly RpmPackage[];
}

const SOURCE = "[demo]\nname=Demo\nbaseurl=file:///srv/repo\ngpgkey=file:///etc/pki/demo.asc\n";

/**
 * `own`: packages that were built elsewhere, in place of the small ones; nothing of them is installed,
 * and the host is not enrolled.
 */
export async function makeRpmFixture(
  by: RpmTool = "dnf",
  own: readonly (Pick<Demo, "name" | "version"> & { readonly file: string })[] = [],
): Promise<RpmFixture> {
  const base = await ensureBase();
  const folder = mkdtempSync(join(tmpdir(), "fettle-rpm-made-"));
  const signer = await makeSigner(folder, "rsa2048");
  const layer = await Root.over([base], { usr: "/usr" });
  await layer.sh(
    "rm -rf /var/lib/dpkg /etc/debian_version /etc/apt /etc/os-release && mkdir -p /var/lib/rpm /etc/fettle",
  );
  layer.write("etc/rpm/macros", "%_dbpath /var/lib/rpm\n");
  if (by === "dnf") {
    layer.write("etc/dnf/dnf.conf", "[main]\ngpgcheck=1\ninstallonly_limit=3\n");
    layer.write("etc/os-release", 'ID="rocky"\nVERSION_ID="9.4"\n');
    layer.write("etc/yum.repos.d/demo.repo", SOURCE);
  } else {
    layer.write("etc/zypp/zypp.conf", "[main]\nmultiversion = provides:multiversion(kernel)\n");
    layer.write("etc/os-release", 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n');
    layer.write("etc/zypp/repos.d/demo.repo", `${SOURCE}enabled=1\n`);
  }
  layer.write("etc/pki/demo.asc", signer.publicKey);
  const repository = layer.at("srv/repo");
  mkdirSync(repository, { recursive: true, mode: 0o755 });
  const demos = own.length > 0 ? [STAND_IN] : DEMO;
  const made = await Promise.all(demos.map((demo) => buildRpm(folder, repository, demo)));
  const others = own.map(({ file, ...demo }) => {
    const copy = join(repository, basename(file));
    copyFileSync(file, copy);
    return { demo: demo as Demo, file: copy };
  });
  const built = [...made, ...others];
  const signed = built.filter(({ demo }) => demo.isUnsigned === undefined);
  await must([
    ...([
      "rpmsign",
      "--define",
      "__gpg /usr/bin/gpg",
      "--define",
      "_gpg_name demo@example.org",
    ] as const),
    ...["--define", `_gpg_path ${signer.home}`, "--addsign", ...signed.map(({ file }) => file)],
  ]);
  await must(["createrepo_c", "-q", repository]);
  await signIndex(signer, join(repository, "repodata/repomd.xml"));
  const server = new Server();
  if (own.length > 0) {
    await layer.sh("rpm --import /etc/pki/demo.asc && rpm -U /srv/repo/stand-in-1.0-1.*");
  } else {
    await layer.sh(
      "rpm --import /etc/pki/demo.asc && cd /srv/repo && rpm -U demo-base-1.0-1.* libdemo-1.0-1.* " +
        "demo-web-1.0-1.* demo-many-1.0-1.* demo-bad-1.0-1.* demo-need-1.0-1.* demo-open-1.0-1.* " +
        "kernel-core-1.0-1.* 2>/dev/null && rm -f /var/log/effects",
    );
    layer.write("etc/fettle/limits", "packages 30\nask 3\nsettle 5\n");
    layer.write("usr/sbin/fettle-host", hostProgram(), 0o755);
    await server.enrol(layer);
  }
  await layer.close({ keepUpper: true });
  const packages = built.map(({ demo: { name, version }, file }) => {
    const sha256 = createHash("sha256")
      .update(readFileSync(join(layer.upper, "srv/repo", file.split("/").at(-1) ?? "")))
      .digest("hex");
    return { name, version, sha256, file };
  });
  return { folder, server, layers: [layer.upper, base], layer, packages };
}

/** libzypp reads no lists but signed ones. */
async function signIndex(signer: Signer, index: string): Promise<void> {
  const gpg = ["gpg", "--homedir", signer.home, "--batch", "--quiet", "--armor"] as const;
  await must([...gpg, "--detach-sign", "-o", `${index}.asc`, index]);
  writeFileSync(`${index}.key`, signer.publicKey);
}

async function buildRpm(
  folder: string,
  repository: string,
  demo: Demo,
): Promise<{ readonly demo: Demo; readonly file: string }> {
  const { name, version } = demo;
  const at = `/opt/${name}-${name.startsWith("kernel") ? version : "x"}`;
  const spec = [
    ...[`Name: ${name}`, `Version: ${version}`, "Release: 1", "Summary: a package for a test"],
    ...["License: none", ...(demo.isNative === true ? [] : ["BuildArch: noarch"])],
    ...(demo.requires === undefined ? [] : [`Requires: ${demo.requires}`]),
    ...(demo.provides === undefined ? [] : [`Provides: ${demo.provides}`]),
    ...["%description", "A package for a test.", "%install", `mkdir -p %{buildroot}${at}`],
    `echo ${version} >%{buildroot}${at}/version`,
    `for i in $(seq 1 ${demo.files ?? 0}); do echo "${version} $i" >%{buildroot}${at}/$i; done`,
    ...(demo.pre === undefined ? [] : ["%pre", demo.pre]),
    // What stands in for the shell cannot need one.
    ...(demo.provides?.startsWith("/bin/sh") !== true
      ? ["%post", demo.post ?? ":", `echo "${name} ${version}" >>/var/log/effects`]
      : []),
    ...["%files", at, ""],
  ];
  const file = join(folder, `${name}-${version}.spec`);
  writeFileSync(file, spec.join("\n"));
  const defines = [
    `_topdir ${folder}/build-${name}-${version}`,
    `_rpmdir ${repository}`,
    "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    "_build_id_links none",
    "__os_install_post %{nil}",
  ];
  await must([
    ...(["rpmbuild", "--quiet", "-bb"] as const),
    ...defines.flatMap((one) => ["--define", one]),
    file,
  ]);
  const arch = demo.isNative === true ? await must(["rpm", "-E", "%_arch"]) : "noarch";
  return { demo, file: join(repository, `${name}-${version}-1.${arch.trim()}.rpm`) };
}

export async function dropRpmFixture(fixture: RpmFixture): Promise<void> {
  await fixture.layer.close();
  rmSync(fixture.folder, { recursive: true, force: true });
}

export async function anRpmRoot(fixture: RpmFixture, program = hostProgram()): Promise<Root> {
  const root = await Root.over(fixture.layers, { usr: "/usr" });
  root.write("usr/sbin/fettle-host", program, 0o755);
  return root;
}

/** Numbered steps between two versions each (`-` is none), with the way back. */
export function rpmBody(
  fixture: RpmFixture,
  moves: readonly (readonly [name: string, from: string, to: string])[],
): string[] {
  const evr = (version: string): string => (version === "-" ? "-" : `${version}-1`);
  const line = (name: string, from: string, to: string): string => {
    const sha256 = fixture.packages.find((p) => p.name === name && p.version === to)?.sha256 ?? "-";
    const verb =
      to === "-" ? "remove" : from === "-" ? "install" : from < to ? "upgrade" : "downgrade";
    return `${verb} ${name} noarch ${evr(from)} ${evr(to)} ${sha256}`;
  };
  return [
    ...moves.map(([name, from, to], at) => `step ${at + 1} ${line(name, from, to)}`),
    ...moves.map(([name, from, to], at) => `undo ${at + 1} ${line(name, to, from)}`),
  ];
}
