import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert, Failure } from "../base/failure.ts";
import type { ChangeId, HostId, RolloutId } from "../base/ids.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { makeMachineKey } from "../base/sshsig.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { CERTIFICATE_LIFE_MS, issueCertificate } from "./actions-certificates.ts";
import { forcedCommand } from "./certificate-lines.ts";
import type { ReachTarget } from "./model.ts";
import { programBytes, reachHost } from "./reach-host.ts";
import type { Transport } from "./transport.ts";

/** A host as certificates know it. */
export interface CertifiedHost {
  readonly id: HostId;
  readonly name: string;
  readonly protocolId: string;
  readonly way: ReachTarget;
}

/** For what a connection is opened. `judge` says, in the issuing transaction, whose job it is. */
export type Errand =
  | { readonly purpose: "look" }
  | {
      readonly purpose: "job";
      /** Null: no job of this host may be carried there now. */
      readonly judge: (tx: Tx) => Promise<JobAbout | null>;
    };

export interface JobAbout {
  readonly change: ChangeId;
  readonly rollout: RolloutId;
  /** Such as `C-12 R-7 attempt 1`. */
  readonly text: string;
}

/**
 * The way to a host. Where no key of ours stands there, a key is made for this one connection, and a
 * certificate for it; both are gone with the connection.
 */
export async function reachFor(
  world: World,
  host: CertifiedHost,
  errand: Errand = { purpose: "look" },
): Promise<Transport> {
  const { way } = host;
  if (way.kind !== "ssh" || way.byCertificate !== true) return reachHost(world.paths, way);
  try {
    const files = await certificateFiles(world, host, errand);
    if (files === null) return refusedWay(`${host.name} has no job now that may be carried there`);
    const target = { ...way, identityFile: files.key, certificateFile: files.certificate };
    const transport = reachHost(world.paths, target);
    return {
      ...transport,
      prepare(keeps) {
        const prepared = transport.prepare(keeps);
        if ("kind" in prepared) files.remove();
        return "kind" in prepared ? prepared : { ...prepared, after: files.remove };
      },
    };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return refusedWay(cause.message);
  }
}

function refusedWay(why: string): Transport {
  const problem = {
    kind: "authentication",
    message: `No certificate was issued: ${why}.`,
  } as const;
  return { where: "the host", isRoot: true, prepare: () => problem, explain: () => problem };
}

interface Files {
  readonly key: string;
  readonly certificate: string;
  remove(): void;
}

async function certificateFiles(
  world: World,
  host: CertifiedHost,
  errand: Errand,
): Promise<Files | null> {
  const { way } = host;
  assert(way.kind === "ssh", "only SSH has certificates");
  const pair = makeMachineKey();
  const key = parsePublicKeyLine(pair.publicKeyLine);
  assert(key !== null, "a key that was just made can be read");
  const { purpose } = errand;
  const issued = await inTransaction(world.db, async (tx) => {
    const job = errand.purpose === "job" ? await errand.judge(tx) : null;
    if (errand.purpose === "job" && job === null) return null;
    const at = world.clock();
    return issueCertificate(world, tx, {
      ...{ purpose, host, key, at, until: at + CERTIFICATE_LIFE_MS, by: null, hasTerminal: false },
      about: job?.text ?? "",
      forceCommand: forcedCommand(way, purpose, programBytes(world.paths)),
      ...(job === null ? {} : { change: job.change, rollout: job.rollout }),
    });
  });
  return issued === null ? null : writeFiles(world.paths.state, pair.privateKeyPem, issued.line);
}

/** Longer than any certificate is good for: what a killed server left behind. */
const LEFT_BEHIND_MS = 15 * MINUTE_MS;

function writeFiles(state: string, privateKeyPem: string, line: string): Files {
  const all = join(state, "certificates");
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(all)) {
    const made = statSync(join(all, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > LEFT_BEHIND_MS)
      rmSync(join(all, name), { recursive: true, force: true });
  }
  const folder = join(all, randomBytes(12).toString("hex"));
  mkdirSync(folder, { mode: 0o700 });
  const key = join(folder, "key");
  const certificate = join(folder, "key-cert.pub");
  writeFileSync(key, privateKeyPem, { mode: 0o600, flag: "wx" });
  writeFileSync(certificate, `${line}\n`, { mode: 0o600, flag: "wx" });
  return { key, certificate, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
