import "reflect-metadata";
import { createHash, createHmac, createPrivateKey, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { assert } from "../base/failure.ts";
import { DAY_MS, HOUR_MS, type Instant } from "../base/instant.ts";
import { placeOnce } from "../base/secret-file.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { machineKeyPem } from "./store-keys.ts";

/**
 * Fettle's own certificate authority for agents: P-256, its key a file beside the other machine keys
 * and never in the database. It vouches for two things only: the server that agents call, and which
 * host calls. What a host says is signed by the host's own key besides (host protocol §9), so a
 * certificate admits and proves nothing else.
 */
export interface AgentCa {
  /** What hosts are given to know the server by, PEM. */
  readonly certificatePem: string;
  /** A certificate for the server's listener, with a key that lives in memory only. */
  issueServer(names: readonly string[], at: Instant): Promise<ServerCertificate>;
  /** For the key in a signed enrol document: no request to sign is needed (§10.1). */
  issueClient(
    of: { readonly protocolId: string; readonly keyLine: string },
    at: Instant,
  ): Promise<ClientCertificate>;
  /** The poll token with this number; only this server's key can make it (§10.2). */
  pollToken(protocolId: string, count: number): string;
}

export interface ServerCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly until: Instant;
}

export interface ClientCertificate {
  readonly certificatePem: string;
  readonly serial: string;
  readonly until: Instant;
}

/** trust.md: 30 days, renewed at two thirds. */
export const CLIENT_LIFE_MS = 30 * DAY_MS;
export const RENEW_AT_SHARE = 2 / 3;
const SERVER_LIFE_MS = 90 * DAY_MS;
const CA_LIFE_MS = 20 * 365 * DAY_MS;
/** Clocks that are a little behind take a new certificate too. */
const BACKDATE_MS = HOUR_MS;

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** RFC 5480 §2.1.1: what stands before the point of a P-256 key in SubjectPublicKeyInfo. */
const P256_SPKI = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
interface KeyPair {
  readonly privateKey: Key;
  readonly publicKey: Key;
}

const opened = new Map<string, Promise<AgentCa>>();

/** The authority of this state folder, made at the first call. */
export function agentCa(state: string): Promise<AgentCa> {
  const known = opened.get(state);
  if (known !== undefined) return known;
  const opening = openCa(state);
  opened.set(state, opening);
  opening.catch(() => opened.delete(state));
  return opening;
}

async function openCa(state: string): Promise<AgentCa> {
  const pem = machineKeyPem(state, "agent-ca");
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const keys = await caKeys(pem);
  const certificatePem = await caCertificate(join(state, "keys", "agent-ca.crt"), keys);
  const issuer = new x509.X509Certificate(certificatePem).subject;
  const secret = Buffer.from(hkdfSync("sha256", der, "", "fettle poll token 1", 32));
  const issue = (of: Omit<x509.X509CertificateCreateWithKeyParams, "issuer" | "signingKey">) =>
    x509.X509CertificateGenerator.create({
      ...of,
      issuer,
      signingKey: keys.privateKey,
      signingAlgorithm: P256,
    });
  return {
    certificatePem,
    async issueServer(names, at) {
      const own = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
      const until = at + SERVER_LIFE_MS;
      const certificate = await issue({
        subject: "CN=fettle",
        serialNumber: newSerial(),
        notBefore: new Date(at - BACKDATE_MS),
        notAfter: new Date(until),
        publicKey: own.publicKey,
        extensions: [
          ...leafExtensions(x509.ExtendedKeyUsage.serverAuth),
          new x509.SubjectAlternativeNameExtension(
            names.map((name) => ({
              type: isIP(name) === 0 ? ("dns" as const) : ("ip" as const),
              value: name,
            })),
          ),
        ],
      });
      const exported = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      const keyPem = x509.PemConverter.encode(exported, "PRIVATE KEY");
      return { certificatePem: `${certificate.toString("pem")}\n`, keyPem, until };
    },
    async issueClient({ protocolId, keyLine }, at) {
      const serial = newSerial();
      const until = at + CLIENT_LIFE_MS;
      const certificate = await issue({
        subject: `CN=${protocolId}`,
        serialNumber: serial,
        notBefore: new Date(at - BACKDATE_MS),
        notAfter: new Date(until),
        publicKey: await publicKeyOf(keyLine),
        extensions: leafExtensions(x509.ExtendedKeyUsage.clientAuth),
      });
      return { certificatePem: `${certificate.toString("pem")}\n`, serial, until };
    },
    pollToken: (protocolId, count) =>
      createHmac("sha256", secret).update(`${protocolId} ${count}`).digest("hex"),
  };
}

function leafExtensions(usage: x509.ExtendedKeyUsage): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage], true),
  ];
}

async function caKeys(pem: string): Promise<KeyPair> {
  const privateKey = createPrivateKey(pem);
  const der = privateKey.export({ type: "pkcs8", format: "der" });
  const { d: _secret, ...jwk } = privateKey.export({ format: "jwk" });
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", der, P256, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", jwk, P256, true, ["verify"]),
  };
}

/** Made once: hosts hold this very certificate. Of two servers that start at once the first one's counts. */
async function caCertificate(file: string, keys: KeyPair): Promise<string> {
  const known = readIfThere(file);
  if (known !== null) return known;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Fettle agent authority",
    serialNumber: newSerial(),
    notBefore: new Date(Date.now() - BACKDATE_MS),
    notAfter: new Date(Date.now() + CA_LIFE_MS),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  placeOnce(file, `${made.toString("pem")}\n`, 0o644);
  return readFileSync(file, "utf8");
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}

async function publicKeyOf(keyLine: string): Promise<Key> {
  const key = parsePublicKeyLine(keyLine);
  assert(key?.type === "ecdsa-sha2-nistp256", "the key of an agent is P-256");
  // The point is the last of the three strings in the SSH form of the key (RFC 5656 §3.1).
  const spki = Buffer.concat([P256_SPKI, key.blob.subarray(-65)]);
  return crypto.subtle.importKey("spki", spki, P256, true, ["verify"]);
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets, not to be guessed. */
function newSerial(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  random[0] = ((random[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(random).toString("hex");
}

/** SHA-256 of the certificate's DER: what people compare. */
export function certificateFingerprint(pem: string): string {
  const { rawData } = new x509.X509Certificate(pem);
  return createHash("sha256").update(Buffer.from(rawData)).digest("hex");
}
