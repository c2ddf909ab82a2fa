/**
 * What hosts said under their own keys, in the evidence about a change. An entry `target.reported` names
 * the results that it stands for by one digest; here they stand in full, each with its signature (SSHSIG,
 * OpenSSH PROTOCOL.sshsig) and key, and the log says which key a host was enrolled with. So whoever held
 * server, database and log key could leave results out, but make none up.
 */
import { createPublicKey, verify } from "node:crypto";
import { parseObject, sha256 } from "./verify-note.ts";

const NAMESPACE = "fettle-result-v1";
const RESULT = /^fettle result 1\n(?:[a-z]+ [\x20-\x7e]+\n){19}end\n$/;

export class HostResults {
  /** Fingerprints of keys that hosts were enrolled with so far. */
  readonly #enrolled = new Set<unknown>();
  /** The entry whose results the next line must hold. */
  #due: Readonly<Record<string, unknown>> | null = null;
  #isPruned = false;
  count = 0;

  /** What is wrong when this entry comes next; null when nothing is. */
  entry(entry: Readonly<Record<string, unknown>>): string | null {
    const missed = this.end();
    const facts = factsOf(entry);
    if (entry["type"] === "host.enrolled") this.#enrolled.add(facts["key"]);
    if (entry["type"] === "ledger.pruned") this.#isPruned = true;
    this.#due = entry["type"] === "target.reported" ? entry : null;
    return missed;
  }

  /** What is wrong when no results come now. */
  end(): string | null {
    return this.#due === null ? null : "the results that the entry before stands for are not here";
  }

  /** `{"results":[[document,signature,key],…]}`, right after the entry that stands for them. */
  line(text: string): string | null {
    const due = this.#due;
    this.#due = null;
    if (due === null) return "results stand where no entry names any";
    const results = parseObject(Buffer.from(text))?.["results"];
    const isInForm = Array.isArray(results) && text === JSON.stringify({ results });
    if (!isInForm) return "this line is not in its one form";
    this.count += results.length;
    const facts = factsOf(due);
    const digests = results.map((one) => sha256(Buffer.from(String(one?.[0]))).toString("hex"));
    const named = sha256(Buffer.from(`${digests.sort().join("\n")}\n`)).toString("hex");
    if (facts["results"] !== named || facts["count"] !== results.length) {
      return "these are not the results that the entry names by their digest";
    }
    const problems = results.map((one) => this.#judge(one, due["plan"]));
    return problems.find((problem) => problem !== null) ?? null;
  }

  #judge(one: unknown, plan: unknown): string | null {
    const [document, signature, key, ...more] = Array.isArray(one) ? one.map(String) : [];
    if (document === undefined || signature === undefined || key === undefined || more.length > 0) {
      return "a result stands here without its signature or key";
    }
    const host = /\nhost (\S+)\n/.exec(document)?.[1] ?? "a host";
    if (!RESULT.test(document)) return `the result of ${host} cannot be read`;
    if (/\nplan (\S+)\n/.exec(document)?.[1] !== plan) return `${host} speaks of another plan`;
    const blob = Buffer.from(key.split(" ")[1] ?? "", "base64");
    if (!isSigned({ document, signature, blob })) return `${host} did not sign its result`;
    const print = `SHA256:${sha256(blob).toString("base64").replace(/=+$/, "")}`;
    if (this.#enrolled.has(print) || this.#isPruned) return null;
    return `no entry says that a host was enrolled with the key by which ${host} signed`;
  }
}

function factsOf(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return (entry["facts"] ?? {}) as Readonly<Record<string, unknown>>;
}

/** Hosts sign by ECDSA on P-256 (host protocol §3), over SHA-256 or SHA-512 of the text. */
function isSigned(of: { document: string; signature: string; blob: Buffer }): boolean {
  const armour =
    /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n?$/;
  const bytes = Buffer.from(armour.exec(of.signature)?.[1] ?? "", "base64");
  if (bytes.subarray(0, 10).toString("latin1") !== "SSHSIG\0\0\0\x01") return false;
  const [key, namespace, reserved, hash, inner, rest] = strings(bytes.subarray(10));
  const [type, curve, point] = strings(of.blob);
  const [kind, numbers, tail] = strings(inner ?? Buffer.alloc(0));
  const [r, s, more] = strings(numbers ?? Buffer.alloc(0));
  const isOurs =
    [rest, tail, more].every((part) => part === undefined) &&
    // One way to write a number: a zero before it only where it has 33 bytes.
    [r, s].every((n) => n !== undefined && (n.length < 33 || (n.length === 33 && n[0] === 0))) &&
    key?.equals(of.blob) === true &&
    String(namespace) === NAMESPACE &&
    reserved?.length === 0 &&
    (String(hash) === "sha512" || String(hash) === "sha256") &&
    String(type) === "ecdsa-sha2-nistp256" &&
    String(kind) === String(type) &&
    String(curve) === "nistp256" &&
    point?.length === 65;
  if (!isOurs || r === undefined || s === undefined) return false;
  const longer = String(hash) === "sha512" ? ("sha512" as const) : undefined;
  const digest = sha256(Buffer.from(of.document), longer);
  const signed = Buffer.concat([
    bytes.subarray(0, 6),
    ...[Buffer.from(NAMESPACE), Buffer.alloc(0), Buffer.from(String(hash)), digest].map(prefixed),
  ]);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((n) => n.toString("base64url"));
  try {
    const jwk = { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const pair = Buffer.concat([padded(r), padded(s)]);
    return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, pair);
  } catch {
    // No point of the curve.
    return false;
  }
}

/** Strings of SSH (RFC 4251 §5), as many as there are; a last one that is cut off is left out. */
function strings(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** Of at most 255 bytes, as all of these are. */
function prefixed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
}

/** A number of SSH as 32 bytes: without the zero before it, with those that it leaves out. */
function padded(number: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(32), number]).subarray(-32);
}
