import { execFileSync, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fingerprint, parsePublicKeyLine, wireMpint, wireString } from "./ssh-key.ts";
import {
  makeMachineKey,
  openMachineKey,
  parseSignature,
  signDocument,
  toBeSigned,
  verifySshSignature,
} from "./sshsig.ts";

const folder = mkdtempSync(join(tmpdir(), "fettle-sshsig-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = "fettle order 1\nkind dispatch\nend\n";
const made = makeMachineKey();
const key = openMachineKey(made.privateKeyPem);

/** The oracle: what stock OpenSSH says about a signature by one key. */
function opensshAccepts(of: { line: string; armoured: string; text: string; namespace: string }) {
  writeFileSync(join(folder, "allowed"), `someone ${of.line}\n`);
  writeFileSync(join(folder, "sig"), of.armoured);
  const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "someone"];
  const run = spawnSync("ssh-keygen", [...args, "-n", of.namespace, "-s", join(folder, "sig")], {
    input: of.text,
  });
  return run.status === 0;
}

function opensshKey(type: "ed25519" | "ecdsa") {
  const path = join(folder, type);
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "someone", "-f", path]);
  return { path, line: readFileSync(`${path}.pub`, "utf8").trim() };
}

describe("signatures that we make", () => {
  test("are accepted by ssh-keygen for their own namespace and text only", () => {
    const armoured = signDocument({ namespace: "fettle-order-v1", key, bytes: text });
    const claim = { line: key.publicKeyLine, armoured, text, namespace: "fettle-order-v1" };
    expect(opensshAccepts(claim)).toBe(true);
    expect(opensshAccepts({ ...claim, namespace: "fettle-approve-v1" })).toBe(false);
    expect(opensshAccepts({ ...claim, text: `${text} ` })).toBe(false);
  });

  test.each(["=", "=="])(
    "have one base64 text only, as for ssh-keygen, where it ends in %s",
    (pad) => {
      const namespace = "fettle-order-v1";
      // r and s are of any length, so one of some texts ends so.
      const signed = Array.from({ length: 200 }, (_, at) => {
        const bytes = `text ${at}`;
        return { bytes, armoured: signDocument({ namespace, key, bytes }) };
      }).find((one) => one.armoured.includes(`${pad}\n`) && !one.armoured.includes(`=${pad}\n`));
      const { bytes, armoured } = signed!;
      const end = armoured.indexOf(`${pad}\n`);
      const last = armoured[end - 1]!;
      const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      const stray = digits[digits.indexOf(last) + 1]!;
      const ends = [pad, "", `${pad}=`].map((other) => last + other);
      for (const other of [...ends, stray + pad]) {
        const edited = armoured.slice(0, end - 1) + other + armoured.slice(end + pad.length);
        const publicKeyLine = key.publicKeyLine;
        const line = publicKeyLine;
        const claim = { namespace, publicKeyLine, bytes, armoured: edited } as const;
        const isFine = opensshAccepts({ line, armoured: edited, text: bytes, namespace });
        expect(isFine).toBe(other === last + pad);
        expect(verifySshSignature(claim).ok).toBe(isFine);
      }
    },
  );

  test("hold for every length of r and s", () => {
    const claim = { namespace: "fettle-order-v1", publicKeyLine: key.publicKeyLine } as const;
    for (let at = 0; at < 600; at += 1) {
      const bytes = `text ${at}`;
      const armoured = signDocument({ namespace: "fettle-order-v1", key, bytes });
      expect(verifySshSignature({ ...claim, bytes, armoured })).toMatchObject({ ok: true });
    }
  });
});

describe.each(["ed25519", "ecdsa"] as const)("signatures that ssh-keygen makes with %s", (type) => {
  const { path, line } = opensshKey(type);
  const armoured = execFileSync("ssh-keygen", ["-Y", "sign", "-n", "fettle-ask-v1", "-f", path], {
    input: text,
    stdio: ["pipe", "pipe", "ignore"],
  }).toString();
  const claim = { namespace: "fettle-ask-v1", bytes: text, armoured, publicKeyLine: line } as const;

  test("are accepted for their own key, text and namespace only", () => {
    expect(verifySshSignature(claim)).toMatchObject({ ok: true, flags: null });
    expect(verifySshSignature({ ...claim, bytes: "other" }).ok).toBe(false);
    expect(verifySshSignature({ ...claim, namespace: "fettle-result-v1" }).ok).toBe(false);
    expect(verifySshSignature({ ...claim, publicKeyLine: made.publicKeyLine }).ok).toBe(false);
  });

  test("are refused when any character is changed", () => {
    fc.assert(
      fc.property(
        fc.nat(armoured.length - 1),
        fc.constantFrom("A", "z", "0", "=", "\n"),
        (at, c) => {
          if (armoured[at] === c) return;
          const edited = armoured.slice(0, at) + c + armoured.slice(at + 1);
          const parsed = parseSignature(edited);
          const same = parsed?.signature.equals(
            parseSignature(armoured)?.signature ?? Buffer.alloc(0),
          );
          // A line break moved inside the armour may leave the very same signature.
          expect(same === true || !verifySshSignature({ ...claim, armoured: edited }).ok).toBe(
            true,
          );
        },
      ),
      { numRuns: 400, seed: 11 },
    );
  });

  test("have the fingerprint that ssh-keygen prints", () => {
    const printed = execFileSync("ssh-keygen", ["-l", "-f", `${path}.pub`]).toString();
    const parsed = parsePublicKeyLine(line);
    expect(parsed && fingerprint(parsed)).toBe(printed.split(" ")[1]);
  });
});

test("a security key's signature is checked and its flags are told, as ssh-keygen does", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const { x = "", y = "" } = pair.publicKey.export({ format: "jwk" });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x, "base64url"),
    Buffer.from(y, "base64url"),
  ]);
  const type = "sk-ecdsa-sha2-nistp256@openssh.com";
  const blob = Buffer.concat([type, "nistp256", point, "ssh:"].map(wireString));
  const line = `${type} ${blob.toString("base64")}`;
  const hash = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest();
  const tail = Buffer.from([1, 0, 0, 0, 9]);
  const signed = toBeSigned("fettle-approve-v1", "sha512", text);
  const rs = sign("sha256", Buffer.concat([hash("ssh:"), tail, hash(signed)]), {
    key: pair.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  const inner = Buffer.concat([wireMpint(rs.subarray(0, 32)), wireMpint(rs.subarray(32))]);
  const signature = Buffer.concat([wireString(type), wireString(inner), tail]);
  const parts = [blob, "fettle-approve-v1", "", "sha512", signature].map(wireString);
  const whole = Buffer.concat([Buffer.from("SSHSIG"), Buffer.from([0, 0, 0, 1]), ...parts]);
  const body = whole.toString("base64").match(/.{1,70}/g) ?? [];
  const armoured = [
    "-----BEGIN SSH SIGNATURE-----",
    ...body,
    "-----END SSH SIGNATURE-----",
    "",
  ].join("\n");
  const namespace = "fettle-approve-v1" as const;
  expect(opensshAccepts({ line, armoured, text, namespace })).toBe(true);
  expect(
    verifySshSignature({ namespace, bytes: text, armoured, publicKeyLine: line }),
  ).toMatchObject({
    ok: true,
    flags: 1,
  });
});

test("a key has one text only: stray bits, wrong types and trailing bytes are refused", () => {
  const line = made.publicKeyLine;
  expect(parsePublicKeyLine(line)).not.toBeNull();
  expect(parsePublicKeyLine(line.replace(/(.)=$/, (_, c: string) => `${nextChar(c)}=`))).toBeNull();
  expect(parsePublicKeyLine(line.replace("ecdsa-sha2-nistp256", "ssh-ed25519"))).toBeNull();
  expect(parsePublicKeyLine(line.replace(/=$/, "A"))).toBeNull();
  expect(parsePublicKeyLine("ssh-rsa AAAAB3NzaC1yc2E=")).toBeNull();
});

function nextChar(c: string): string {
  return String.fromCharCode(c.charCodeAt(0) + 1);
}

test("the passkey challenge vector of the protocol", () => {
  const digest = Buffer.from(
    "a670d043587d4cb34fd9d05f4f520d4708165c9090cf4675b2b252181f055c06",
    "hex",
  );
  const head = toBeSigned("fettle-approve-v1", "sha256", "").subarray(0, 45);
  expect(Buffer.concat([head, digest]).toString("base64url")).toBe(
    "U1NIU0lHAAAAEWZldHRsZS1hcHByb3ZlLXYxAAAAAAAAAAZzaGEyNTYAAAAgpnDQQ1h9TLNP2dBfT1INRwgWXJCQz0Z1srJSGB8FXAY",
  );
});
