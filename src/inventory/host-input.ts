import { z } from "zod";
import { Failure } from "../base/failure.ts";
import {
  LABEL_COUNT_MAX,
  type Labels,
  parseLabels,
  type Selector,
  selects,
} from "../base/labels.ts";
import { hostKeysIn, parseHostKey } from "../reach/host-key.ts";
import type { Host, HostWay } from "./model.ts";

/**
 * What makes a host description acceptable, whoever gives it: the API, an import, the first start.
 */
export const hostName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/,
    "a host name is lower-case letters, digits, dots and hyphens, at most 63 characters",
  );

const user = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, "not a user name");
/** A name, an IPv4 address, or an IPv6 address with or without its zone (RFC 4007 §11). */
const ADDRESS =
  /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,254}|[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?)$/;
const address = z.string().regex(ADDRESS, "not a host name or IP address");
export const identityFile = z
  .string()
  .max(1_000)
  .regex(/^(\/|~\/)[^"\\\n\r]*$/, "must be an absolute path, or begin with ~/")
  .nullable();

export const labelsInput = z.record(z.string(), z.string()).transform((given, context): Labels => {
  const texts = Object.entries(given).map(([key, value]) => `${key}=${value}`);
  try {
    return parseLabels(texts);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    context.addIssue({ code: "custom", message: cause.message });
    return z.NEVER;
  }
});

export const sshInput = z.strictObject({
  kind: z.literal("ssh"),
  user: user.default("root"),
  address,
  port: z.number().int().min(1).max(65535).default(22),
  identityFile: identityFile.default(null),
  /** No key stands there: each connection has a certificate of its own. */
  byCertificate: z.boolean().optional(),
  /** Key lines (`ssh-ed25519 AAAA…`), as the host's own console shows them. */
  hostKeys: z.array(z.string().max(5_000)).max(20).default([]),
  /** Lines of a known_hosts file in which the address is looked up. */
  knownHosts: z.string().max(1_000_000).default(""),
  /** Fingerprints (`SHA256:…`) that a person compared; the key is fetched and must match one. */
  fingerprints: z.array(z.string().max(200)).max(20).default([]),
  program: z.enum(["piped", "installed"]).default("piped"),
});

export type SshInput = z.output<typeof sshInput>;

/** The way of a host from given keys; fingerprints are resolved by the action that can look. */
export function sshWay(
  input: Omit<SshInput, "fingerprints">,
  confirmed: readonly string[] = [],
): HostWay {
  const given = input.hostKeys.map((text) => {
    const key = parseHostKey(text);
    if (key !== null) return key.line;
    const shown = JSON.stringify(text.slice(0, 60));
    throw new Failure("invalid", `${shown} is not a host key. Give a line like ssh-ed25519 AAAA….`);
  });
  const known = hostKeysIn(input.knownHosts, input.address, input.port).map((key) => key.line);
  const hostKeys = [...new Set([...given, ...known, ...confirmed])];
  if (hostKeys.length === 0) {
    throw new Failure(
      "invalid",
      `No host key is pinned for ${input.address}, port ${input.port}. Give its key, a known_hosts entry, or a fingerprint that you compared with the host's own.`,
    );
  }
  const { user: name, address: at, port, identityFile: file, program } = input;
  const isCertified = input.byCertificate === true;
  if (isCertified && file !== null) {
    throw new Failure(
      "invalid",
      "A host reached by certificate has no private key file. Give one.",
    );
  }
  return {
    ...{ kind: "ssh", user: name, address: at, port, identityFile: file, hostKeys, program },
    ...(isCertified ? { byCertificate: true } : {}),
  };
}

/** A person who may manage hosts of some labels can neither add nor move hosts beyond them. */
export function demandWithin(scopes: readonly Selector[], labels: Labels): void {
  if (scopes.some((selector) => selects(selector, labels))) return;
  throw new Failure(
    "forbidden",
    "You may not manage hosts with these labels. Choose labels within your own scope, or ask an administrator.",
  );
}

/** Changes to labels: a value sets, null removes. */
export function changedLabels(
  labels: Labels,
  change: Readonly<Record<string, string | null>>,
): Labels {
  const next = Object.entries({ ...labels, ...change }).flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${value}`],
  );
  if (next.length > LABEL_COUNT_MAX) {
    throw new Failure("invalid", `A host has at most ${LABEL_COUNT_MAX} labels.`);
  }
  return parseLabels(next);
}

/** This machine is inspected as the user the server runs as; only a real way in can change a host. */
export function demandPossibleMode(way: HostWay, mode: Host["mode"]): void {
  if (way.kind === "local" && mode === "managed") {
    throw new Failure(
      "invalid",
      "This machine is inspected only: the server does not change the machine it runs on over the local way. Add it over SSH to manage it.",
    );
  }
}
