import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { runCommand } from "../base/run-command.ts";
import type { World } from "../db/world.ts";
import {
  framingFault,
  readSignedIndex,
  type SignedIndex,
  type SourceForm,
  signatureFault,
} from "./release-file.ts";

const GPGV_MS_MAX = 30_000;
const STATUS_BYTES_MAX = 256 * 1024;

export interface IndexFiles {
  readonly form: SourceForm;
  readonly signed: Buffer;
  /** Beside it, with rpm; an `InRelease` holds its own. */
  readonly signature: Buffer | null;
}

type Verified =
  /** `text` is what was signed. */
  | { readonly index: SignedIndex; readonly signedBy: string; readonly text: string }
  | { readonly fault: string };

/**
 * Verifies an index by gpgv with exactly the pinned keys, in a folder that is gone afterwards. What is
 * read is what gpgv gave back as signed. Throws `unavailable` where the server has no gpgv.
 */
export async function verifyIndex(
  world: World,
  files: IndexFiles,
  pinned: { readonly keyring: Buffer; readonly fingerprints: readonly string[] },
): Promise<Verified> {
  const { form, signed } = files;
  const signature = form === "deb" ? null : files.signature;
  const framing = form === "deb" ? framingFault(signed.toString("latin1")) : null;
  if (framing !== null) return { fault: framing };
  const folder = await mkdtemp(join(world.paths.state, "source-"));
  try {
    const at = (name: string): string => join(folder, name);
    await writeFile(at("keys.gpg"), pinned.keyring, { mode: 0o600 });
    await writeFile(at("signed"), signed, { mode: 0o600 });
    if (signature !== null) await writeFile(at("signature"), signature, { mode: 0o600 });
    const what =
      signature === null ? ["--output", at("text"), at("signed")] : [at("signature"), at("signed")];
    const { ended, stdout } = await runCommand({
      program: "gpgv",
      args: ["--homedir", folder, "--keyring", at("keys.gpg"), "--status-fd", "1", ...what],
      timeoutMs: GPGV_MS_MAX,
      outputBytesMax: STATUS_BYTES_MAX,
    });
    if (ended !== "exit") throw new Failure("unavailable", "gpgv did not end by itself.");
    const judged = signatureFault(stdout.toString("latin1"), pinned.fingerprints);
    if ("fault" in judged) return judged;
    const text = signature === null ? await readFile(at("text")) : signed;
    const index = readSignedIndex(form, text.toString("utf8"), sha256(text));
    return index === null
      ? { fault: "its date cannot be read, or a field stands in it twice" }
      : { index, signedBy: judged.signedBy, text: text.toString("utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
