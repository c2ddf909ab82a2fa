import type { Instant } from "../base/instant.ts";

/**
 * What the signed index of a source says and whether it may be believed: an apt archive's `InRelease`
 * (Debian repository format, "Release files") or an rpm repository's `repomd.xml`. Pure: the signature
 * is verified elsewhere, and what stands here is read from the text that the verifier gave back, never
 * from the file around it.
 */
export type SourceForm = "deb" | "rpm";

export interface SignedIndex {
  readonly dated: Instant;
  readonly validUntil: Instant | null;
  /** Names by which the index calls itself; empty where its form has none. */
  readonly suites: readonly string[];
  /** SHA-256 of the signed text: the same date with another digest is another index. */
  readonly digest: string;
}

/** What was verified last; null before. */
export interface LastIndex {
  readonly dated: Instant;
  readonly digest: string;
}

/** apt lets 10 s pass (Acquire::Max-FutureTime); clocks of publishers are worse than those of hosts. */
const FUTURE_MS_MAX = 5 * 60_000;

/** The address of what is fetched: the signed text, and its signature where that is a file of its own. */
export function indexAddresses(
  form: SourceForm,
  { uri, suite }: { readonly uri: string; readonly suite: string },
): { readonly signed: string; readonly signature: string | null } {
  const base = uri.replace(/\/+$/, "");
  if (form === "rpm") {
    const signed = `${base}/repodata/repomd.xml`;
    return { signed, signature: `${signed}.asc` };
  }
  // A suite that ends with a slash is a folder without the usual order (sources.list(5)).
  if (suite.endsWith("/")) {
    const folder = suite.replace(/^(\.\/)+/, "").replace(/^\/+/, "");
    return { signed: `${base}/${folder}InRelease`, signature: null };
  }
  return { signed: `${base}/dists/${suite}/InRelease`, signature: null };
}

/**
 * One signed text, one signature block, and nothing before, between or after: readers differ in what
 * they take from a file that has more (RFC 9580 §7). Null when all is well, else what is wrong.
 */
export function framingFault(file: string): string | null {
  // Some readers end a line at a lone carriage return, others do not.
  if (file.includes("\0") || /\r(?!\n)/.test(file)) return "it holds bytes that are no text";
  const lines = file.replaceAll("\r\n", "\n").trimEnd().split("\n");
  const marks = lines.flatMap((line, at) => (line.startsWith("-----") ? [{ line, at }] : []));
  const wanted = [
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "-----BEGIN PGP SIGNATURE-----",
    "-----END PGP SIGNATURE-----",
  ];
  if (marks[0]?.at !== 0) return "text stands before what is signed";
  if (marks.length !== wanted.length || marks.some(({ line }, at) => line !== wanted[at])) {
    return "it is not one signed text with one signature block";
  }
  if (marks[2]?.at !== lines.length - 1) return "text stands after the signature";
  const head = lines.slice(1, lines.indexOf(""));
  return head.every((line) => /^Hash: [A-Z0-9, -]+$/.test(line))
    ? null
    : "text stands between its head and what is signed";
}

/** Null where the text has no date, one that cannot be read, or a field twice. */
export function readSignedIndex(
  form: SourceForm,
  text: string,
  digest: string,
): SignedIndex | null {
  return form === "deb" ? readRelease(text, digest) : readRepomd(text, digest);
}

function readRelease(text: string, digest: string): SignedIndex | null {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^([A-Za-z0-9-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    if (fields.has(key)) return null;
    fields.set(key, value.trim());
  }
  const dated = instantOf(fields.get("date"));
  const until = fields.get("valid-until");
  const validUntil = until === undefined ? null : instantOf(until);
  if (dated === null || (until !== undefined && validUntil === null)) return null;
  if (!fields.has("sha256")) return null;
  const names = [fields.get("suite"), fields.get("codename")];
  return { dated, validUntil, suites: names.filter((name) => name !== undefined), digest };
}

/** `<revision>` is the second it was made in, by createrepo_c and by those who sell repositories. */
function readRepomd(text: string, digest: string): SignedIndex | null {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) return null;
  const found = [...text.matchAll(/<revision>\s*(\d{9,11})\s*<\/revision>/g)];
  const seconds = found.length === 1 ? Number(found[0]?.[1]) : Number.NaN;
  if (!Number.isSafeInteger(seconds)) return null;
  return { dated: seconds * 1000, validUntil: null, suites: [], digest };
}

/** Only UTC, as the format demands: a zone that one reader knows and another does not moves the date. */
function instantOf(text: string | undefined): Instant | null {
  if (
    text === undefined ||
    !/^[A-Z][a-z]{2}, [ \d]?\d [A-Z][a-z]{2} \d{4} [\d: ]{7,8} (UTC|GMT|Z|\+0000)$/.test(text)
  ) {
    return null;
  }
  const at = Date.parse(text.replace(/ (Z|\+0000)$/, " GMT"));
  // 31 February is read as a day of March here, and refused elsewhere.
  const day = Number(/\d+/.exec(text)?.[0]);
  return Number.isNaN(at) || new Date(at).getUTCDate() !== day ? null : at;
}

/** Why an index is not to be believed though its signature is good; null when it is. */
export function indexFault(
  index: SignedIndex,
  known: { readonly suite: string; readonly now: Instant; readonly last: LastIndex | null },
): string | null {
  const { suite, now, last } = known;
  const day = (at: Instant): string => new Date(at).toISOString();
  if (
    index.suites.length > 0 &&
    !suite.endsWith("/") &&
    !index.suites.some((own) => names(own, suite))
  ) {
    return `it is of ${index.suites.join(", ")}, not of ${suite}`;
  }
  if (index.dated > now + FUTURE_MS_MAX) return `it is dated ${day(index.dated)}, which is to come`;
  if (index.validUntil !== null && index.validUntil <= now) {
    return `it was valid until ${day(index.validUntil)} and nobody renewed it`;
  }
  if (last === null) return null;
  if (index.dated < last.dated) {
    return `it is of ${day(index.dated)}, older than that of ${day(last.dated)} which was here before`;
  }
  if (index.dated === last.dated && index.digest !== last.digest) {
    return `it differs from the one of the same moment (${day(last.dated)}) which was here before`;
  }
  return null;
}

/** Debian wrote `bookworm/updates` for what calls itself `bookworm-security`. */
function names(own: string, suite: string): boolean {
  return own === suite || own === suite.replace(/\/updates$/, "-security");
}

/** What gpgv said on its status lines (GnuPG, doc/DETAILS). */
export function signatureFault(
  status: string,
  fingerprints: readonly string[],
): { readonly signedBy: string } | { readonly fault: string } {
  let isGood = false;
  let other = "no signature of a pinned key is on it";
  let signedBy: string | null = null;
  for (const line of status.split("\n")) {
    const [, word = "", rest = ""] = /^\[GNUPG:\] ([A-Z_]+) ?(.*)$/.exec(line) ?? [];
    // A text that was changed is refused, whoever else signed it.
    if (word === "BADSIG") return { fault: "its signature does not fit: it was changed" };
    if (word === "NEWSIG") isGood = false;
    if (word === "GOODSIG") isGood = true;
    if (word === "EXPKEYSIG") other = "the key that signed it is over (expired)";
    if (word === "REVKEYSIG") other = "the key that signed it is revoked";
    if (word === "EXPSIG") other = "its signature is over (expired)";
    if (word !== "VALIDSIG" || !isGood) continue;
    isGood = false;
    const fields = rest.split(" ");
    // SHA-256 and above (RFC 9580 §9.5); apt refuses the rest as well.
    if (!["8", "9", "10", "11"].includes(fields[7] ?? "")) other = "its digest is too weak";
    else if (fingerprints.includes(fields[9] ?? "")) signedBy ??= fields[9] ?? null;
  }
  return signedBy === null ? { fault: other } : { signedBy };
}
