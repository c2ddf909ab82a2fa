import { type Digest, isDigest } from "../base/digest.ts";
import { childOf, childrenOf, readXml, textOf, type XmlElement } from "../base/xml-elements.ts";

/**
 * Which lists of packages a signed index names, by digest and size: `Packages` of an apt archive (Debian
 * repository format, "MD5Sum, SHA1, SHA256") and `primary` of an rpm repository. Pure, over text whose
 * signature is verified.
 */
export interface ListFile {
  /** As the index names it, without its packing. */
  readonly name: string;
  /** What is fetched, below the folder of the index. */
  readonly path: string;
  readonly packing: "gzip" | "zstd" | "none";
  readonly sha256: Digest;
  readonly bytes: number;
  /** What it must be once it is opened; null where the index does not say. */
  readonly opened: { readonly sha256: Digest; readonly bytes: number } | null;
  /** Of which packages it is; null: of all. */
  readonly arch: string | null;
}

export type ListsFound =
  | { readonly lists: readonly ListFile[]; readonly problem: null }
  /** The index cannot be believed. */
  | { readonly fault: string }
  /** It may be, but what it names cannot be read here. */
  | { readonly problem: string };

/** Relative, without a step up and without what an address reads otherwise, such as `x:` for a scheme. */
const PATH = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._+~/-]{1,255}$/;
const LISTS_MAX = 32;
/** Debian's largest lists are of 60 MB opened; Red Hat's of 300. */
export const LIST_BYTES_MAX = 256 * 1024 * 1024;
export const OPENED_BYTES_MAX = 1024 * 1024 * 1024;

const PACKINGS = [
  [".gz", "gzip"],
  [".zst", "zstd"],
  ["", "none"],
] as const;

export function listsOfRelease(
  text: string,
  of: {
    readonly suite: string;
    readonly components: readonly string[];
    readonly archs: readonly string[];
  },
): ListsFound {
  const named = filesOfRelease(text);
  if (named === null) return { fault: "its list of files cannot be read, or names a file twice" };
  const isByHash = /^Acquire-By-Hash:[ \t]*yes[ \t]*$/im.test(text);
  const wanted = of.suite.endsWith("/")
    ? [{ name: "Packages", arch: null }]
    : of.components.flatMap((part) =>
        [...of.archs, "all"].map((arch) => ({ name: `${part}/binary-${arch}/Packages`, arch })),
      );
  const lists: ListFile[] = [];
  for (const { name, arch } of wanted) {
    const found = PACKINGS.find(([ending]) => named.has(name + ending));
    const file = found === undefined ? undefined : named.get(name + found[0]);
    if (found !== undefined && file !== undefined) {
      const own = `${name}${found[0]}`;
      const path = isByHash ? own.replace(/[^/]*$/, `by-hash/SHA256/${file.sha256}`) : own;
      const opened = named.get(name) ?? null;
      lists.push({ name, path, packing: found[1], ...file, opened, arch });
    } else if (arch !== "all") {
      return { problem: `it names no list ${name} that this server can open (.gz, .zst or plain)` };
    }
  }
  return limited(lists);
}

/** `SHA256:` and below it lines of digest, size and path; null where one is not so. */
function filesOfRelease(
  text: string,
): ReadonlyMap<string, { readonly sha256: Digest; readonly bytes: number }> | null {
  const files = new Map<string, { sha256: Digest; bytes: number }>();
  let isIn = false;
  for (const line of text.split(/\r?\n/)) {
    if (!/^[ \t]/.test(line)) {
      isIn = /^SHA256:[ \t]*$/i.test(line);
      continue;
    }
    if (!isIn) continue;
    const [digest = "", size = "", path = "", ...more] = line.trim().split(/[ \t]+/);
    if (!isDigest(digest) || !/^\d{1,12}$/.test(size) || more.length > 0) return null;
    // What Fettle would not ask for may stand there.
    if (!PATH.test(path)) continue;
    const known = files.get(path);
    if (known !== undefined && known.sha256 !== digest) return null;
    files.set(path, { sha256: digest, bytes: Number(size) });
  }
  return files;
}

export function listsOfRepomd(text: string): ListsFound {
  const primaries: XmlElement[] = [];
  const problem = readXml(text, new Set(["data"]), (element) => {
    if (element.attributes["type"] === "primary") primaries.push(element);
  });
  const [primary] = primaries;
  if (problem !== null || primary === undefined || primaries.length !== 1) {
    return { fault: "it cannot be read, or names not one list of packages" };
  }
  const place = childOf(primary, "location")?.attributes ?? {};
  const href = place["href"] ?? "";
  if (Object.keys(place).some((name) => name.endsWith("base")) || !isPathOfRepodata(href)) {
    return { fault: "its list of packages lies outside of it" };
  }
  const [closed, opened] = ["checksum", "open-checksum"].map((name) => digestIn(primary, name));
  const [size, openSize] = ["size", "open-size"].map((name) =>
    Number(/^\d{1,12}$/.exec(textOf(childOf(primary, name)))?.[0] ?? Number.NaN),
  );
  if (closed == null || size === undefined || Number.isNaN(size)) {
    return { problem: "it names its list of packages without SHA-256 and size" };
  }
  const packing = PACKINGS.find(([ending]) => ending !== "" && href.endsWith(ending))?.[1];
  if (packing === undefined && !href.endsWith(".xml")) {
    return { problem: `its list of packages is packed as this server cannot open (${href})` };
  }
  const isOpened = opened != null && openSize !== undefined && !Number.isNaN(openSize);
  return limited([
    {
      ...{ name: href, path: href.slice("repodata/".length), packing: packing ?? "none" },
      ...{ sha256: closed, bytes: size, arch: null },
      opened: isOpened ? { sha256: opened, bytes: openSize } : null,
    },
  ]);
}

function isPathOfRepodata(href: string): boolean {
  return PATH.test(href) && href.startsWith("repodata/");
}

function digestIn(element: XmlElement, name: string): Digest | null {
  const found = childrenOf(element, name).filter(
    ({ attributes }) => attributes["type"] === "sha256",
  );
  const digest = found.length === 1 ? textOf(found[0]) : "";
  return isDigest(digest) ? digest : null;
}

function limited(lists: readonly ListFile[]): ListsFound {
  if (lists.length === 0) return { problem: "no host said which of its lists it uses" };
  if (lists.length > LISTS_MAX) return { problem: `it has more than ${LISTS_MAX} lists to read` };
  const large = lists.find(
    ({ bytes, opened }) => bytes > LIST_BYTES_MAX || (opened?.bytes ?? 0) > OPENED_BYTES_MAX,
  );
  return large === undefined
    ? { lists, problem: null }
    : { problem: `its list ${large.name} is longer than this server reads` };
}
