/**
 * Names of ecosystems as OSV writes them (OSV schema, "Defined ecosystems"), from the fields of
 * os-release(5). A release we have no rule for gets `<id>:<version>`: nothing is known about it, and
 * its coverage is unknown rather than wrong.
 */
export function ecosystemOf(distribution: string, release: string, codename: string): string {
  switch (distribution) {
    case "debian":
      // Testing and unstable carry no VERSION_ID; OSV has no name for them, so none is invented.
      return release === "" ? `debian:${codename}` : `Debian:${major(release)}`;
    case "ubuntu":
      return `Ubuntu:${release}${isUbuntuLts(release) ? ":LTS" : ""}`;
    case "alpine":
      return `Alpine:v${release.split(".").slice(0, 2).join(".")}`;
    case "almalinux":
      return `AlmaLinux:${major(release)}`;
    case "rocky":
      return `Rocky Linux:${major(release)}`;
    case "rhel":
      return `Red Hat:${major(release)}`;
    case "ol":
      return `Oracle Linux:${major(release)}`;
    case "sles":
    case "sled":
    case "sles_sap":
      return `SUSE:${release}`;
    case "opensuse-leap":
      return `openSUSE:Leap ${release}`;
    case "amzn":
      return `Amazon Linux:${major(release)}`;
    case "fedora":
      return `Fedora:${major(release)}`;
    case "opensuse-tumbleweed":
      return "openSUSE:Tumbleweed";
    case "photon":
      return `Photon OS:${release.includes(".") ? release : `${release}.0`}`;
    case "azurelinux":
    case "mariner":
      return `Azure Linux:${major(release)}`;
    case "mageia":
      return `Mageia:${major(release)}`;
    case "centos":
      return `centos:${major(release)}`;
    case "wolfi":
      return "Wolfi";
    case "chainguard":
      return "Chainguard";
    case "arch":
      return "Arch Linux";
    default:
      return `${distribution}:${release}`;
  }
}

function major(release: string): string {
  return release.split(".")[0] ?? release;
}

/** Long-term releases are those of April in even years (ubuntu.com/about/release-cycle). */
function isUbuntuLts(release: string): boolean {
  const match = /^(\d{2})\.04/.exec(release);
  return match?.[1] !== undefined && Number(match[1]) % 2 === 0;
}
