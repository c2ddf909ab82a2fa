import type { IndexOffer } from "./package-index.ts";

/**
 * What rpm and apk repositories offer: `primary.xml` of a repodata folder, and Alpine's `APKINDEX`.
 * Neither names its release; rpm builds carry a mark of it (`.el9`).
 */
export function isRpmIndex(head: string): boolean {
  return /<metadata\b[^>]*xmlns="http:\/\/linux\.duke\.edu\/metadata\/common"/.test(head);
}

const PACKAGE = /<package type="rpm">([\s\S]*?)<\/package>/g;
const VERSION = /<version\s([^>]*?)\/>/;

/** By pattern, not as a tree: these files are hundreds of megabytes of one line form. */
export function readRpmIndex(text: string): readonly IndexOffer[] {
  const offers: IndexOffer[] = [];
  for (const [, body = ""] of text.matchAll(PACKAGE)) {
    const name = plain(/<name>([^<]+)<\/name>/.exec(body)?.[1]);
    const arch = plain(/<arch>([^<]+)<\/arch>/.exec(body)?.[1]);
    const attributes = VERSION.exec(body)?.[1] ?? "";
    const part = (key: string): string =>
      plain(new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1]);
    const [epoch, ver, rel] = [part("epoch"), part("ver"), part("rel")];
    if (name === "" || ver === "" || arch === "src") continue;
    const version = `${epoch === "" || epoch === "0" ? "" : `${epoch}:`}${ver}-${rel}`;
    const source = plain(/<rpm:sourcerpm>([^<]+)</.exec(body)?.[1]).replace(/-[^-]+-[^-]+$/, "");
    offers.push({ name, arch, version, source: source || name, sourceVersion: version });
  }
  return offers;
}

function plain(text: string | undefined): string {
  return (text ?? "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

/** The number of the release most builds are marked with; null where none is. */
export function rpmReleaseOf(offers: readonly IndexOffer[]): string | null {
  const counts = new Map<string, number>();
  for (const { version } of offers) {
    const number = /\.(?:module[_+])?(?:el|fc|amzn|ol)(\d+)/.exec(version)?.[1];
    if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** apk-index(5): blocks that begin with a checksum; the installed database names files as well. */
export function isApkIndex(text: string): boolean {
  return /^C:Q1\S+\r?\nP:/.test(text) && !/^[FRZ]:/m.test(text.slice(0, 20_000));
}

export function readApkIndex(text: string): readonly IndexOffer[] {
  const offers: IndexOffer[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const field = (letter: string): string =>
      new RegExp(`^${letter}:(.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
    const [name, version] = [field("P"), field("V")];
    if (name === "" || version === "") continue;
    const source = field("o") || name;
    offers.push({ name, version, arch: field("A"), source, sourceVersion: version });
  }
  return offers;
}
