/**
 * The name of an ecosystem as a host has it, from the many that publishers write.
 *
 * A distribution's publisher may name the product or the repository (OSV schema, "Defined
 * ecosystems": `Red Hat:enterprise_linux:9::appstream`, `SUSE:Linux Enterprise Module for Basesystem
 * 15 SP4`); packages are judged by release, so both become the release. Lines that need a
 * subscription of their own (ESM, EUS, LTSS) stay apart as a channel of the release: their fix is no
 * remedy for a host without it.
 */
export function canonicalEcosystem(name: string): string {
  if (name.startsWith("Red Hat:")) return redHat(name);
  if (name.startsWith("SUSE:")) return suse(name.slice("SUSE:".length)) ?? name;
  return name;
}

/** `cpe:/a:redhat:enterprise_linux:9::appstream` is written without its beginning. */
function redHat(name: string): string {
  const [, product = "", version = ""] = name.split(":");
  if (version === "") return name;
  if (product === "enterprise_linux") return `Red Hat:${major(version)}`;
  const line = /^rhel_(eus|aus|tus|e4s|els|eus_long_life)$/.exec(product)?.[1];
  return line === undefined ? name : `Red Hat:${line}:${version}`;
}

const SUSE_PRODUCT = /^(?:SUSE )?Linux Enterprise .*?(\d+)(?: SP(\d+))?(?:-([A-Z][A-Za-z]*))?$/;

function suse(product: string): string | null {
  const match = SUSE_PRODUCT.exec(product);
  if (match === null) return null;
  const release = match[2] === undefined ? match[1] : `${match[1]}.${match[2]}`;
  const line =
    match[3] ?? (/ LTSS /.test(product) ? "LTSS" : / ESPOS /.test(product) ? "ESPOS" : undefined);
  return line === undefined ? `SUSE:${release}` : `SUSE:${line.toLowerCase()}:${release}`;
}

function major(version: string): string {
  return version.split(".")[0] ?? version;
}

/** The release that a channel belongs to, for example `Ubuntu:18.04:LTS` for its ESM; else null. */
export function releaseOfChannel(ecosystem: string): string | null {
  const ubuntu = /^Ubuntu:Pro(?::[A-Za-z][A-Za-z-]*)*:(\d\d\.\d\d(?::LTS)?)$/.exec(ecosystem)?.[1];
  if (ubuntu !== undefined) return `Ubuntu:${ubuntu}`;
  const redHat = /^Red Hat:[a-z0-9_]+:(\d+)(?:\.\d+)?$/.exec(ecosystem)?.[1];
  if (redHat !== undefined && !ecosystem.startsWith("Red Hat:enterprise"))
    return `Red Hat:${redHat}`;
  const suse = /^SUSE:[a-z]+:(\d+(?:\.\d+)?)$/.exec(ecosystem)?.[1];
  return suse === undefined ? null : `SUSE:${suse}`;
}

/** The channel as the marks of hosts name it: `Pro:FIPS` is `pro-fips`. */
export function channelMark(ecosystem: string): string {
  return channelName(ecosystem).toLowerCase().replaceAll(":", "-");
}

/** What people call the channel: `Pro`, `Pro:FIPS`, `eus`, `ltss`. */
export function channelName(ecosystem: string): string {
  return ecosystem.replace(/^[^:]+:/, "").replace(/:?\d{1,9}(\.\d{1,9})?(:LTS)?$/, "");
}

/** The feed that OSV's records of an ecosystem make: `osv-rocky-linux`, `osv-crates-io`. */
export function osvFeedOf(base: string): string {
  return `osv-${base.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
}
