import { Failure } from "../base/failure.ts";
import { ecosystemOf } from "./ecosystem.ts";

/**
 * A release as people and feeds type it (`bookworm`, `debian-12`, `Ubuntu 22.04.3 LTS`, `AlmaLinux 9.4`,
 * `Rocky Linux:9`, `sles-15-sp4`) → the ecosystem its packages are judged in.
 */
export function ecosystemOfRelease(text: string): string {
  const found = known(plain(text));
  if (found === null) throw unknownRelease(text);
  return found;
}

/**
 * Short names that say no distribution are read by what packages they are about: `12` and `22.04` of
 * dpkg are Debian's and Ubuntu's. `9` and `el9` of rpm may be any of several that share their builds'
 * mark, so all of them are given, for whoever knows more to choose.
 */
export function ecosystemsOfRelease(text: string, of: "deb" | "rpm"): readonly string[] {
  const name = plain(text);
  const found = known(name);
  if (found !== null) return [found];
  const number = /^(?:el|v)?(\d+(?:\.\d+)*)$/.exec(name)?.[1];
  if (number === undefined) throw unknownRelease(text);
  if (of === "rpm") return markedEl.map((id) => ecosystemOf(id, number, ""));
  const ubuntu = /^\d\d\.\d\d/.exec(number)?.[0];
  const isUbuntu = ubuntu !== undefined && Object.values(ubuntuCodenames).includes(ubuntu);
  return [isUbuntu ? ecosystemOf("ubuntu", ubuntu, "") : ecosystemOf("debian", number, "")];
}

/** Distributions whose builds are marked `elN`. */
const markedEl: readonly string[] = ["almalinux", "rocky", "rhel", "ol", "centos"];

/** One way of writing: small letters, words joined by `-`, without what says nothing. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\([^)]*\)/g, " ")
    .replace(/gnu\/linux/g, " ")
    .replace(/["'\s_:,/-]+/g, "-")
    .replace(/-(release|server)(?=-)/g, "")
    .replace(/-(lts|security|updates)$/g, "")
    .replace(/^-|-$/g, "");
}

function known(name: string): string | null {
  const byCodename = ecosystemOfCodename(name.replace(/^(debian|ubuntu)-(?=[a-z])/, ""));
  if (byCodename !== null) return byCodename;
  const alone = own(withoutNumber, name);
  if (alone !== undefined) return ecosystemOf(alone, "", "");
  const match = /^([a-z][a-z-]*?)-?v?(\d+(?:\.\d+)*)(?:[-.]?sp-?(\d+))?$/.exec(name);
  const [, id = "", number = "", servicePack] = match ?? [];
  const distribution = own(ids, id);
  if (distribution === undefined) return null;
  // Point releases of Ubuntu (22.04.3) are the release.
  const release = distribution === "ubuntu" ? number.replace(/^(\d+\.\d+)\..*$/, "$1") : number;
  const whole = servicePack === undefined ? release : `${release}.${servicePack}`;
  return ecosystemOf(distribution, whole, "");
}

/** Distributions that have no releases. */
const withoutNumber: Readonly<Record<string, string>> = {
  wolfi: "wolfi",
  chainguard: "chainguard",
  arch: "arch",
  archlinux: "arch",
  "arch-linux": "arch",
};

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
  deb: "debian",
  ubuntu: "ubuntu",
  alpine: "alpine",
  "alpine-linux": "alpine",
  almalinux: "almalinux",
  "alma-linux": "almalinux",
  alma: "almalinux",
  rocky: "rocky",
  rockylinux: "rocky",
  "rocky-linux": "rocky",
  rhel: "rhel",
  redhat: "rhel",
  "red-hat": "rhel",
  "red-hat-enterprise-linux": "rhel",
  ol: "ol",
  oracle: "ol",
  oraclelinux: "ol",
  "oracle-linux": "ol",
  sles: "sles",
  suse: "sles",
  "suse-linux-enterprise": "sles",
  "opensuse-leap": "opensuse-leap",
  opensuse: "opensuse-leap",
  leap: "opensuse-leap",
  amzn: "amzn",
  al: "amzn",
  amazon: "amzn",
  amazonlinux: "amzn",
  "amazon-linux": "amzn",
  fedora: "fedora",
  "fedora-linux": "fedora",
  centos: "centos",
  "centos-linux": "centos",
  "centos-stream": "centos",
};

function unknownRelease(text: string): Failure {
  return new Failure(
    "invalid",
    `The release ${JSON.stringify(text.slice(0, 60))} is not known. Write a codename (bookworm, jammy) or a name with a number (debian-12, ubuntu-22.04, almalinux-9, rocky-9, rhel-9, ol-9, sles-15.4, alpine-3.19).`,
  );
}
