import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { Failure } from "../base/failure.ts";
import { placeOnce } from "../base/secret-file.ts";
import { type MachineKey, makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { cosign, cosignerKey, cosignerText, hostCosignatureLine } from "../ledger/cosignature.ts";
import { openHead, parseVerifierKey, type VerifierKey } from "../ledger/verify.ts";
import { judgeCheckpoint, type Kept, parseAddCheckpoint } from "../ledger/witness-judge.ts";

/**
 * A witness of logs on a machine of its own (C2SP tlog-witness): a folder with its two keys, the logs
 * that it trusts, and of each the checkpoint that it signed last. It knows nothing of any server, and
 * takes what it is shown from whoever shows it.
 */
export interface WitnessFolder {
  readonly folder: string;
  readonly name: string;
  readonly cosigner: KeyObject;
  readonly hostKey: MachineKey;
}

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** Makes the keys, or keeps those that are there. */
export function makeWitness(folder: string, name: string): WitnessFolder {
  if (!NAME.test(name)) {
    throw new Failure("invalid", "A witness's name has lower-case letters, digits, dots, dashes.");
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  placeOnce(join(folder, "name"), `${name}\n`);
  placeOnce(join(folder, "cosign.pem"), pem);
  placeOnce(join(folder, "hosts.pem"), makeMachineKey().privateKeyPem);
  const made = openWitness(folder);
  if (made.name === name) return made;
  throw new Failure("conflict", `${folder} is the folder of the witness ${made.name}.`);
}

export function openWitness(folder: string): WitnessFolder {
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  try {
    return {
      folder,
      name: read("name").trim(),
      cosigner: createPrivateKey(read("cosign.pem")),
      hostKey: openMachineKey(read("hosts.pem")),
    };
  } catch (cause) {
    const text = `${folder} is not the folder of a witness. Make one: fettle witness init NAME --folder FOLDER`;
    throw new Failure("not-found", text, { cause });
  }
}

/** What the operator of the server is given. */
export function witnessKeys({ name, cosigner, hostKey }: WitnessFolder) {
  const noteKey = cosignerText(cosignerKey(name, cosigner));
  return { name, noteKey, keyLine: hostKey.publicKeyLine };
}

function fileOf(origin: string): string {
  return Buffer.from(origin).toString("base64url");
}

/** From now on checkpoints of this log are signed; its key came from a place that is trusted. */
export function trustLog({ folder }: WitnessFolder, text: string): VerifierKey {
  const key = parseVerifierKey(text);
  if (key === null) {
    throw new Failure("invalid", "That is no log key. Get it with: fettle audit key");
  }
  const file = join(folder, `${fileOf(key.origin)}.key`);
  placeOnce(file, `${text.trim()}\n`);
  if (readFileSync(file, "utf8").trim() === text.trim()) return key;
  throw new Failure(
    "conflict",
    `Another key of ${key.origin} is trusted here. Two logs of one name would be a fork.`,
  );
}

function trusted({ folder }: WitnessFolder, origin: string): VerifierKey | null {
  const file = join(folder, `${fileOf(origin)}.key`);
  return existsSync(file) ? parseVerifierKey(readFileSync(file, "utf8")) : null;
}

function kept(of: WitnessFolder, origin: string): Kept | null {
  const key = trusted(of, origin);
  const file = join(of.folder, `${fileOf(origin)}.checkpoint`);
  if (key === null || !existsSync(file)) return null;
  const head = openHead(key, readFileSync(file, "utf8"));
  // To go on without it would be to forget: whoever changed the file must say what is true.
  if (head === null) throw new Failure("blocked", `${file} is not signed by the log's key.`);
  return head;
}

export interface WitnessReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Answers `add-checkpoint`. What is signed is on disk before the signature leaves; one process works in a
 * folder at a time, as nothing here waits between reading and writing.
 */
export function addCheckpoint(of: WitnessFolder, asked: string, seconds: number): WitnessReply {
  const parsed = parseAddCheckpoint(asked);
  if (parsed === null) return plain(400, "not of the form of tlog-witness\n");
  const answer = judgeCheckpoint(
    parsed,
    (origin) => trusted(of, origin),
    (origin) => kept(of, origin),
  );
  if (answer.status !== 200) {
    if (answer.isFork) keepFork(of, parsed.note);
    if (answer.status !== 409) return plain(answer.status, `${answer.why}\n`);
    return { status: 409, contentType: "text/x.tlog.size", body: `${answer.size}\n` };
  }
  const { body, origin, note } = answer;
  durably(join(of.folder, `${fileOf(origin)}.checkpoint`), note);
  const { name, cosigner, hostKey } = of;
  const armoured = signDocument({ namespace: "fettle-cosign-v1", key: hostKey, bytes: body });
  const line = cosign({ name, privateKey: cosigner, body, seconds });
  return plain(200, `${line}${hostCosignatureLine(name, armoured)}`);
}

function plain(status: number, body: string): WitnessReply {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

/** Both checkpoints, each with the log's own signature: what shows the fork to anybody. */
function keepFork({ folder }: WitnessFolder, note: string): void {
  const origin = note.slice(0, note.indexOf("\n"));
  const own = readFileSync(join(folder, `${fileOf(origin)}.checkpoint`), "utf8");
  placeOnce(join(folder, `${fileOf(origin)}.fork`), `${own}\n${note}`);
}

function durably(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  const folder = openSync(join(file, ".."), "r");
  fsyncSync(folder);
  closeSync(folder);
}

const ASK_BYTES_MAX = 65_536;

/** `POST <prefix>/add-checkpoint`, and nothing else. */
export function witnessServer(of: WitnessFolder, clock: () => number): Server {
  const server = createServer((request, response) => {
    const send = ({ status, contentType, body }: WitnessReply): void => {
      response.writeHead(status, { "content-type": contentType }).end(body);
    };
    if (request.method !== "POST" || request.url?.endsWith("/add-checkpoint") !== true) {
      request.resume();
      return send(plain(404, "POST /add-checkpoint\n"));
    }
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes <= ASK_BYTES_MAX) parts.push(part);
    });
    request.on("end", () => {
      if (bytes > ASK_BYTES_MAX) return send(plain(400, "too long\n"));
      try {
        const seconds = Math.floor(clock() / 1000);
        send(addCheckpoint(of, Buffer.concat(parts).toString("utf8"), seconds));
      } catch (cause) {
        send(plain(500, "the folder of this witness cannot be read or written\n"));
        process.stderr.write(`${cause instanceof Error ? cause.message : "unknown"}\n`);
      }
    });
  });
  server.requestTimeout = 20_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 64;
  return server;
}
