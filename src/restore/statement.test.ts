import { expect, test } from "vitest";
import { parseRestore, writeRestore } from "./statement.ts";

const said = {
  tenant: "acme",
  head: { size: 30, root: "a".repeat(64) },
  old: { size: 10, root: "b".repeat(64) },
  new: { size: 30, root: "a".repeat(64) },
  issued: 1_795_000_000,
};

test("§12 the text of a restore has one form, which is read back as it was written", () => {
  const text = writeRestore(said);
  expect(text).toBe(
    `fettle restore 1\ntenant acme\nhead 30 ${"a".repeat(64)}\nold 10 ${"b".repeat(64)}\nnew 30 ${"a".repeat(64)}\nissued 1795000000\nend\n`,
  );
  expect(parseRestore(text)).toEqual({ ok: true, value: said });
});

test("§12 a text in another order, with a word more, or for another purpose is none", () => {
  const text = writeRestore(said);
  for (const other of [
    text.replace("fettle restore", "fettle revoke"),
    text.replace("old 10", "old 010"),
    text.replace("a\nold", "a more\nold"),
    text.replace(/old (.*)\nnew (.*)\n/, "new $2\nold $1\n"),
    text.replace("end\n", ""),
    `${text}x\n`,
    text.replace("issued 1795000000", "issued -1"),
  ]) {
    expect(parseRestore(other), other).toMatchObject({ ok: false });
  }
});
