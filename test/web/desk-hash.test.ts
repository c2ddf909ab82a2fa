import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import * as desk from "../../desk/sha256.ts";

test("the desk's SHA-256 is Node's, for texts and bytes of every length to three blocks", () => {
  const node = (bytes: string | Uint8Array): string =>
    createHash("sha256").update(bytes).digest("hex");
  const lengths = Array.from({ length: 193 }, (_, length) => length);
  for (const bytes of [...lengths, 4096, 65_537].map((length) => randomBytes(length))) {
    expect(desk.sha256Hex(bytes)).toBe(node(bytes));
  }
  for (const text of ["", "fettle node 1\n", "Ünïcödé ✓"]) {
    expect(desk.createHash("sha256").update(text).digest("hex")).toBe(node(text));
  }
});
