import { sha256 } from "../base/digest.ts";

/** Of what the approval desk consists, and under which rules a browser runs it. */
export const deskFiles = [
  { name: "index.html", type: "text/html; charset=utf-8" },
  { name: "desk.js", type: "text/javascript; charset=utf-8" },
  { name: "desk.css", type: "text/css; charset=utf-8" },
] as const;

/**
 * ASVS 5.0 V3.4.3, as narrow as can be: nothing is loaded but its own two files, no network is asked,
 * and nobody may frame it (host protocol §4.5).
 */
export const deskHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

/** As `sha256sum` writes it, so that `sha256sum -c SHA256SUMS` checks a desk anywhere. */
export function deskManifest(files: ReadonlyMap<string, Uint8Array>): string {
  return deskFiles
    .map(({ name }) => `${sha256(files.get(name) ?? new Uint8Array())}  ${name}\n`)
    .join("");
}
