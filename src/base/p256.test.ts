import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isP256Genuine, p256Signature } from "./p256.ts";
import { WireReader, wireMpint, wireString } from "./ssh-key.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const texts = Array.from({ length: 1_000 }, (_, at) => Buffer.from(`text ${at}`));
const asIeee = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;

function innerOf(signature: Buffer): Buffer {
  const reader = new WireReader(signature);
  expect(reader.string().toString()).toBe("ecdsa-sha2-nistp256");
  const inner = reader.string();
  expect(reader.isCleanEnd()).toBe(true);
  return inner;
}

const innerFrom = (pair: Buffer): Buffer =>
  Buffer.concat([wireMpint(pair.subarray(0, 32)), wireMpint(pair.subarray(32))]);

/** Among a thousand are some whose numbers are shorter, and many whose first bit is set. */
describe("signatures over P-256", () => {
  it("are what the other form of the same signature says", () => {
    const lengths = new Set<number>();
    for (const text of texts) {
      const inner = innerOf(p256Signature(privateKey, text));
      const reader = new WireReader(inner);
      const pair = Buffer.concat([reader.mpint(32) ?? "", reader.mpint(32) ?? ""].map(Buffer.from));
      expect(verify("sha256", text, asIeee, pair)).toBe(true);
      expect(innerFrom(pair)).toEqual(inner);
      lengths.add(inner.length);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });

  it("are judged as the other form is, and none is genuine for another text", () => {
    for (const text of texts) {
      const pair = sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" });
      const inner = innerFrom(pair);
      expect(isP256Genuine(publicKey, text, inner)).toBe(true);
      expect(isP256Genuine(publicKey, Buffer.from("another"), inner)).toBe(false);
    }
  });

  it("are refused when a number is none, too large, or followed by more", () => {
    const text = Buffer.from("text");
    const inner = innerOf(p256Signature(privateKey, text));
    const reader = new WireReader(inner);
    const [r, s] = [reader.mpint(32) ?? Buffer.alloc(0), reader.mpint(32) ?? Buffer.alloc(0)];
    const [zero, most] = [Buffer.alloc(32), Buffer.alloc(32, 0xff)];
    const wrong = [
      ...[[zero, zero] as const, [zero, s] as const, [r, zero] as const, [most, most] as const].map(
        (pair) => Buffer.concat(pair.map(wireMpint)),
      ),
      Buffer.concat([wireMpint(Buffer.alloc(33, 1)), wireMpint(s)]),
      Buffer.concat([inner, Buffer.from([0])]),
      Buffer.concat([wireString(Buffer.concat([Buffer.from([0]), r])), wireMpint(s)]).subarray(
        0,
        -1,
      ),
      inner.subarray(0, -1),
      Buffer.alloc(0),
    ];
    expect(wrong.map((one) => isP256Genuine(publicKey, text, one))).toEqual(wrong.map(() => false));
  });

  it("are not made with other keys", () => {
    const other = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    expect(() => p256Signature(other, Buffer.from("text"))).toThrow(/P-256/);
  });
});
