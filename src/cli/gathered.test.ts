import { expect, test } from "vitest";
import { judgeHead, readGathered } from "./gathered.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const text = (root: string, size = 9): string =>
  `acme/fettle-ledger\n${size}\n${Buffer.from(root, "hex").toString("base64")}\n`;
const armour = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----";
const status = (more = "") =>
  `fettle-host 1 ready\n@status\nhost h-1\noutbox 0\nhead 9 ${a}\n${more}@end\n`;
const fork = `@signed\n${text(a)}${armour}\n@fork\n${text(a)}${armour}\n${text(b, 12)}${armour}\n`;
const roots = new Map([
  [9, a],
  [12, a],
  [-1, "20"],
]);

test("reads the head, and both heads that a host keeps", () => {
  const read = readGathered(status(fork));
  expect(read).toMatchObject({ host: "h-1", head: { size: 9, root: a } });
  expect(read.fork.map((one) => one.text)).toEqual([text(a), text(b, 12)]);
  expect(readGathered("")).toEqual({ host: "", head: null, fork: [] });
});

test.each([
  ["agrees", status(), roots],
  ["forked", status(), new Map([[9, b]])],
  ["export-is-older", status(), new Map([[-1, "8"]])],
  ["unknown", "", roots],
] as const)("a host's head is judged as %s", (verdict, said, known) => {
  expect(judgeHead(readGathered(said), known, []).verdict).toBe(verdict);
});

test("heads that a host kept count where the log's key signed them and they contradict", () => {
  const read = readGathered(status(fork));
  expect(judgeHead(read, roots, []).verdict).toBe("unknown");
  expect(judgeHead(read, roots, read.fork).verdict).toBe("forked");
  // Two sizes of one history are no fork, whatever the host thought.
  const one = new Map([
    [9, a],
    [12, b],
  ]);
  expect(judgeHead(read, one, read.fork).verdict).toBe("agrees");
  const same = [text(a), text(b)].map((each) => ({ text: each, signature: "" }));
  expect(judgeHead(read, new Map([[9, a]]), same).verdict).toBe("forked");
});
