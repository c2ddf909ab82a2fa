import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { StoredStatement } from "../../src/intel/dossier.ts";
import type { StoredPackage } from "../../src/inventory/model.ts";

/** Makers of small inputs for tests about feeds and findings, and the way to the real feeds. */

export const GENERATION = "a".repeat(64);

export function aPackage(of: Partial<StoredPackage> & { readonly name: string }): StoredPackage {
  const version = of.version ?? "1.0-1";
  return {
    id: 1,
    ecosystem: "Debian:12",
    version,
    arch: "amd64",
    source: of.name,
    sourceVersion: version,
    origin: "",
    module: "",
    ...of,
  };
}

export function aStatement(of: Partial<StoredStatement> = {}): StoredStatement {
  return {
    id: 1,
    generation: GENERATION,
    feed: "debian-tracker",
    ecosystem: "Debian:12",
    packageName: "openssl",
    matches: "source",
    vulnerability: "CVE-2026-0001",
    advisory: "",
    state: { kind: "fixed", version: "1.0-2" },
    urgency: "not yet assigned",
    ...of,
  };
}

/** Real feed files beside the checkout; tests that need them are skipped visibly without. */
const FEEDS = new URL("../../../shared/feeds/", import.meta.url);
export const hasRealFeeds = existsSync(FEEDS);

export function realFeed(path: string): Buffer {
  return readFileSync(new URL(path, FEEDS));
}

export function realFeedPath(path: string): string {
  return fileURLToPath(new URL(path, FEEDS));
}

/** The installed packages of a dpkg status file. */
export function packagesOfStatus(status: string): readonly StoredPackage[] {
  let id = 0;
  return status.split("\n\n").flatMap((stanza) => {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
    const name = field("Package");
    const version = field("Version");
    if (name === undefined || version === undefined) return [];
    if (field("Status")?.endsWith(" installed") !== true) return [];
    const source = /^(\S+)(?: \((.*)\))?$/.exec(field("Source") ?? name);
    return [
      aPackage({
        id: ++id,
        name,
        version,
        arch: field("Architecture") ?? "",
        source: source?.[1] ?? name,
        sourceVersion: source?.[2] ?? version,
      }),
    ];
  });
}

/** A tracker file: source → id → codename → release. */
export function trackerFile(
  entries: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, object>>>>>>,
): Buffer {
  const file = Object.fromEntries(
    Object.entries(entries).map(([source, ids]) => [
      source,
      Object.fromEntries(
        Object.entries(ids).map(([id, releases]) => [id, { description: `about ${id}`, releases }]),
      ),
    ]),
  );
  return Buffer.from(JSON.stringify(file));
}

/** `count` resolved entries of one source, for guards that need numbers. */
export function trackerOf(count: number, fixed = "1.0-2", source = "openssl"): Buffer {
  const ids = Array.from({ length: count }, (_, i) => `CVE-2026-${String(10_000 + i)}`);
  const release = { bookworm: { status: "resolved", fixed_version: fixed, urgency: "high" } };
  return trackerFile({ [source]: Object.fromEntries(ids.map((id) => [id, release])) });
}

/** A tar archive of files, as POSIX.1-2017 pax (ustar) defines it. */
export function tarOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const body = Buffer.from(content as string);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write("0000644\0", 100);
    header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("0", 156);
    header.write("ustar\0", 257);
    header.write("00", 263);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
