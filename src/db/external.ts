import { readFileSync } from "node:fs";
import { checkServerIdentity as checkIdentity, type PeerCertificate } from "node:tls";
import { Failure, present } from "../base/failure.ts";
import type { Connection } from "./database.ts";

/**
 * The address of a PostgreSQL that somebody else runs. Off this machine the connection is encrypted
 * and the server's certificate and name are checked, always: a password and the whole ledger go over
 * it. There is no switch to turn that off; a database without TLS is reached over its Unix socket or
 * a tunnel that ends on this machine.
 */

/** What one may ask for where the check is made in any case (libpq's word for it). */
const CHECKED = "verify-full";
/** Parameters that say how to encrypt; we act on them ourselves, so the driver must not. */
const TLS_PARAMETERS = ["ssl", "sslmode", "sslrootcert", "sslcert", "sslkey", "uselibpqcompat"];

export function externalConnection(databaseUrl: string): Connection {
  const several = severalHosts(databaseUrl);
  if (several !== null) return clusterConnection(several);
  const url = parse(databaseUrl);
  const host = hostOf(url);
  if (host === "") {
    throw new Failure(
      "invalid",
      "The database URL names no host. Write postgres://user@host/name, or postgres:///name?host=/folder/of/the/socket&user=name for a Unix socket.",
    );
  }
  if (isThisMachine(host)) return { url: databaseUrl };
  const mode = url.searchParams.get("sslmode") ?? CHECKED;
  if (mode !== CHECKED || url.searchParams.has("ssl") || url.searchParams.has("uselibpqcompat")) {
    throw new Failure(
      "invalid",
      `The database at ${host} is not on this machine, so its certificate is always checked (sslmode=${CHECKED}). Take ssl, sslmode and uselibpqcompat out of the URL and, where a private authority signed the certificate, name its file: sslrootcert=/path/ca.pem.`,
    );
  }
  const file = (name: string) => fileNamed(url.searchParams.get(name), name);
  const ca = file("sslrootcert");
  const cert = file("sslcert");
  const key = file("sslkey");
  for (const name of TLS_PARAMETERS) url.searchParams.delete(name);
  return {
    url: url.href,
    tls: {
      // Explicit: the environment can turn off Node's default (NODE_TLS_REJECT_UNAUTHORIZED).
      rejectUnauthorized: true,
      host,
      minVersion: "TLSv1.2",
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    },
  };
}

interface Several {
  /** One URL for each member. */
  readonly urls: readonly URL[];
}

/** As libpq writes several members: `postgres://user@a:5432,b:5432/name`. Null for one host. */
function severalHosts(databaseUrl: string): Several | null {
  const match = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?@]*,[^/?@]*)(.*)$/.exec(databaseUrl);
  if (match === null) return null;
  const [, before = "", hosts = "", rest = ""] = match;
  const urls = hosts.split(",").map((host) => parse(`${before}${host}${rest}`));
  for (const url of urls) {
    const wanted = url.searchParams.get("target_session_attrs") ?? WRITES;
    if (wanted !== WRITES) {
      throw new Failure(
        "invalid",
        `The database URL names several servers and target_session_attrs=${wanted.slice(0, 40)}. Only the one that takes writes is of use: write ${WRITES}, or leave it out.`,
      );
    }
    url.searchParams.delete("target_session_attrs");
  }
  return { urls };
}

/** libpq's word for the member that takes writes. */
const WRITES = "read-write";
const PORT = 5432;

/** The members are alike in all but their place, so the first one's URL speaks for all. */
function clusterConnection({ urls }: Several): Connection {
  const members = urls.map((url) => externalConnection(url.href));
  const places = urls.map((url, at) => {
    const member = present(members[at]?.url, "each member has its address");
    return { host: hostOf(url), port: Number(url.port || PORT), url: member };
  });
  const guarded = members.find(({ tls }) => tls !== undefined);
  const first = present(guarded ?? members[0], "a cluster has members");
  if (guarded?.tls === undefined) return { ...first, places };
  const names = places.map(({ host }) => host);
  // Each member's certificate bears its own name; which of them is asked is not known before.
  const checkServerIdentity = (_: string, certificate: PeerCertificate): Error | undefined => {
    const faults = names.map((name) => checkIdentity(name, certificate));
    return faults.includes(undefined) ? undefined : faults[0];
  };
  return { ...first, places, tls: { ...guarded.tls, checkServerIdentity } };
}

/** Where it is, for people; never the user or the password. */
export function externalName(databaseUrl: string): string {
  const several = severalHosts(databaseUrl);
  if (several !== null) return several.urls.map(hostOf).join(", ");
  const host = hostOf(parse(databaseUrl));
  return host.startsWith("/") ? `the socket in ${host}` : host;
}

/** The failure tells nothing of the text, which may hold a password. */
function parse(databaseUrl: string): URL {
  if (URL.canParse(databaseUrl)) return new URL(databaseUrl);
  throw new Failure(
    "invalid",
    "The database URL cannot be read. Write postgres://user:password@host:5432/name, with special characters of the password as %XX.",
  );
}

/** As the driver reads it: a parameter wins over the host in the address. */
function hostOf(url: URL): string {
  const named = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  return named.replace(/^\[(.*)\]$/, "$1");
}

function isThisMachine(host: string): boolean {
  return (
    host.startsWith("/") || host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)
  );
}

function fileNamed(path: string | null, parameter: string): string | null {
  if (path === null) return null;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Failure(
      "invalid",
      `The file ${path}, which the database URL names as ${parameter}, cannot be read by this user.`,
      { cause },
    );
  }
}
