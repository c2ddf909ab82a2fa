import { X509Certificate } from "node:crypto";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";

/** Authorities that an operator believes for a mirror of their own: what a file of certificates holds. */
export interface Authority {
  readonly name: string;
  /** SHA-256 of the certificate, in hexadecimal digits with colons. */
  readonly fingerprint: string;
  readonly endsAt: Instant;
}

const CERTIFICATES_MAX = 50;

export function authoritiesIn(pem: string): readonly Authority[] {
  if (/PRIVATE KEY/.test(pem)) throw noAuthority("holds a private key, which stays where it is");
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > CERTIFICATES_MAX) {
    throw noAuthority(`holds ${blocks.length} certificates`);
  }
  return blocks.map((block) => {
    const certificate = parsed(block);
    if (!certificate.ca) throw noAuthority("holds a certificate that is no authority's");
    return {
      name: certificate.subject.replaceAll("\n", ", "),
      fingerprint: certificate.fingerprint256,
      endsAt: certificate.validToDate.getTime(),
    };
  });
}

function parsed(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (cause) {
    throw noAuthority("holds a certificate that cannot be read", cause);
  }
}

function noAuthority(what: string, cause?: unknown): Failure {
  return new Failure(
    "invalid",
    `The file of the authority ${what}. It must hold 1 to ${CERTIFICATES_MAX} certificates of authorities as PEM, such as the ca.pem of whoever made the mirror's certificate.`,
    { cause },
  );
}
