/**
 * The name of an ecosystem as people say it: `Debian:12` is Debian 12, `Ubuntu:22.04:LTS` is Ubuntu 22.04 LTS (OSV
 * schema, "Defined ecosystems"). Names of products (`Red Hat:enterprise_linux:9::appstream`) stay as they are
 * published. For reading only: addresses and questions keep the published name.
 */
export function releaseName(ecosystem: string): string {
  return /::|_/.test(ecosystem) ? ecosystem : ecosystem.replaceAll(":", " ");
}

/**
 * A system as its makers write it, from `ID` and `VERSION_ID` (os-release(5)): `debian` and `12` are Debian 12. An
 * identity that is not known here stays as the system tells it.
 */
export function systemName(system: {
  readonly distribution: string;
  readonly release: string;
}): string {
  const { distribution, release } = system;
  const name = Object.hasOwn(systemNames, distribution) ? systemNames[distribution] : distribution;
  return release === "" ? `${name}` : `${name} ${release}`;
}

const systemNames: Readonly<Record<string, string>> = {
  almalinux: "AlmaLinux",
  alpine: "Alpine",
  amzn: "Amazon Linux",
  arch: "Arch Linux",
  centos: "CentOS",
  debian: "Debian",
  fedora: "Fedora",
  ol: "Oracle Linux",
  opensuse: "openSUSE",
  "opensuse-leap": "openSUSE Leap",
  "opensuse-tumbleweed": "openSUSE Tumbleweed",
  raspbian: "Raspbian",
  rhel: "Red Hat Enterprise Linux",
  rocky: "Rocky Linux",
  sles: "SUSE Linux Enterprise Server",
  ubuntu: "Ubuntu",
  wolfi: "Wolfi",
};
