/**
 * What a handler may know of the request beside its validated input, and may say beside its reply.
 * Only routes about signing in, live streams and conditional edits need it.
 */
export interface RequestFacts {
  /** The peer's address, as seen by this server. */
  readonly address: string;
  /** What the caller's program says it is (`User-Agent`, RFC 9110 §10.1.5), cut; empty for nothing. */
  readonly program: string;
  /** The site whose page asks (`Origin`, RFC 6454 §7), or null for programs. */
  readonly origin: string | null;
  /** Entity tag that the caller saw (`If-Match`, RFC 9110 §13.1.1), or null. */
  readonly ifMatch: string | null;
  /** Where a live stream should go on (`Last-Event-ID`), or null. */
  readonly lastEventId: string | null;
  /** SHA-256 of the session or token that signed the caller in, or null. */
  readonly credentialHash: string | null;
  /** Aborted when the caller goes away or the server closes. */
  readonly signal: AbortSignal;
  setHeader(
    name: "set-cookie" | "etag" | "location" | "retry-after" | "content-disposition",
    value: string,
  ): void;
  /** The reply holds a secret: it is never kept for a repeated request, nor by any cache. */
  markSecret(): void;
}

/** The context of a handler that wants them. */
export type Served<Context> = Context & { readonly request: RequestFacts };
