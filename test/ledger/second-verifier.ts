/**
 * A second verifier of the log's files, written from the texts of C2SP tlog-tiles, tlog-checkpoint
 * and signed-note and RFC 6962 §2.1 alone. It shares no line with the product, and computes every
 * hash by the definition: slow, and hard to get wrong.
 */
import { createHash, createPublicKey, verify } from "node:crypto";

export type Files = ReadonlyMap<string, Uint8Array>;

/** True when the files are a log under this vkey; a reason otherwise. */
export function judgeFiles(files: Files, vkey: string): true | string {
  const note = files.get("checkpoint");
  if (note === undefined) return "no checkpoint";
  const head = checkpointOf(Buffer.from(note).toString("utf8"), vkey);
  if (head === null) return "checkpoint not signed";
  const leaves: Buffer[] = [];
  // "The partial tile at level l for a tree of size s has floor(s / 256**l) mod 256 entries."
  // Bundles of a pruned beginning are missing, and a statement of the log itself must allow that.
  let unseen = 0;
  let permitted = 0;
  for (const [n, width] of tilesAt(0, head.size)) {
    const kept = fileOf(files, "0", n, width);
    if (
      width === 256 &&
      unseen === n &&
      kept !== null &&
      fileOf(files, "entries", n, width) === null
    ) {
      if (kept.length !== 256 * 32) return `tile 0/${n}`;
      for (let i = 0; i < 256; i += 1) leaves.push(kept.subarray(i * 32, i * 32 + 32));
      unseen += 1;
      continue;
    }
    const entries = unbundle(fileOf(files, "entries", n, width));
    const tile = fileOf(files, "0", n, width);
    if (entries === null || entries.length !== width) return `bundle ${n}`;
    if (tile === null || tile.length !== width * 32) return `tile 0/${n}`;
    for (const [i, entry] of entries.entries()) {
      const leaf = digest([0], entry);
      if (!leaf.equals(tile.subarray(i * 32, i * 32 + 32))) return `entry ${n * 256 + i}`;
      if (!isJsonObject(entry)) return `entry ${n * 256 + i} is no JSON object`;
      leaves.push(leaf);
      const said = JSON.parse(entry.toString("utf8"));
      if (said.type === "ledger.pruned")
        permitted = Math.max(permitted, Number(said.facts?.minimum) || 0);
    }
  }
  if (unseen * 256 > permitted) return `bundles below ${unseen} are missing`;
  // MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])
  for (let level = 1; Math.floor(head.size / 256 ** level) > 0; level += 1) {
    for (const [n, width] of tilesAt(level, head.size)) {
      const tile = fileOf(files, String(level), n, width);
      if (tile === null || tile.length !== width * 32) return `tile ${level}/${n}`;
      for (let i = 0; i < width; i += 1) {
        const from = (n * 256 + i) * 256 ** level;
        const hash = treeHash(leaves.slice(from, from + 256 ** level));
        if (!hash.equals(tile.subarray(i * 32, i * 32 + 32))) return `tile ${level}/${n}`;
      }
    }
  }
  return treeHash(leaves).equals(head.root) ? true : "root";
}

/** RFC 6962 §2.1, as it stands there. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash("sha256").digest();
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return digest([1], treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

function digest(prefix: readonly number[], ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256").update(Uint8Array.from(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function isJsonObject(bytes: Uint8Array): boolean {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function* tilesAt(level: number, size: number): Generator<readonly [number, number]> {
  const hashes = Math.floor(size / 256 ** level);
  for (let n = 0; n < Math.floor(hashes / 256); n += 1) yield [n, 256];
  if (hashes % 256 > 0) yield [Math.floor(hashes / 256), hashes % 256];
}

/** "1234067 will be encoded as x001/x234/067" */
function fileOf(files: Files, level: string, n: number, width: number): Buffer | null {
  const elements: string[] = [];
  let rest = n;
  do {
    elements.unshift(String(rest % 1000).padStart(3, "0"));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  const name = elements.map((e, i) => (i === elements.length - 1 ? e : `x${e}`)).join("/");
  const bytes = files.get(`tile/${level}/${name}${width < 256 ? `.p/${width}` : ""}`);
  return bytes === undefined ? null : Buffer.from(bytes);
}

/** "Entry bundles are sequences of big-endian uint16 length-prefixed log entries." */
function unbundle(bundle: Buffer | null): Buffer[] | null {
  const entries: Buffer[] = [];
  let rest = bundle ?? Buffer.alloc(1);
  while (rest.length > 0) {
    if (rest.length < 2 || rest.length < 2 + rest.readUInt16BE(0)) return null;
    const end = 2 + rest.readUInt16BE(0);
    entries.push(rest.subarray(2, end));
    rest = rest.subarray(end);
  }
  return entries;
}

function checkpointOf(note: string, vkey: string): { size: number; root: Buffer } | null {
  const [name = "", id = "", ...encoded] = vkey.trim().split("+");
  const typed = Buffer.from(encoded.join("+"), "base64");
  const expected = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
  if (typed[0] !== 1 || expected.toString("hex") !== id) return null;
  const end = note.lastIndexOf("\n\n");
  const [text, signatures] = [note.slice(0, end + 1), note.slice(end + 2)];
  const jwk = { kty: "OKP", crv: "Ed25519", x: typed.subarray(1).toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const isSigned = signatures.split("\n").some((line) => {
    const [, signer, base64] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = Buffer.from(base64 ?? "", "base64");
    if (signer !== name || !bytes.subarray(0, 4).equals(expected)) return false;
    return (
      bytes.toString("base64") === base64 && verify(null, Buffer.from(text), key, bytes.subarray(4))
    );
  });
  const [origin, size = "", root = ""] = text.split("\n");
  if (!isSigned || origin !== name || !/^(0|[1-9]\d*)$/.test(size)) return null;
  return { size: Number(size), root: Buffer.from(root, "base64") };
}
