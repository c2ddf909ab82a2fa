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
  const [, mark, number = ""] = /^(el)?(\d+(?:\.\d+)*)$/.exec(name) ?? [];
  if (number === "" || (of === "deb" && mark !== undefined)) throw unknownRelease(text);
  if (of === "rpm") return markedEl.map((id) => ecosystemOf(id, number, ""));
  const ubuntu = ubuntuNumber(number);
  if (Object.values(ubuntuCodenames).includes(ubuntu)) return [ecosystemOf("ubuntu", ubuntu, "")];
  const debian = number.replace(/\..*$/, "");
  if (!Object.values(debianCodenames).includes(debian)) throw unknownRelease(text);
  return [ecosystemOf("debian", debian, "")];
}

/** Point releases (22.04.3) are the release; `2204` is how machine images write it. */
function ubuntuNumber(number: string): string {
  return number.replace(/^(\d\d)\.?(\d\d)(?:\..*)?$/, "$1.$2");
}

/** Distributions whose builds are marked `elN`. */
const markedEl: readonly string[] = ["almalinux", "rocky", "rhel", "ol", "centos"];

/** One way of writing: small letters, words joined by `-`, without what says nothing. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\([^)]{0,200}\)/g, " ")
    .replace(/gnu\/linux/g, " ")
    .replace(/["'\s_:,/-]+/g, "-")
    .replace(/-(release|server)(?=-)/g, "")
    .replace(/-(?:lts|security|(?:proposed-)?updates|backports)$/, "")
    .replace(/^-|-$/g, "");
}

function known(name: string): string | null {
  const byCodename = ecosystemOfCodename(name.replace(/^(debian|ubuntu)-(?=[a-z])/, ""));
  if (byCodename !== null) return byCodename;
  const alone = own(withoutNumber, name);
  if (alone !== undefined) return ecosystemOf(alone, "", "");
  // Alpine's rolling branch has a name where others have a number.
  if (/^(?:alpine-(?:linux-)?)?edge$/.test(name)) return "Alpine:edge";
  const match = /^([a-z][a-z-]*?)-?v?(\d+(?:\.\d+)*)(?:[-.]?sp-?(\d+))?$/.exec(name);
  const [, id = "", number = "", servicePack] = match ?? [];
  const distribution = own(ids, id);
  if (distribution === undefined) return null;
  const release = distribution === "ubuntu" ? ubuntuNumber(number) : number;
  const whole = servicePack === undefined ? release : `${release}.${servicePack}`;
  return ecosystemOf(distribution, whole, "");
}

/** Distributions that have no releases. */
const withoutNumber: Readonly<Record<string, string>> = {
  wolfi: "wolfi",
  "wolfi-os": "wolfi",
  chainguard: "chainguard",
  arch: "arch",
  archlinux: "arch",
  "arch-linux": "arch",
  tumbleweed: "opensuse-tumbleweed",
  "opensuse-tumbleweed": "opensuse-tumbleweed",
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
  "almalinux-os": "almalinux",
  alma: "almalinux",
  rocky: "rocky",
  rockylinux: "rocky",
  "rocky-linux": "rocky",
  rhel: "rhel",
  redhat: "rhel",
  "red-hat": "rhel",
  "red-hat-enterprise-linux": "rhel",
  "redhat-enterprise-linux": "rhel",
  ol: "ol",
  oracle: "ol",
  oraclelinux: "ol",
  "oracle-linux": "ol",
  sles: "sles",
  sle: "sles",
  sled: "sled",
  "sles-sap": "sles_sap",
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
  fc: "fedora",
  f: "fedora",
  centos: "centos",
  "centos-linux": "centos",
  "centos-stream": "centos",
  photon: "photon",
  "photon-os": "photon",
  azurelinux: "azurelinux",
  "azure-linux": "azurelinux",
  mariner: "mariner",
  "cbl-mariner": "mariner",
  mageia: "mageia",
};

/** Names that mean another release every few years, or one that no feed speaks of. */
const moving: Readonly<Record<string, string>> = {
  stable: "It means another release every two years: write that one's codename",
  oldstable: "It means another release every two years: write that one's codename",
  testing: "No feed speaks of testing: write the codename that it will be released under",
  unstable: "No feed speaks of unstable, which is fixed before the others are",
  sid: "No feed speaks of sid, which is fixed before the others are",
};
const EXAMPLES =
  "Write a codename (bookworm, jammy) or a name with a number (debian-12, ubuntu-22.04, almalinux-9, rocky-9, rhel-9, ol-9, sles-15.4, alpine-3.19)";

function unknownRelease(text: string): Failure {
  const hint = own(moving, plain(text).replace(/^debian-/, "")) ?? EXAMPLES;
  return new Failure(
    "invalid",
    `The release ${JSON.stringify(text.slice(0, 60))} is not known. ${hint}.`,
  );
}
