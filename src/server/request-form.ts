/**
 * What a request must look like before anybody looks at what it asks for. Names that may stand once
 * only: of two, a proxy may take the first and a program the last, which is how requests are smuggled
 * and rights of others borrowed (RFC 9110 §5.3, ASVS 5.0 V4.2.1).
 */
const HEADERS_MAX = 100;
const URL_CHARACTERS_MAX = 8_192;

const once: ReadonlySet<string> = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "idempotency-key",
  "if-match",
  "last-event-id",
  "origin",
  "sec-fetch-site",
  "transfer-encoding",
]);

/** Why the request is not taken, in words; null where its form is right. */
export function formFault(of: {
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}): string | null {
  // Before 1.0 a request had no headers, so it passes proxies that judge by them.
  if (!["1.0", "1.1"].includes(of.httpVersion)) return "Only HTTP 1.1 and 1.0 are spoken here.";
  if ((of.url ?? "").length > URL_CHARACTERS_MAX) {
    return `The address of a request has at most ${URL_CHARACTERS_MAX} characters.`;
  }
  const names = of.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > HEADERS_MAX) return `A request has at most ${HEADERS_MAX} headers.`;
  const seen = new Set<string>();
  for (const name of names) {
    if (once.has(name) && seen.has(name)) return `The header ${name} stands twice.`;
    seen.add(name);
  }
  return null;
}
