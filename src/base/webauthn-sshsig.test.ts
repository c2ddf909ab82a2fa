import { spawnSync } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Asked, testPasskey } from "../../test/builders/passkey.ts";
import { parsePublicKeyLine } from "./ssh-key.ts";
import { toBeSigned, verifySshSignature } from "./sshsig.ts";
import { isOriginOf } from "./webauthn.ts";
import {
  base64urlOf,
  bytesOfBase64url,
  credentialComment,
  credentialIn,
  passkeyChallenge,
  passkeyLine,
} from "./webauthn-bytes.ts";
import { passkeyToSshSignature } from "./webauthn-sshsig.ts";

const folder = mkdtempSync(join(tmpdir(), "fettle-passkey-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RP_ID = "desk.acme.example";
const namespace = "fettle-approve-v1";
const text = "fettle plan 1\ntenant acme\nend\n";
const passkey = testPasskey(RP_ID);

/** The oracle: what stock OpenSSH says about a signature by one key. */
function opensshAccepts(line: string, armoured: string, signed = text, purpose = namespace) {
  writeFileSync(join(folder, "allowed"), `someone ${line}\n`);
  writeFileSync(join(folder, "sig"), armoured);
  const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "someone", "-n", purpose];
  return (
    spawnSync("ssh-keygen", [...args, "-s", join(folder, "sig")], { input: signed }).status === 0
  );
}

function converted(asked: Partial<Asked> = {}, line = passkey.line) {
  const answer = passkey.answer({ text, ...asked });
  return passkeyToSshSignature({
    namespace,
    bytes: text,
    key: parsePublicKeyLine(line)!,
    answer,
  });
}

function refusal(asked: Partial<Asked>): string {
  const made = converted(asked);
  return made.ok ? "accepted" : made.why;
}

describe("the challenge of a passkey", () => {
  test("is the protocol's vector of 77 bytes, and what SSHSIG signs", () => {
    const digest = "a670d043587d4cb34fd9d05f4f520d4708165c9090cf4675b2b252181f055c06";
    const challenge = passkeyChallenge(namespace, Buffer.from(digest, "hex"));
    expect(challenge).toHaveLength(77);
    expect(base64urlOf(challenge)).toBe(
      "U1NIU0lHAAAAEWZldHRsZS1hcHByb3ZlLXYxAAAAAAAAAAZzaGEyNTYAAAAgpnDQQ1h9TLNP2dBfT1INRwgWXJCQz0Z1srJSGB8FXAY",
    );
    const other = passkeyChallenge(namespace, createHash("sha256").update(text).digest());
    expect(Buffer.from(other)).toEqual(toBeSigned(namespace, "sha256", text));
    expect(Buffer.from(bytesOfBase64url(base64urlOf(other)))).toEqual(Buffer.from(other));
  });
});

describe("a passkey's answer", () => {
  test("becomes a signature that stock ssh-keygen takes, for its text and purpose only", () => {
    for (const flags of [0x05, 0x0d, 0x1d]) {
      const made = converted({ flags });
      if (!made.ok) throw new Error(made.why);
      expect(made.flags).toBe(flags);
      expect(opensshAccepts(passkey.line, made.armoured)).toBe(true);
      expect(opensshAccepts(passkey.line, made.armoured, `${text} `)).toBe(false);
      expect(opensshAccepts(passkey.line, made.armoured, text, "fettle-gate-v1" as never)).toBe(
        false,
      );
      const claim = { namespace, armoured: made.armoured, publicKeyLine: passkey.line } as const;
      expect(verifySshSignature({ ...claim, bytes: text })).toMatchObject({ ok: true, flags });
      expect(verifySshSignature({ ...claim, bytes: `${text} ` }).ok).toBe(false);
    }
  });

  test("of every length of r and s is taken", () => {
    for (let at = 0; at < 100; at += 1) expect(converted().ok).toBe(true);
  });

  test("with extensions is taken when the flag says so, and refused when it does not", () => {
    const extensions = Buffer.from([0xa0]);
    const made = converted({ flags: 0x85, extensions });
    if (!made.ok) throw new Error(made.why);
    expect(opensshAccepts(passkey.line, made.armoured)).toBe(true);
    expect(refusal({ flags: 0x05, extensions })).toContain("do not agree");
    expect(refusal({ flags: 0x85 })).toContain("do not agree");
  });

  test("is refused with attested data, which OpenSSH could not rebuild", () => {
    expect(refusal({ flags: 0x45 })).toContain("attested data");
  });

  test("is refused of another site, by the site's digest and by the page that asked", () => {
    expect(refusal({ rpId: "fettle.acme.example" })).toContain("another site");
    expect(refusal({ origin: "https://acme.example" })).toContain("not the site of the key");
    expect(refusal({ origin: `http://${RP_ID}` })).toContain("not the site of the key");
    const framed = (data: string) => data.replace('"crossOrigin":false', '"crossOrigin":true');
    expect(refusal({ clientData: framed })).toContain("frame");
  });

  test("is refused for another text, another purpose, and a sign-in", () => {
    expect(refusal({ text: "fettle plan 1\ntenant evil\nend\n" })).toContain("another challenge");
    expect(refusal({ namespace: "fettle-request-v1" })).toContain("another challenge");
    const made = (data: string) => data.replace("webauthn.get", "webauthn.create");
    expect(refusal({ clientData: made })).toContain("another challenge");
  });

  test("is refused when its client data begins in another order", () => {
    const turned = (data: string) => {
      const { origin, ...rest } = JSON.parse(data) as Record<string, unknown>;
      return JSON.stringify({ origin, ...rest });
    };
    expect(refusal({ clientData: turned })).toContain("another order");
    const late = (data: string) =>
      data.replace(/("origin":"[^"]*"),("crossOrigin":false)/, "$2,$1");
    expect(refusal({ clientData: late })).toContain("does not name the origin");
    expect(refusal({ clientData: () => "{" })).toContain("cannot be read");
  });

  test("is refused by another key, and with a signature of another form", () => {
    const other = testPasskey(RP_ID);
    expect(converted({}, other.line).ok).toBe(false);
    const answer = passkey.answer({ text });
    const key = parsePublicKeyLine(passkey.line)!;
    for (const signature of [
      Buffer.alloc(0),
      answer.signature.subarray(0, -1),
      Buffer.concat([answer.signature, Buffer.from([0])]),
      Buffer.alloc(70, 0x30),
    ]) {
      const given = { ...answer, signature };
      expect(passkeyToSshSignature({ namespace, bytes: text, key, answer: given }).ok).toBe(false);
    }
  });

  test("whose armour was edited anywhere is refused, as by ssh-keygen", () => {
    const made = converted();
    if (!made.ok) throw new Error(made.why);
    const lines = made.armoured.split("\n");
    const blob = Buffer.from(lines.slice(1, -2).join(""), "base64");
    for (let at = 0; at < blob.length; at += 7) {
      const edited = Buffer.from(blob);
      edited[at] = (edited[at] ?? 0) ^ 0x01;
      const body = edited.toString("base64").replace(/(.{70})/g, "$1\n");
      const armoured = [
        lines[0],
        ...body.split("\n").filter((l) => l !== ""),
        lines.at(-2),
        "",
      ].join("\n");
      const claim = { namespace, armoured, publicKeyLine: passkey.line, bytes: text } as const;
      expect([at, verifySshSignature(claim).ok]).toEqual([at, false]);
    }
  });
});

describe("a passkey's line", () => {
  test("names key and site, and only keys of kind ES256 get one", () => {
    const key = parsePublicKeyLine(passkey.line);
    expect(key?.application).toBe(RP_ID);
    for (const pair of [
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
      generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
      generateKeyPairSync("ed25519"),
    ]) {
      const spki = createPublicKey(pair.privateKey).export({ type: "spki", format: "der" });
      expect(passkeyLine(spki, RP_ID)).toBeNull();
    }
  });

  test("may name its credential in the comment", () => {
    const line = `${passkey.line} desk ${credentialComment(passkey.credential)}`;
    expect(credentialIn(line)).toBe(passkey.credential);
    expect(credentialIn(passkey.line)).toBeNull();
    expect(credentialIn(`${passkey.line} credential=a/b`)).toBeNull();
  });
});

describe("a page may use passkeys", () => {
  test("of its own whole name, over HTTPS or on one's own machine", () => {
    expect(isOriginOf("https://desk.acme.example", RP_ID)).toBe(true);
    expect(isOriginOf("https://desk.acme.example:8443", RP_ID)).toBe(true);
    expect(isOriginOf("http://localhost:7700", "localhost")).toBe(true);
    for (const origin of [
      "https://acme.example",
      "https://evil.desk.acme.example",
      "http://desk.acme.example",
      "https://desk.acme.example/",
      "null",
      "",
    ]) {
      expect([origin, isOriginOf(origin, RP_ID)]).toEqual([origin, false]);
    }
  });
});
