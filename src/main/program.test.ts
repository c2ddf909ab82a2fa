import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Terminal } from "../cli/cli.ts";
import { askedOf, giveWay, makeProgram } from "./program.ts";

/** Reads words as the command line does; tells what the program and the command were given. */
async function read(words: readonly string[]): Promise<{ program: unknown; command: unknown }> {
  const said: string[] = [];
  const terminal = {
    out: (text: string) => said.push(text),
    err: (text: string) => said.push(text),
  };
  const program = makeProgram(terminal as unknown as Terminal).version("1.2.3");
  const add = (noun: Command, name: string) => noun.command(name).argument("<what>");
  let command: unknown = null;
  const keep = (_: string, flags: object) => {
    command = { ...flags };
  };
  const mirror = program.command("mirror");
  add(mirror, "add").requiredOption("--url <url>", "of it").action(keep);
  add(mirror, "put").option("--version <text>", "of it").action(keep);
  add(mirror, "show").option("--all", "all").action(keep);
  giveWay(program, words);
  await program.parseAsync(askedOf(program, words), { from: "user" });
  return { program: program.opts(), command };
}

describe("flags of a command that are called as the program's", () => {
  test("are the command's after it, and the program's before the noun", async () => {
    const url = "http://there";
    expect(await read(["mirror", "add", "x", "--url", url])).toEqual({
      program: { output: "table" },
      command: { url },
    });
    expect(await read(["--url", "http://here", "mirror", "add", "x", `--url=${url}`])).toEqual({
      program: { output: "table", url: "http://here" },
      command: { url },
    });
    expect((await read(["mirror", "put", "x", "--version", "7"])).command).toEqual({
      version: "7",
    });
  });

  test("leave the program's others where they always were", async () => {
    const words = ["mirror", "add", "x", "--url", "http://there", "-o", "json"];
    expect((await read(words)).program).toEqual({ output: "json" });
    expect((await read(["-o", "yaml", ...words.slice(0, 5)])).program).toEqual({ output: "yaml" });
    await expect(read([...words.slice(0, 6), "csv"])).rejects.toThrow(/Allowed choices/);
    await expect(read(["mirror", "put", "x", "--all"])).rejects.toThrow(/unknown option/);
  });

  test("of other commands are the program's anywhere", async () => {
    const words = ["mirror", "show", "x", "--url", "http://here", "-o", "json", "--all"];
    expect(await read(words)).toEqual({
      program: { output: "json", url: "http://here" },
      command: { all: true },
    });
    await expect(read(["mirror", "show", "x", "--version"])).rejects.toThrow("1.2.3");
  });
});

test("a noun that is not known is an error, not an occasion for the help of everything", async () => {
  const unknown = /unknown command 'miror'/;
  await expect(read(["miror", "add", "--help"])).rejects.toThrow(unknown);
  await expect(read(["-o", "json", "miror", "--help"])).rejects.toThrow(unknown);
});
