import { type Digest, isDigest } from "../base/digest.ts";
import { childOf, openXml, textOf, type XmlElement } from "../base/xml-elements.ts";
import type { SourceList } from "./package-source.ts";

/**
 * Reads lists of packages piece by piece: `Packages` (Debian Policy §5) and rpm's `primary` metadata.
 * Kept is what names a file: package, architecture, version, SHA-256. What no plan could name is left out.
 */
export interface SignedEntry {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly sha256: Digest;
}

export interface ReadLists {
  readonly lists: readonly SourceList[];
  readonly entries: readonly ListedEntry[];
}

export interface ListedEntry extends SignedEntry {
  /** Its place among the lists. */
  readonly list: number;
}

/** Both say what is wrong so far, or null. */
export interface EntryReader {
  write(piece: string): string | null;
  close(): string | null;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}$/;
const ARCH = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,127}$/;
/** The longest line seen in Debian is of 100 KB (dependencies of one package of fonts). */
const LINE_CHARACTERS_MAX = 1024 * 1024;

const FIELDS: readonly string[] = ["package", "architecture", "version", "sha256"];

export function readPackages(onEntry: (entry: SignedEntry) => void): EntryReader {
  let rest = "";
  let problem: string | null = null;
  const fields = new Map<string, string>();
  const line = (text: string): void => {
    if (text.trim() === "") {
      end();
      return;
    }
    const colon = text.indexOf(":");
    const name = text.slice(0, colon).toLowerCase();
    if (colon < 0 || !FIELDS.includes(name)) return;
    // One reader takes the first, another the last.
    if (fields.has(name)) problem ??= `a package has the field ${name} twice`;
    fields.set(name, text.slice(colon + 1).trim());
  };
  const end = (): void => {
    const [name, arch, version, digest] = FIELDS.map((field) => fields.get(field) ?? "");
    fields.clear();
    keep({ name, arch, version, digest }, onEntry);
  };
  return {
    write(piece) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_CHARACTERS_MAX)
        problem ??= "a line of it is longer than any should be";
      for (const text of lines) line(text.endsWith("\r") ? text.slice(0, -1) : text);
      return problem;
    },
    close() {
      line(rest);
      end();
      return problem;
    },
  };
}

export function readPrimary(onEntry: (entry: SignedEntry) => void): EntryReader {
  return openXml(new Set(["package"]), (element) => {
    const version = childOf(element, "version")?.attributes ?? {};
    const { epoch = "0", ver = "", rel = "" } = version;
    const checksum = childOf(element, "checksum");
    keep(
      {
        name: textOf(childOf(element, "name")),
        arch: textOf(childOf(element, "arch")),
        version: `${epoch === "0" || epoch === "" ? "" : `${epoch}:`}${ver}-${rel}`,
        digest: isOfFile(checksum) ? textOf(checksum) : "",
      },
      onEntry,
    );
  });
}

function isOfFile(checksum: XmlElement | undefined): boolean {
  return checksum?.attributes["type"] === "sha256";
}

function keep(
  of: {
    readonly name: string | undefined;
    readonly arch: string | undefined;
    readonly version: string | undefined;
    readonly digest: string | undefined;
  },
  onEntry: (entry: SignedEntry) => void,
): void {
  const { name = "", arch = "", version = "", digest = "" } = of;
  if (!NAME.test(name) || !ARCH.test(arch) || !VERSION.test(version) || !isDigest(digest)) return;
  if (arch !== "src") onEntry({ name, arch, version, sha256: digest });
}
