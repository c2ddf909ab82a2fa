import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import {
  NONCE_BYTES,
  openText,
  SEAL_KEY_BYTES,
  sealedSubject,
  sealText,
  unwrapKey,
  wrapKey,
} from "./seal.ts";

const key = { subject: "s-1" as SubjectId, key: randomBytes(SEAL_KEY_BYTES) };
const nonce = () => randomBytes(NONCE_BYTES);

describe("what is personal in an entry", () => {
  test("opens with the subject's key to exactly what was sealed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = sealText(key, nonce(), text);
        expect(sealedSubject(sealed)).toBe("s-1");
        expect(openText(key, sealed)).toBe(Buffer.from(text).toString("utf8"));
      }),
    );
  });

  test("does not open with another key, for another subject, or with a changed byte", () => {
    const sealed = sealText(key, nonce(), "192.0.2.7");
    expect(openText({ ...key, key: randomBytes(SEAL_KEY_BYTES) }, sealed)).toBeNull();
    expect(openText({ ...key, subject: "s-2" as SubjectId }, sealed)).toBeNull();
    const passedOff = sealed.replace(":s-1:", ":s-2:");
    expect(openText({ ...key, subject: "s-2" as SubjectId }, passedOff)).toBeNull();
    for (let at = "sealed:1:s-1:".length; at < sealed.length; at += 1) {
      const other = sealed[at] === "a" ? "b" : "a";
      expect(openText(key, sealed.slice(0, at) + other + sealed.slice(at + 1)), `${at}`).toBeNull();
    }
    for (const text of [
      "",
      "192.0.2.7",
      "sealed:1:s-1:",
      "sealed:2:s-1:aaaa",
      "sealed:1:s-1:aaaa",
    ]) {
      expect(openText(key, text)).toBeNull();
    }
  });

  test("a subject's key opens with the key outside the database alone, and under its own name", () => {
    const outer = randomBytes(SEAL_KEY_BYTES);
    const wrapped = wrapKey(outer, nonce(), key);
    expect(wrapped).toHaveLength(60);
    expect(unwrapKey(outer, key.subject, wrapped)).toEqual(key);
    expect(unwrapKey(randomBytes(SEAL_KEY_BYTES), key.subject, wrapped)).toBeNull();
    expect(unwrapKey(outer, "s-2" as SubjectId, wrapped)).toBeNull();
  });
});
