import { readFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";
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

/** Where it is, for people; never the user or the password. */
export function externalName(databaseUrl: string): string {
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
