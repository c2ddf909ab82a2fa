import { generateKeyPairSync, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import type { PlanDigest, SubjectId } from "../base/ids.ts";
import { logKey, openCheckpoint, signCheckpoint, verifierKey } from "./checkpoint.ts";
import { entryText, factsText } from "./entry.ts";
import type { EventId, LedgerEvent } from "./model.ts";
import { leafHash } from "./tree.ts";
import { openHead, parseVerifierKey } from "./verify.ts";

const key = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);

describe("signed heads", () => {
  test("read the verifier keys of logs that others run", () => {
    // The key of the Go checksum database, and the example of the signed-note package.
    const go = parseVerifierKey(
      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    );
    expect(go?.origin).toBe("sum.golang.org");
    const peter = parseVerifierKey(
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    )!;
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const blob = Buffer.from(
      "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
      "base64",
    );
    expect(blob.subarray(0, 4).equals(peter.id)).toBe(true);
    expect(verify(null, Buffer.from(text), peter.key, blob.subarray(4))).toBe(true);
  });

  test("are opened by the server and by the verifier alike, and by no other key", () => {
    const other = logKey(key.origin, generateKeyPairSync("ed25519").privateKey);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.string(), (size, seed) => {
        const root = leafHash(seed);
        const note = signCheckpoint(key, size, root);
        expect(note.split("\n").slice(0, 4)).toEqual([
          "acme/fettle-ledger",
          String(size),
          root.toString("base64"),
          "",
        ]);
        expect(openCheckpoint(key, note)).toEqual({ origin: key.origin, size, root });
        expect(openHead(parseVerifierKey(verifierKey(key))!, note)).toEqual({
          size,
          root: root.toString("base64"),
        });
        expect(openCheckpoint(other, note)).toBeNull();
        expect(openHead(parseVerifierKey(verifierKey(other))!, note)).toBeNull();
      }),
      { numRuns: 50 },
    );
  });

  test("do not open when a single character differs", () => {
    const note = signCheckpoint(key, 42, leafHash("x"));
    const trusted = parseVerifierKey(verifierKey(key))!;
    for (let at = 0; at < note.length; at += 1) {
      const wrong = `${note.slice(0, at)}${note[at] === "A" ? "B" : "A"}${note.slice(at + 1)}`;
      expect(openHead(trusted, wrong), `at ${at}`).toBeNull();
    }
  });
});

describe("the verifier", () => {
  test("imports nothing but Node's crypto and its own parts, in less than 1,000 lines", () => {
    const folder = new URL("./", import.meta.url);
    const parts = readdirSync(folder).filter((name) => /^verify[a-z-]*\.ts$/.test(name));
    const texts = parts.map((name) => readFileSync(new URL(name, folder), "utf8"));
    const imported = texts.flatMap((text) => [
      ...text.matchAll(/from "([^"]+)"|import\("([^"]+)"\)|require\(/g),
    ]);
    const names = [...new Set(imported.map((match) => match[1]))].sort();
    const foreign = names.filter((name) => !name?.startsWith("./verify"));
    expect(foreign).toEqual(["node:crypto"]);
    expect(texts.join("").split("\n").length).toBeLessThan(1_000);
  });
});

describe("entries", () => {
  const event: Omit<LedgerEvent, "index"> = {
    id: "e-1" as EventId,
    at: 1_795_290_000_123,
    type: "change.approved",
    actor: "s-1" as SubjectId,
    object: "change:c-1",
    patch: null,
    change: null,
    plan: "a".repeat(64) as PlanDigest,
    approved: null,
    facts: { z: 1, a: [true, null, "é"] },
    circumstances: { build: "1.2.3", outcome: "done" },
  };

  test("are canonical JSON with their keys in order", () => {
    expect(entryText(event, "acme")).toBe(
      `{"actor":"s-1","at":"2026-11-21T19:40:00.123Z","build":"1.2.3","clock":"database","facts":{"a":[true,null,"é"],"z":1},"id":"e-1","object":"change:c-1","outcome":"done","plan":"${"a".repeat(64)}","tenant":"acme","type":"change.approved","v":2}`,
    );
  });

  test("of a complete approval begin with the plan's digest, as hosts expect", () => {
    const approved = `${"a".repeat(64)} ${"b".repeat(64)}`;
    expect(entryText({ ...event, approved }, "acme")).toMatch(
      /^\{"_approved":"a{64} b{64}","actor":/,
    );
  });

  test("too large for an entry name their facts by digest", () => {
    const facts = { text: "x".repeat(62_000) };
    const entry = JSON.parse(entryText({ ...event, facts }, "acme"));
    expect(entry.facts).toEqual({});
    expect(entry.payload).toBe(sha256(factsText(facts)));
    const just = { text: "x".repeat(60_000) };
    expect(JSON.parse(entryText({ ...event, facts: just }, "acme")).payload).toBeUndefined();
  });
});
