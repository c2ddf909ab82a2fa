import { builtUsing, sourceOf, stanzas } from "../inventory/formats/stanzas.ts";
import { ecosystemOfCodename } from "../inventory/release-name.ts";

/**
 * What an archive offers: apt's `Packages` indexes (deb822), and the signed `Release` file that names
 * the suite of an index by its digest. An index does not say itself which release it is of; where no
 * Release file names it, the marks in its versions do (`+deb12u1`), and without them it may be of any.
 */
export interface IndexOffer {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Sources whose code it contains, where there are any. */
  readonly builtUsing?: readonly (readonly [source: string, version: string])[];
}

export function isPackagesIndex(head: string): boolean {
  if (!/^Package: \S+\r?\n/.test(head)) return false;
  const first = head.slice(0, Math.max(head.indexOf("\n\n"), 0) || head.length);
  return /^Filename: /m.test(first) && /^Version: /m.test(first) && !/^Status: /m.test(first);
}

/** `Sources` indexes name what is built from what; they offer nothing to a host. */
export function isSourcesIndex(head: string): boolean {
  return /^(Package|Format): \S+\r?\n/.test(head) && /^(Binary|Directory): /m.test(head);
}

export function isReleaseFile(head: string): boolean {
  if (!/^(-----BEGIN PGP SIGNED MESSAGE-----|Origin: |Suite: |Codename: )/.test(head)) return false;
  return /^Codename: /m.test(head) && /^SHA256:/m.test(head);
}

const FIELDS: ReadonlySet<string> = new Set([
  ...["package", "version", "architecture", "source"],
  ...["built-using", "static-built-using"],
]);

export function readPackagesIndex(text: string): readonly IndexOffer[] {
  const offers: IndexOffer[] = [];
  for (const stanza of stanzas(text, FIELDS)) {
    const name = stanza.get("package");
    const version = stanza.get("version");
    if (name === undefined || version === undefined) continue;
    const own = sourceOf(stanza);
    const copies = builtUsing(stanza);
    offers.push({
      name,
      version,
      arch: stanza.get("architecture") ?? "",
      source: own.source,
      sourceVersion: own.version,
      ...(copies.length === 0 ? {} : { builtUsing: copies }),
    });
  }
  return offers;
}

/** The release most of its versions are marked with; null when none is. */
export function releaseInVersions(offers: readonly IndexOffer[]): string | null {
  const counts = new Map<string, number>();
  for (const { version } of offers) {
    const number = /[+~]deb(\d+)u\d/.exec(version)?.[1];
    if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most === undefined ? null : `Debian:${most[0]}`;
}

/** Digests of indexes that a Release file vouches for, with the release it is of. */
export function readReleaseFile(text: string): {
  readonly ecosystem: string | null;
  readonly indexes: readonly string[];
} {
  const codename = /^Codename: ([a-z]+)/m.exec(text)?.[1] ?? "";
  const indexes = [...text.matchAll(/^ ([0-9a-f]{64}) +\d+ \S*\/Packages(?:\.\w+)?$/gm)];
  return { ecosystem: ecosystemOfCodename(codename), indexes: indexes.map((m) => m[1] ?? "") };
}
