import { Secret, TOTP } from "otpauth";
import type { Instant } from "../base/instant.ts";

/** One-time codes by time (RFC 6238): SHA-1, six digits, 30 seconds, as every app knows them. */
export const STEP_MS = 30_000;
const SECRET_BYTES = 20;
/** Of each side: a clock or a thumb that is half a minute late (RFC 6238 §5.2 allows one step). */
const DRIFT_STEPS = 1;

export interface CodeSecret {
  /** For typing into an app, base32. */
  readonly secret: string;
  /** What a QR code holds. */
  readonly uri: string;
}

export function newCodeSecret(label: { readonly issuer: string; readonly handle: string }) {
  return describe(new Secret({ size: SECRET_BYTES }).base32, label);
}

export function describe(
  secret: string,
  label: { readonly issuer: string; readonly handle: string },
): CodeSecret {
  const totp = new TOTP({ issuer: label.issuer, label: label.handle, secret });
  return { secret, uri: totp.toString() };
}

/** The time step of which this is the code; null when it is none of now. */
export function stepOf(secret: string, code: string, now: Instant): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const delta = new TOTP({ secret }).validate({
    token: code,
    timestamp: now,
    window: DRIFT_STEPS,
  });
  return delta === null ? null : Math.floor(now / STEP_MS) + delta;
}
