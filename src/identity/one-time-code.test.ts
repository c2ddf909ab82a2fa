import { Secret } from "otpauth";
import { expect, test } from "vitest";
import { newCodeSecret, stepOf } from "./one-time-code.ts";

// RFC 6238 appendix B, SHA-1: the last six of the eight digits given there.
const SECRET = Secret.fromLatin1("12345678901234567890").base32;
const VECTORS = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
] as const;

test("knows the codes of RFC 6238 by their time step", () => {
  for (const [seconds, code] of VECTORS) {
    expect(stepOf(SECRET, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  }
});

test("takes a code one step early or late, and none that is further off", () => {
  const step = Math.floor(1_234_567_890 / 30);
  const at = (steps: number): number => (step + steps) * 30_000;
  for (const steps of [-1, 0, 1]) expect(stepOf(SECRET, "005924", at(steps))).toBe(step);
  for (const steps of [-3, -2, 2, 3]) expect(stepOf(SECRET, "005924", at(steps))).toBeNull();
});

test("takes nothing that is not six digits", () => {
  for (const code of ["", "5924", "0005924", "00592４", " 005924", "005924 ", "-05924", "0x5924"]) {
    expect(stepOf(SECRET, code, 1_234_567_890_000), code).toBeNull();
  }
});

test("a new secret has 160 bits and says whose it is", () => {
  const made = newCodeSecret({ issuer: "Fettle acme", handle: "ada" });
  expect(Secret.fromBase32(made.secret).bytes).toHaveLength(20);
  expect(new URL(made.uri).searchParams.get("secret")).toBe(made.secret);
  expect(decodeURIComponent(made.uri)).toContain("Fettle acme:ada");
});
