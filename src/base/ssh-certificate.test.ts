import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CertificateContent, signCertificate } from "./ssh-certificate.ts";
import { parsePublicKeyLine } from "./ssh-key.ts";
import { makeMachineKey, openMachineKey } from "./sshsig.ts";

/** Judged by OpenSSH's own reader; test/…/certificate.real.test.ts has a real sshd judge them. */
let folder: string;
const pair = makeMachineKey();
const authority = openMachineKey(pair.privateKeyPem);
const subject = parsePublicKeyLine(makeMachineKey().publicKeyLine)!;
const nonce = new Uint8Array(32).fill(7);
const content: CertificateContent = {
  ...{ key: subject, serial: 42n, keyId: "fettle job web-1 C-12 R-7 target 3.1" },
  ...{ principals: ["fettle-job-h-0123456789abcdef0123"], hasTerminal: false },
  ...{ validAfter: 1_790_000_000, validBefore: 1_790_000_600 },
  ...{ forceCommand: "/usr/sbin/fettle-host serve", sourceAddresses: ["10.0.0.9", "fd00::/8"] },
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-cert-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lineOf(some: Partial<CertificateContent> = {}): string {
  const signed = signCertificate({ ...content, ...some }, { key: authority, nonce });
  if (!signed.ok) throw new Error(signed.why);
  return signed.line;
}

function shown(line: string): string {
  const file = join(folder, "c-cert.pub");
  writeFileSync(file, `${line}\n`);
  return execFileSync("ssh-keygen", ["-L", "-f", file], {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
}

describe("what ssh-keygen reads in a certificate", () => {
  test("everything that was put in, and nothing more", () => {
    const text = shown(lineOf());
    expect(text).toContain("Type: ecdsa-sha2-nistp256-cert-v01@openssh.com user certificate");
    expect(text).toContain('Key ID: "fettle job web-1 C-12 R-7 target 3.1"');
    expect(text).toContain("Serial: 42");
    expect(text).toMatch(/Principals: \n\s+fettle-job-h-0123456789abcdef0123\n/);
    expect(text).toMatch(/force-command \/usr\/sbin\/fettle-host serve\n/);
    expect(text).toMatch(/source-address 10\.0\.0\.9,fd00::\/8\n/);
    expect(text).toContain("Extensions: (none)");
    expect(text).toMatch(/Valid: from \S+ to \S+/);
  });

  test("a terminal only where one is meant, and never forwarding", () => {
    expect(shown(lineOf({ hasTerminal: true }))).toMatch(/Extensions: \n\s+permit-pty\n$/);
  });

  test.each(["ed25519", "ecdsa"])("a person's own %s key, signed by our authority", (type) => {
    const file = join(folder, `own-${type}`);
    execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "me", "-f", file]);
    const key = parsePublicKeyLine(readFileSync(`${file}.pub`, "utf8"))!;
    const text = shown(lineOf({ key }));
    const own = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" });
    expect(text).toContain(own.split(" ")[1]!);
    writeFileSync(join(folder, "ca.pub"), authority.publicKeyLine);
    const ca = execFileSync("ssh-keygen", ["-l", "-f", join(folder, "ca.pub")], {
      encoding: "utf8",
    });
    expect(text).toContain(`Signing CA: ECDSA ${ca.split(" ")[1]}`);
  });

  test("a changed byte anywhere is no certificate any more", () => {
    const [type, base64] = lineOf().split(" ") as [string, string];
    const bytes = Buffer.from(base64, "base64");
    for (const at of [60, 150, 250, bytes.length - 90]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => shown(`${type} ${changed.toString("base64")}`)).toThrow();
    }
  });
});

test.each([
  ["no principal, which would mean all of them", { principals: [] }],
  ["a principal with a comma", { principals: ["a,b"] }],
  ["a principal that is a pattern", { principals: ["*"] }],
  ["eleven minutes", { validBefore: 1_790_000_660 }],
  ["no time at all", { validBefore: 1_790_000_000 }],
  ["for ever", { validAfter: 0, validBefore: Number.MAX_SAFE_INTEGER }],
  ["a time that is no number", { validAfter: Number.NaN }],
  ["no forced command", { forceCommand: "" }],
  ["a command of two lines", { forceCommand: "true\nsh" }],
  ["an id of two lines, which would forge a line of the log", { keyId: "a\nAccepted" }],
  ["an id with a quote", { keyId: 'a" (serial 1)' }],
  ["serial nought", { serial: 0n }],
  ["a source that is no address", { sourceAddresses: ["anywhere"] }],
  ["a source with a comma", { sourceAddresses: ["10.0.0.1,0.0.0.0/0"] }],
])("%s is never signed", (_, some) => {
  const signed = signCertificate({ ...content, ...some }, { key: authority, nonce });
  expect(signed.ok).toBe(false);
});
