import { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Output } from "./cli.ts";
import { answerLines } from "./lines.ts";
import { registerOffline } from "./offline.ts";
import { isOffline, offlineNouns } from "./offline-nouns.ts";
import type { Streams } from "./streams.ts";

/** Streams in memory: `input` by file name, `-` for standard input, cut into pieces of a few bytes. */
function streamsOf(input: Readonly<Record<string, string>>, pieceBytes = 7) {
  const told = { out: "", err: "" };
  const streams: Streams = {
    read: async function* (file) {
      const text = input[file ?? "-"];
      if (text === undefined) throw Object.assign(new Error("no"), { code: "ENOENT" });
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += pieceBytes)
        yield bytes.subarray(at, at + pieceBytes);
    },
    isFile: (path) => input[path] !== undefined,
    isInputTerminal: false,
    write: async (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
  };
  return { told, streams };
}

/** Runs one offline command as the program does. */
async function run(
  words: readonly string[],
  input: Readonly<Record<string, string>> = {},
  output: Output = "table",
) {
  const { told, streams } = streamsOf(input);
  const program = new Command("fettle").exitOverride();
  program.configureOutput({ writeErr: () => undefined });
  registerOffline(program, { streams, output: () => output });
  for (const noun of program.commands) {
    for (const verb of noun.commands) verb.exitOverride().copyInheritedSettings(program);
  }
  const before = process.exitCode;
  process.exitCode = undefined;
  await program.parseAsync(words, { from: "user" });
  const exit = process.exitCode ?? 0;
  process.exitCode = before;
  return { ...told, exit };
}

test("the nouns that are loaded alone are those that need no server", () => {
  const program = new Command();
  registerOffline(program, { streams: streamsOf({}).streams, output: () => "table" });
  expect(program.commands.map((command) => command.name()).sort()).toEqual(
    [...offlineNouns].sort(),
  );
  expect(isOffline(["-o", "json", "version", "compare"])).toBe(true);
  expect(isOffline(["--url", "version", "host", "list"])).toBe(false);
  expect(isOffline([])).toBe(false);
  expect(isOffline(["--help"])).toBe(false);
});

describe("lines", () => {
  const answer = (line: string) =>
    line.startsWith("bad")
      ? { text: "?", json: { line }, problem: "it is bad" }
      : { text: line.toUpperCase(), json: { upper: line.toUpperCase() } };
  const answered = async (text: string, pieceBytes: number) => {
    const { told, streams } = streamsOf({ "-": text }, pieceBytes);
    const cli = { streams, output: () => "table" as const };
    return { exit: await answerLines({ cli, files: [], answer }), ...told };
  };

  test("come out as many as went in, however they are cut into pieces", async () => {
    const text = "añb\r\n\nbad\nlast";
    for (const pieceBytes of [1, 2, 3, 100]) {
      const { out, err, exit } = await answered(text, pieceBytes);
      expect(out).toBe("AÑB\n\n?\nLAST\n");
      expect(err).toContain("line 3: it is bad");
      expect(err).toContain("1 of 4 lines");
      expect(exit).toBe(1);
    }
  });

  test("have nothing to say of an empty input", async () => {
    expect(await answered("", 3)).toEqual({ out: "", err: "", exit: 0 });
  });

  test("that are too long to hold are one bad line, and what follows is in step", async () => {
    const text = `a\n${"x".repeat(2_500_000)}\nb\n${"y".repeat(1_200_000)}`;
    const { out, err } = await answered(text, 64 * 1024);
    expect(out).toBe("A\n?\nB\n?\n");
    expect(err).toContain("line 2: the line is longer");
  });

  test("without an answer are named up to twenty times and then only counted", async () => {
    const { err } = await answered("bad\n".repeat(50), 64);
    expect(err.split("\n").filter((line) => line.includes("it is bad"))).toHaveLength(20);
    expect(err).toContain("50 of 50 lines");
  });
});

describe("fettle version compare", () => {
  test("answers each line, with ? where the two cannot be compared", async () => {
    const { out, exit } = await run(["version", "compare", "--scheme", "deb"], {
      "-": "1.0\t1.1\n1.0~rc1\t1.0\n1:0\t9\n1.0\t1.0-0\nx\t1\n",
    });
    expect(out).toBe("-1\n-1\n1\n0\n?\n");
    expect(exit).toBe(0);
  });

  test("names lines that are no pairs and stays in step", async () => {
    const { out, err, exit } = await run(
      ["version", "compare", "--scheme", "rpm", "pairs.tsv"],
      { "pairs.tsv": "1\n1\t2\n1\t2\t3\n" },
      "json",
    );
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { order: unknown });
    expect(lines.map(({ order }) => order)).toEqual([null, -1, null]);
    expect(lines[1]).toEqual({ file: "pairs.tsv", line: 2, a: "1", b: "2", order: -1 });
    expect(err).toContain("pairs.tsv, line 1: expected two versions");
    expect(exit).toBe(1);
  });

  test("takes one pair as two words", async () => {
    expect(await run(["version", "compare", "--scheme", "apk", "1.0_rc1", "1.0"])).toMatchObject({
      out: "-1\n",
      exit: 0,
    });
  });

  test("refuses a scheme that nobody knows and a file that is not there", async () => {
    await expect(run(["version", "compare", "--scheme", "foo"])).rejects.toThrow(/foo/);
    await expect(run(["version", "compare", "--scheme", "deb", "nofile"])).rejects.toThrow(
      "The file nofile: there is no such file.",
    );
  });
});
