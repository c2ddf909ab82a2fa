import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Keys of OpenPGP and what they sign, made by GnuPG itself. */
export interface TestSigner {
  readonly publicKey: Buffer;
  readonly armoured: Buffer;
  readonly secretKey: Buffer;
  readonly fingerprint: string;
  /** In clear text, as an `InRelease`. */
  sign(text: string, ...more: readonly string[]): Buffer;
  /** Beside it, as a `repomd.xml.asc`. */
  signBeside(text: Buffer): Buffer;
  /** The public key as it is after its owner revoked it. */
  revoke(): Buffer;
  close(): void;
}

/** `expiresAt` (seconds) makes a key that is over by then; it is made and used before that. */
export function openSigner(name: string, expiresAt?: number): TestSigner {
  const home = mkdtempSync(join(tmpdir(), "fettle-gpg-"));
  const then = expiresAt === undefined ? [] : ["--faked-system-time", `${expiresAt - 86_400}!`];
  const gpg = (args: readonly string[], input?: string | Buffer): Buffer =>
    execFileSync(
      "gpg",
      ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", ...then, ...args],
      { input: input ?? "", stdio: ["pipe", "pipe", "ignore"] },
    );
  const until = expiresAt === undefined ? "never" : "1d";
  gpg(["--passphrase", "", "--quick-gen-key", name, "ed25519", "sign", until]);
  const listed = gpg(["--list-keys", "--with-colons"]).toString();
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? "";
  return {
    publicKey: gpg(["--export"]),
    armoured: gpg(["--export", "--armor"]),
    secretKey: gpg(["--export-secret-keys"]),
    fingerprint,
    sign: (text, ...more) => gpg([...more, "--clearsign"], text),
    signBeside: (text) => gpg(["--armor", "--detach-sign"], text),
    revoke() {
      const file = join(home, "openpgp-revocs.d", `${fingerprint}.rev`);
      // GnuPG guards the certificate by a colon before its armour, against accidents.
      const text = execFileSync("sed", ["s/^:---/---/", file]);
      gpg(["--import"], text);
      return gpg(["--export"]);
    },
    close() {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
