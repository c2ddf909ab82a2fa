import { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Output } from "./cli.ts";
import type { FileCli } from "./file-cli.ts";
import { answerLines } from "./lines.ts";
import { registerOffline } from "./offline.ts";
import { offlineLoad, offlineNouns } from "./offline-nouns.ts";
import type { Streams } from "./streams.ts";

/** Streams in memory: `input` by file name, `-` for standard input, cut into pieces of a few bytes. */
function streamsOf(input: Readonly<Record<string, string | Buffer>>, pieceBytes = 7) {
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

/** What commands that answer line by line never touch. */
const unused = {
  terminal: {} as FileCli["terminal"],
  clock: () => 0,
  cacheFolder: (name: string) => name,
};

/** Runs one offline command as the program does. */
async function run(
  words: readonly string[],
  input: Readonly<Record<string, string | Buffer>> = {},
  output: Output = "table",
) {
  const { told, streams } = streamsOf(input);
  const program = new Command("fettle").exitOverride();
  program.configureOutput({ writeErr: () => undefined });
  registerOffline(program, { ...unused, streams, output: () => output });
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
  registerOffline(program, { ...unused, streams: streamsOf({}).streams, output: () => "table" });
  expect(program.commands.map((command) => command.name()).sort()).toEqual(
    [...offlineNouns].sort(),
  );
  expect(offlineLoad(["-o", "json", "version", "compare"])).not.toBeNull();
  expect(offlineLoad(["--url", "version", "host", "list"])).toBeNull();
  expect(offlineLoad([])).toBeNull();
  expect(offlineLoad(["--help"])).toBeNull();
  expect(offlineLoad(["vex", "apply"])).not.toBeNull();
  expect(offlineLoad(["vex", "list"])).toBeNull();
  expect(offlineLoad(["deadline", "--help"])).toBeNull();
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

  test("of other bytes than UTF-8 are no text, as two of them could look the same", async () => {
    const bytes = Buffer.from("1.0\xff\t1.0\xfe\n1.0\t1.0\n", "latin1");
    const { out, err, exit } = await run(["version", "compare", "--scheme", "maven"], {
      "-": bytes,
    });
    expect(out).toBe("?\n0\n");
    expect(err).toContain("line 1: the line is not UTF-8 text");
    expect(exit).toBe(1);
    const marked = await run(["version", "compare", "--scheme", "deb"], { "-": "\uFEFF1\t1\n" });
    expect(marked.out).toBe("0\n");
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

describe("fettle cvss score", () => {
  test("gives base, temporal or threat, and environmental score of every version", async () => {
    const { out, exit } = await run(["cvss", "score"], {
      "-": [
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U",
        "(AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H)",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U",
      ].join("\n"),
    });
    expect(out).toBe("9.8\t9.0\t9.0\n7.8\t6.4\t9.2\n9.3\t8.1\t8.1\n");
    expect(exit).toBe(0);
  });

  test("says why a vector has no score and stays in step", async () => {
    const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H";
    const { out, err, exit } = await run(["cvss", "score", vector], {}, "json");
    expect(JSON.parse(out)).toMatchObject({ line: 1, vector });
    expect(err).toContain("the mandatory metric A is missing");
    expect(exit).toBe(1);
  });
});

describe("fettle purl", () => {
  test("takes apart, checks and builds", async () => {
    const text = "pkg:npm/%40angular/cli@17.0.1?b=2&a=1#x/y";
    expect((await run(["purl", "parse", text])).out).toBe(
      "npm\t%40angular\tcli\t17.0.1\ta=1&b=2\tx/y\n",
    );
    const checked = await run(["purl", "validate"], { "-": `${text}\npkg:deb/curl\n` });
    expect(checked.out).toBe(
      "valid\tpkg:npm/%40angular/cli@17.0.1?a=1&b=2#x/y\ninvalid\tthe type deb needs a namespace\n",
    );
    expect(checked.exit).toBe(1);
    const parts = { type: "npm", namespace: "@angular", name: "cli", qualifiers: { a: "1" } };
    const built = await run(["purl", "build"], { "-": `${JSON.stringify(parts)}\n{}\nx\n` });
    expect(built.out).toBe("pkg:npm/%40angular/cli?a=1\n?\n?\n");
    expect(built.exit).toBe(1);
    for (const version of ["--at", "--version"]) {
      const flags = ["--type", "pypi", "--name", "Django_x", version, "1.0", "--qualifier", "a=b"];
      expect((await run(["purl", "build", ...flags])).out).toBe("pkg:pypi/django-x@1.0?a=b\n");
    }
    expect((await run(["purl", "build", JSON.stringify(parts)])).out).toBe(
      "pkg:npm/%40angular/cli?a=1\n",
    );
  });

  test("answers words that are no files, and never takes a mistyped file for a value", async () => {
    const { out, exit } = await run(["purl", "validate", "npm/foo", "pkg:npm/foo"]);
    expect(out).toBe('invalid\tit does not begin with "pkg:"\nvalid\tpkg:npm/foo\n');
    expect(exit).toBe(1);
    await expect(run(["purl", "validate", "purls.txt"])).rejects.toThrow("no such file");
    await expect(run(["purl", "parse", "./purls"])).rejects.toThrow("no such file");
    await expect(run(["purl", "parse", "a", "pkg:npm/b"], { a: "" })).rejects.toThrow("Some of");
  });
});

describe("fettle vers contains", () => {
  test("answers lines of ranges with versions", async () => {
    const { out, err, exit } = await run(["vers", "contains"], {
      "-": [
        "vers:npm/1.2.3|>=2.0.0|<5.0.0\t1.2.3",
        "vers:npm/1.2.3|>=2.0.0|<5.0.0\t5.0.0",
        "vers:npm/>=1.0.0\tlatest",
        "vers:npm/>=2.0.0|1.0.0\t1.0.0",
        "vers:none/*\t1",
      ].join("\n"),
    });
    expect(out).toBe("true\nfalse\n?\ntrue\nfalse\n");
    expect(err).toContain("line 3: the version cannot be compared");
    expect(err).toContain("line 4: its constraints are not sorted by version");
    expect(exit).toBe(1);
  });

  test("takes one range and version as two words, and checks ranges", async () => {
    expect((await run(["vers", "contains", "vers:deb/<1.0", "1.0~rc1"])).out).toBe("true\n");
    const asked = ["vers", "contains", "vers:deb/<1.0"];
    expect((await run([...asked, "1.0~rc1", "1.0"])).out).toBe("true\nfalse\n");
    expect(await run(asked, { "-": "0.9\n\n2.0" })).toMatchObject({
      out: "true\n?\nfalse\n",
      exit: 1,
    });
    expect(await run(["vers", "contains", "deb/<1.0", "1"])).toMatchObject({ out: "?\n", exit: 1 });
    expect((await run(["vers", "validate", "vers:deb/<1.0|<2"])).out).toMatch(/^invalid\t/);
  });
});

describe("fettle deadline", () => {
  const facts = ["--kev", "yes", "--exposed", "yes", "--automatable", "no", "--impact", "total"];

  test("says the period first, then the rule and its facts", async () => {
    const { out } = await run(["deadline", "explain", "--preset", "bod-26-04", ...facts]);
    const lines = out.split("\n");
    expect(lines[0]).toBe("3 days");
    expect(out).toContain("rule bod-26-04/known-exploited-total: 3 days");
    expect(out).toContain("forensic triage");
    expect(out).not.toContain("assumed");
  });

  test("marks what it assumed, and asks the house when no preset is named", async () => {
    const { out } = await run(["deadline", "explain", "--kev", "no"], {}, "json");
    expect(JSON.parse(out)).toMatchObject({
      period: "14 days",
      rule: "house/open-automatable-or-total",
      presets: [{ preset: "house", version: "2", inputs: { exposed: true } }],
    });
    expect(JSON.parse(out).presets[0].assumed).toContain("exposed");
    expect((await run(["deadline", "explain"])).out).toContain("  exposed (assumed");
  });

  test("of several presets puts the earliest date first", async () => {
    const { out } = await run([
      ...["deadline", "explain", "--preset", "cis-8.1", "cyber-essentials", "--cvss", "8"],
      ...["--released", "2026-11-01", "--detected", "2026-11-20T12:00:00Z"],
    ]);
    expect(out.split("\n")[0]).toBe("14 days");
    expect(out).toContain("due 2026-11-15T00:00:00.000Z");
    expect(out).toContain("due 2026-12-01T00:00:00.000Z");
  });

  test("takes answers as forms and other programs write them", async () => {
    const spoken = ["--kev", "TRUE", "--exposed", "y", "--automatable", "0", "--impact", "Total"];
    const asked = ["deadline", "explain", "--preset", "bod-26-04"];
    expect(await run([...asked, ...spoken])).toEqual(await run([...asked, ...facts]));
    await expect(run([...asked, "--kev", "maybe"])).rejects.toThrow(/Allowed choices are yes/);
    await expect(run([...asked, "--severity", "yes"])).rejects.toThrow(/Allowed choices/);
  });

  test("lists its presets, and refuses one that nobody knows", async () => {
    const { out } = await run(["deadline", "presets"]);
    expect(out).toContain("bod-26-04\t2026-06-10/1.0.0\tCISA BOD 26-04\n");
    await expect(run(["deadline", "explain", "--preset", "no"])).rejects.toThrow(/No preset/);
    await expect(run(["deadline", "explain", "--cvss", "11"])).rejects.toThrow(/not a number/);
    await expect(run(["deadline", "explain", "--detected", "soon"])).rejects.toThrow(/not like/);
  });
});
