import { Failure } from "../base/failure.ts";
import { ecosystemOf } from "./ecosystem.ts";

/**
 * A release as people type it (`bookworm`, `debian-12`, `ubuntu-22.04`, `almalinux-9`, `alpine-3.19`,
 * `sles-15.4`) → the ecosystem its packages are judged in.
 */
export function ecosystemOfRelease(text: string): string {
  const name = text.trim().toLowerCase();
  const byCodename = ecosystemOfCodename(name);
  if (byCodename !== null) return byCodename;
  if (name === "wolfi" || name === "chainguard") return ecosystemOf(name, "", "");
  const match = /^([a-z][a-z_-]*?)[-_: ]?v?(\d+(?:\.\d+)*)(?:[-. ]?sp(\d+))?$/.exec(name);
  const id = match?.[1] === undefined ? undefined : (ids[match[1]] ?? null);
  if (match?.[2] === undefined || id === null || id === undefined) throw unknownRelease(text);
  const release = match[3] === undefined ? match[2] : `${match[2]}.${match[3]}`;
  return ecosystemOf(id, release, "");
}

/** Debian and Ubuntu are mostly called by their codenames, in feeds too. */
export function ecosystemOfCodename(codename: string): string | null {
  const debian = own(debianCodenames, codename);
  if (debian !== undefined) return `Debian:${debian}`;
  const ubuntu = own(ubuntuCodenames, codename);
  return ubuntu === undefined ? null : ecosystemOf("ubuntu", ubuntu, codename);
}

function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Codename → number, as OSV's ecosystem names need it. `sid` has no number and no hosts of ours. */
export const debianCodenames: Readonly<Record<string, string>> = {
  wheezy: "7",
  jessie: "8",
  stretch: "9",
  buster: "10",
  bullseye: "11",
  bookworm: "12",
  trixie: "13",
  forky: "14",
  duke: "15",
};

export const ubuntuCodenames: Readonly<Record<string, string>> = {
  precise: "12.04",
  trusty: "14.04",
  vivid: "15.04",
  wily: "15.10",
  xenial: "16.04",
  yakkety: "16.10",
  zesty: "17.04",
  artful: "17.10",
  bionic: "18.04",
  cosmic: "18.10",
  disco: "19.04",
  eoan: "19.10",
  focal: "20.04",
  groovy: "20.10",
  hirsute: "21.04",
  impish: "21.10",
  jammy: "22.04",
  kinetic: "22.10",
  lunar: "23.04",
  mantic: "23.10",
  noble: "24.04",
  oracular: "24.10",
  plucky: "25.04",
  questing: "25.10",
  resolute: "26.04",
};

/** What people write → the ID of os-release(5). */
const ids: Readonly<Record<string, string>> = {
  debian: "debian",
  ubuntu: "ubuntu",
  alpine: "alpine",
  almalinux: "almalinux",
  alma: "almalinux",
  rocky: "rocky",
  rockylinux: "rocky",
  "rocky-linux": "rocky",
  rhel: "rhel",
  redhat: "rhel",
  "red-hat": "rhel",
  ol: "ol",
  oracle: "ol",
  oraclelinux: "ol",
  "oracle-linux": "ol",
  sles: "sles",
  suse: "sles",
  "opensuse-leap": "opensuse-leap",
  opensuse: "opensuse-leap",
  leap: "opensuse-leap",
  amzn: "amzn",
  amazon: "amzn",
  "amazon-linux": "amzn",
  fedora: "fedora",
  centos: "centos",
};

function unknownRelease(text: string): Failure {
  return new Failure(
    "invalid",
    `The release ${JSON.stringify(text.slice(0, 60))} is not known. Write a codename (bookworm, jammy) or a name with a number (debian-12, ubuntu-22.04, almalinux-9, rocky-9, rhel-9, ol-9, sles-15.4, alpine-3.19).`,
  );
}
