/**
 * The line that root runs on a new host (host protocol §10.1). It is put together on an operator's
 * machine from a trust file that lies in Git, so that whoever holds the server alone can neither choose
 * the program and the policy of a host nor pose as another server: the line carries the certificate of
 * the authority itself, and the digests of both. Pure.
 */
export interface AgentTrust {
  readonly tenant: string;
  /** `https://name:port` */
  readonly url: string;
  /** Further addresses, asked in this order where nobody answers at the one before; same authority. */
  readonly also?: readonly string[] | undefined;
  /** The certificate of Fettle's authority for agents, PEM. */
  readonly authority: string;
  /** SHA-256 of the host program. */
  readonly program: string;
}

export interface InstallLine {
  readonly trust: AgentTrust;
  readonly token: string;
  /** SHA-256 of the policy file. */
  readonly policy: string;
  readonly ring: string;
  readonly labels: readonly string[];
}

/** A host that asks each in turn for twenty seconds still calls within two minutes. */
const ADDRESSES_MAX = 4;

/** What needs no quotes in any shell; everything in the line is of it, or in single quotes. */
const PLAIN = /^[A-Za-z0-9.:/_=,@[\]+-]+$/;

/** Why a trust file or an argument cannot stand in a line; null when all of it can. */
export function lineFault(line: InstallLine): string | null {
  const { trust } = line;
  const urls = addresses(trust);
  const words = [trust.tenant, ...urls, trust.program, line.token, line.policy, line.ring];
  const odd = [...words, ...line.labels].find((word) => !PLAIN.test(word));
  if (odd !== undefined) return `${odd} holds a character that a shell would read`;
  if (urls.length > ADDRESSES_MAX) return `more than ${ADDRESSES_MAX} addresses`;
  if (new Set(urls).size < urls.length) return "an address stands there twice";
  const odder = urls.find((url) => !/^https:\/\/[^/,@]+$/.test(url));
  if (odder !== undefined) return `${odder} is not of the form https://name:port`;
  if (!/^[0-9a-f]{64}$/.test(trust.program)) return "the program's digest is not a SHA-256";
  return authorityLines(trust).length < 3 ? "the authority is not a PEM certificate" : null;
}

/**
 * `printf` is the shell's own, so the token stands in no process list. Nothing runs before both digests
 * were compared; curl knows no other authority than the one of the line.
 */
export function installLine(line: InstallLine): string {
  const { trust, token, policy, ring, labels } = line;
  const authority = authorityLines(trust)
    .map((text) => `'${text}'`)
    .join(" ");
  const urls = addresses(trust);
  const fetched = (part: string): string => {
    const tries = urls.map(
      (url) => `curl -q -K get -o ${part} '${url}/agent/v1/enrol?part=${part}'`,
    );
    return tries.length === 1 ? tries.join("") : `{ ${tries.join(" || ")}; }`;
  };
  const options = [
    "fail",
    "silent",
    "show-error",
    'proto = "=https"',
    "tlsv1.2",
    'cacert = "ca"',
    'capath = "/dev/null"',
    "max-filesize = 4194304",
    "max-time = 110",
    `header = "Authorization: Bearer ${token}"`,
  ];
  const steps = [
    `printf '%s\\n' ${authority} >ca`,
    `printf '%s\\n' ${token} >token`,
    `printf '%s\\n' ${options.map((option) => `'${option}'`).join(" ")} >get`,
    fetched("program"),
    fetched("policy"),
    `printf '%s\\n' '${trust.program}  program' '${policy}  policy' | sha256sum -c -`,
    `sh ./program agent-enrol ${[urls.join(","), trust.tenant, ring, policy, ...labels].join(" ")}`,
    "sh ./program agent-install ./program",
  ];
  // Only what mktemp made is ever removed: `cd ""` succeeds in many shells, and stays where root is.
  const begin = `umask 077; d=$(mktemp -d) && [ -n "$d" ] && cd "$d" || exit 1`;
  return `(${begin}; ${steps.join(" && ")}; e=$?; cd /; rm -rf "$d"; exit $e)`;
}

function addresses(trust: AgentTrust): readonly string[] {
  return [trust.url, ...(trust.also ?? [])];
}

function authorityLines(trust: AgentTrust): readonly string[] {
  const lines = trust.authority.trim().split("\n");
  const isPem =
    lines[0] === "-----BEGIN CERTIFICATE-----" && lines.at(-1) === "-----END CERTIFICATE-----";
  return isPem && lines.slice(1, -1).every((text) => /^[A-Za-z0-9+/=]{1,76}$/.test(text))
    ? lines
    : [];
}
