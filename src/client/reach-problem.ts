/**
 * Why a server could not be reached, in words, with what to do; from the code that Node gives with a
 * broken request. Each names the address, as more than one may be in use.
 */
export function reachProblem(url: string, cause: unknown): string {
  const { code, message } = innermost(cause);
  if (NAME_CODES.includes(code)) {
    return `The name in ${url} is not known here (${code}). Check its spelling and the name service, or give another address with --url.`;
  }
  if (TIME_CODES.includes(code)) {
    return `Nobody answered at ${url} in time (${code}). Check that the address is right and that no firewall stands between, then try again.`;
  }
  if (CLOSED_CODES.includes(code)) {
    return `The server at ${url} closed the connection before it answered (${code}); it may be starting again. Look whether your command took effect, then try again.`;
  }
  if (/SSL_WRONG_VERSION|EPROTO|PACKET_LENGTH/.test(`${code} ${message}`)) {
    return `${url} does not speak TLS, or speaks it with others than us (${code}). Is it http:// instead of https://?`;
  }
  if (/CERT|SIGNED|ISSUER|SIGNATURE|ALTNAME/.test(code)) {
    return `The certificate of ${url} is not to be trusted (${code}), so nothing was sent. If your own authority signs it, name its file in NODE_EXTRA_CA_CERTS; if not, find out who answers there.`;
  }
  return `No Fettle server answers at ${url}${code === "" ? "" : ` (${code})`}. Start it with: npm start. Or name another with --url.`;
}

const NAME_CODES = ["ENOTFOUND", "EAI_AGAIN"];
const TIME_CODES = [
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
];
const CLOSED_CODES = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];

/** `fetch` wraps what really happened; several addresses of one name fail together. */
function innermost(cause: unknown): { readonly code: string; readonly message: string } {
  const given = (cause ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
    readonly cause?: unknown;
    readonly errors?: readonly unknown[];
  };
  if (given.cause !== undefined && given.cause !== null) return innermost(given.cause);
  const code = typeof given.code === "string" ? given.code : "";
  if (code === "" && given.errors?.[0] !== undefined) return innermost(given.errors[0]);
  return { code, message: String(given.message ?? "") };
}
