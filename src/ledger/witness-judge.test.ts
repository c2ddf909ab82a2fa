import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { logKey, signCheckpoint, verifierKey } from "./checkpoint.ts";
import {
  cosign,
  cosignerKey,
  cosignerText,
  hostCosignatureLine,
  openCosignature,
  parseCosigner,
} from "./cosignature.ts";
import { consistencyRanges, type Hash, leafHash, nodeHash, rootHash } from "./tree.ts";
import { parseVerifierKey } from "./verify-note.ts";
import {
  judgeCheckpoint,
  type Kept,
  parseAddCheckpoint,
  writeAddCheckpoint,
} from "./witness-judge.ts";

const key = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);
const stranger = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);
const known = parseVerifierKey(verifierKey(key));

/** Two histories, the same up to the sixth entry. */
const histories = ["a", "b"].map((word) =>
  Array.from({ length: 30 }, (_, at) => leafHash(at < 6 ? `${at}` : `${word}${at}`)),
);

function rootOf(leaves: readonly Hash[]): Hash {
  return rootHash(leaves.length, ({ level, index }) => {
    let row = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
    while (row.length > 1) {
      row = row.flatMap((left, at) => {
        const right = row[at + 1];
        return at % 2 === 0 && right !== undefined ? [nodeHash(left, right)] : [];
      });
    }
    return row[0] as Hash;
  });
}

function headOf(size: number, history = 0): Hash {
  return rootOf((histories[history] ?? []).slice(0, size));
}

function asked(of: { old: number; to: number; history?: number; by?: typeof key }) {
  const { old, to, history = 0, by = key } = of;
  const leaves = histories[history] ?? [];
  const proof = consistencyRanges(Math.min(old, to), to).map((range) =>
    rootOf(leaves.slice(range.from, range.to)),
  );
  const note = signCheckpoint(by, to, headOf(to, history));
  return { oldSize: old, proof, note };
}

function judge(of: Parameters<typeof asked>[0], kept: Kept | null) {
  return judgeCheckpoint(
    asked(of),
    (origin) => (origin === "acme/fettle-ledger" ? known : null),
    () => kept,
  );
}

const at = (size: number, history = 0): Kept => ({
  size,
  root: headOf(size, history).toString("base64"),
});

describe("what a witness answers to a checkpoint", () => {
  test.each([
    [0, 1],
    [0, 17],
    [1, 2],
    [8, 17],
    [7, 30],
    [17, 17],
  ])("from %i to %i it signs", (old, to) => {
    const answer = judge({ old, to }, old === 0 ? null : at(old));
    expect(answer).toMatchObject({ status: 200, kept: at(to), origin: "acme/fettle-ledger" });
  });

  test.each([
    ["an old size beyond the checkpoint", { old: 9, to: 8 }, at(9), 400],
    ["another key's checkpoint", { old: 0, to: 8, by: stranger }, null, 403],
    ["an older state of whoever asks", { old: 4, to: 12 }, at(9), 409],
    ["a newer state than was signed here", { old: 10, to: 12 }, at(9), 409],
    ["a smaller checkpoint", { old: 7, to: 8 }, at(9), 409],
    ["a first one where one was signed", { old: 0, to: 12 }, at(9), 409],
    ["a history that did not grow out of this one", { old: 9, to: 12, history: 1 }, at(9), 422],
  ] as const)("refuses %s", (_name, of, kept, status) => {
    expect(judge(of, kept).status).toBe(status);
  });

  test("another history of the same size is a fork that it can show", () => {
    const answer = judge({ old: 9, to: 9, history: 1 }, at(9));
    expect(answer).toMatchObject({ status: 409, size: 9, isFork: true });
  });

  test("a log that nobody told it to trust is unknown", () => {
    const answer = judgeCheckpoint(
      asked({ old: 0, to: 3 }),
      () => null,
      () => null,
    );
    expect(answer.status).toBe(404);
  });

  test("a changed proof is refused wherever it was changed", () => {
    const good = asked({ old: 7, to: 30 });
    for (let place = 0; place < good.proof.length; place += 1) {
      const proof = good.proof.map((hash, i) => (i === place ? leafHash("x") : hash));
      const answer = judgeCheckpoint(
        { ...good, proof },
        () => known,
        () => at(7),
      );
      expect(answer.status).toBe(422);
    }
    for (const proof of [good.proof.slice(1), [...good.proof, leafHash("x")]]) {
      const answer = judgeCheckpoint(
        { ...good, proof },
        () => known,
        () => at(7),
      );
      expect(answer.status).toBe(422);
    }
  });

  test("reads back what was written, and nothing that is of another form", () => {
    const one = asked({ old: 7, to: 30 });
    const text = writeAddCheckpoint(one);
    expect(parseAddCheckpoint(text)).toEqual(one);
    for (const bad of [
      "",
      text.replace("old 7", "old 07"),
      text.replace("old 7", "old -1"),
      text.replace("old 7", "size 7"),
      text.replace("old 7\n", `old 7\n${"A".repeat(43)}\n`),
      text.replace("old 7\n", `old 7\n${`${"A".repeat(43)}=\n`.repeat(64)}`),
      `old 7\n\n`,
    ]) {
      expect(parseAddCheckpoint(bad)).toBeNull();
    }
  });
});

describe("a witness's signature", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const cosigner = cosignerKey("auditor", privateKey);
  const body = "acme/fettle-ledger\n3\nAAAA\n";
  const line = cosign({ name: "auditor", privateKey, body, seconds: 1_795_000_000 });
  const lines = line + hostCosignatureLine("auditor", "-----BEGIN SSH SIGNATURE-----\n");

  test("is found among others, with its time and what hosts check", () => {
    const parsed = parseCosigner(cosignerText(cosigner));
    expect(parsed).toEqual(cosigner);
    expect(openCosignature(parsed!, body, `— other AAAA\n${lines}`)).toEqual({
      seconds: 1_795_000_000,
      line,
      armoured: "-----BEGIN SSH SIGNATURE-----\n",
    });
  });

  test("counts for these bytes, this time, this key and this name alone", () => {
    const blob = Buffer.from(line.split(" ")[2] ?? "", "base64");
    blob.writeBigUInt64BE(1_795_000_001n, 4);
    const other = cosignerKey("auditor", generateKeyPairSync("ed25519").privateKey);
    expect(openCosignature(cosigner, body, `— auditor ${blob.toString("base64")}\n`)).toBeNull();
    expect(openCosignature(cosigner, body.replace("3", "4"), lines)).toBeNull();
    expect(openCosignature(other, body, lines)).toBeNull();
    expect(openCosignature({ ...cosigner, name: "other" }, body, lines)).toBeNull();
  });

  test("its key has one text", () => {
    const text = cosignerText(cosigner);
    for (const bad of [
      text.replace("auditor", "other"),
      text.slice(0, -1),
      text.replace("+", " "),
    ]) {
      expect(parseCosigner(bad)).toBeNull();
    }
  });
});
