import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import type { Instant } from "../base/instant.ts";

/**
 * Logout tokens of OpenID Connect Back-Channel Logout 1.0 §2.4, judged by §2.6: a JWT (RFC 7519) that the
 * provider signed, for this client, of now, with the one event, without a nonce, so that no ID token
 * passes for one. The algorithm is the key's, never the header's word alone.
 */
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const TOKEN_CHARACTERS_MAX = 16_384;
/** Clocks differ by this much at most. */
const SKEW_SECONDS = 60;
/** The standard asks for a short life and recommends two minutes; none older than this is taken. */
const AGE_SECONDS_MAX = 600;

export interface LogoutToken {
  readonly jti: string;
  readonly sub: string | null;
  readonly sid: string | null;
  readonly expiresAt: Instant;
}

const headerSchema = z.looseObject({
  alg: z.string().max(20),
  kid: z.string().max(300).optional(),
  typ: z.string().max(60).optional(),
  crit: z.undefined().optional(),
});

const claimsSchema = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).max(50)]),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1).max(1_000),
  sub: z.string().min(1).max(255).optional(),
  sid: z.string().min(1).max(255).optional(),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  nonce: z.undefined().optional(),
});

export type Jwk = JsonWebKey & { readonly kid?: string; readonly use?: string };

interface Opened {
  readonly header: z.output<typeof headerSchema>;
  readonly payload: string;
  readonly signed: string;
  readonly signature: Buffer;
}

/** The key id that its header names; null where it is no token at all. */
export function keyIdOf(token: string): { readonly kid: string | null } | null {
  const opened = open(token);
  return opened === null ? null : { kid: opened.header.kid ?? null };
}

/** What the provider says; a text says why it is not believed. `now` is in milliseconds. */
export function readLogoutToken(
  token: string,
  of: {
    readonly issuer: string;
    readonly clientId: string;
    readonly keys: readonly Jwk[];
    readonly now: Instant;
  },
): LogoutToken | string {
  const opened = open(token);
  if (opened === null) return "it is no signed token";
  if (!isSigned(opened, of.keys)) return "no published key of the provider signed it";
  const parsed = claimsSchema.safeParse(parsedJson(opened.payload));
  if (!parsed.success) return `its claim ${parsed.error.issues[0]?.path.join(".")} is not right`;
  const { iss, aud, iat, exp, jti, sub, sid } = parsed.data;
  if (iss !== of.issuer) return "another issuer made it";
  if (!(Array.isArray(aud) ? aud : [aud]).includes(of.clientId)) return "it is for another client";
  const seconds = of.now / 1000;
  if (exp <= seconds - SKEW_SECONDS) return "it is over";
  if (iat > seconds + SKEW_SECONDS || iat < seconds - AGE_SECONDS_MAX) return "it is not of now";
  if (sub === undefined && sid === undefined) return "it names neither a person nor a session";
  const expiresAt = Math.min(exp, seconds + 2 * AGE_SECONDS_MAX) * 1000;
  return { jti, sub: sub ?? null, sid: sid ?? null, expiresAt };
}

const PART = /^[A-Za-z0-9_-]+$/;

function open(token: string): Opened | null {
  if (token.length > TOKEN_CHARACTERS_MAX) return null;
  const parts = token.split(".");
  const [head = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3 || !parts.every((part) => PART.test(part))) return null;
  const header = headerSchema.safeParse(parsedJson(head));
  if (!header.success || !isLogoutType(header.data.typ)) return null;
  return {
    ...{ header: header.data, payload, signed: `${head}.${payload}` },
    signature: Buffer.from(signature, "base64url"),
  };
}

/** §2.4 recommends `logout+jwt`; providers of before it say `JWT` or nothing. */
function isLogoutType(typ: string | undefined): boolean {
  return typ === undefined || ["jwt", "logout+jwt"].includes(typ.toLowerCase());
}

function parsedJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

function isSigned({ header, signed, signature }: Opened, keys: readonly Jwk[]): boolean {
  return keys
    .filter((key) => header.kid === undefined || key.kid === header.kid)
    .filter((key) => key.use === undefined || key.use === "sig")
    .some((key) => {
      const { alg } = header;
      if (typeof key["alg"] === "string" && key["alg"] !== alg) return false;
      const made = publicKey(key);
      return made !== null && isBy(made, { alg, signed, signature });
    });
}

function publicKey(key: Jwk): KeyObject | null {
  try {
    return createPublicKey({ key, format: "jwk" });
  } catch {
    return null;
  }
}

/** RFC 7518 §3.1 and RFC 8037: which algorithm goes with which kind of key. */
function isBy(
  key: KeyObject,
  of: { readonly alg: string; readonly signed: string; readonly signature: Buffer },
): boolean {
  const { alg, signature } = of;
  const data = Buffer.from(of.signed);
  const kind = key.asymmetricKeyType;
  const details = key.asymmetricKeyDetails;
  const isLong = (details?.modulusLength ?? 0) >= 2048;
  if (alg === "RS256") return kind === "rsa" && isLong && verify("sha256", data, key, signature);
  if (alg === "PS256") {
    const padding = { key, padding: 6, saltLength: 32 };
    return kind === "rsa" && isLong && verify("sha256", data, padding, signature);
  }
  if (alg === "ES256") {
    const isCurve = kind === "ec" && details?.namedCurve === "prime256v1";
    return isCurve && verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
  }
  if (alg === "EdDSA" || alg === "Ed25519") {
    return kind === "ed25519" && verify(null, data, key, signature);
  }
  return false;
}
