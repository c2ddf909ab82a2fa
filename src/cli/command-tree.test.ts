import { Command } from "commander";
import { describe, expect, test } from "vitest";
import type { Cli } from "./cli.ts";
import { completionTree, isPlainName } from "./completion-tree.ts";
import { ungrouped } from "./help-groups.ts";
import { nounParts, registerNouns } from "./nouns.ts";

/** Every command of the tree, by its words; none of them is run. */
const program = new Command("fettle");
await registerNouns(program, {} as Cli, ["--help"]);

function leavesOf(command: Command, words: readonly string[]): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(" "), command]];
  return command.commands.flatMap((child) => leavesOf(child, [...words, child.name()]));
}

const leaves = leavesOf(program, []);

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe("the command tree", () => {
  test("has all nouns of a patch's way", () => {
    const nouns = [
      "host",
      "feed",
      "finding",
      "patch",
      "plan",
      "change",
      "rollout",
      "audit",
      "user",
    ];
    const names = program.commands.map((command) => command.name());
    expect(nouns.filter((noun) => !names.includes(noun))).toEqual([]);
  });

  test("has a heading for every noun in its help", () => {
    const shown = program.commands.map((command) => command.name());
    expect(ungrouped(shown.filter((name) => name !== "complete-names"))).toEqual([]);
    const help = helpOf(program);
    expect(help.indexOf("What runs where:")).toBeGreaterThan(help.indexOf("Begin:"));
    expect(help.match(/^Commands:/m)).toBeNull();
  });

  test("loads each part alone, and it has the nouns that its row names", async () => {
    for (const { nouns, load } of nounParts) {
      const alone = new Command("fettle");
      await load(alone, {} as Cli);
      const made = alone.commands.map((command) => command.name());
      expect(made.toSorted()).toEqual(nouns.toSorted());
    }
  });

  test("loads no other noun than the one that is asked, whatever flags stand before it", async () => {
    const alone = new Command("fettle");
    await registerNouns(alone, {} as Cli, ["-o", "json", "--url", "http://x", "host", "list"]);
    expect(alone.commands.map((command) => command.name())).toEqual(["host"]);
  });

  test.each(leaves)("%s says what it does and shows an example", (words, command) => {
    expect(command.description().length, words).toBeGreaterThan(8);
    if (words === "complete-names") return;
    expect(helpOf(command)).toMatch(new RegExp(`Examples?:\n +fettle .*${words.split(" ")[0]}`));
  });

  test.each(leaves)("%s describes each of its flags", (_, command) => {
    for (const option of command.options) expect(option.description, option.flags).not.toBe("");
  });

  test("is what completions know: each command once, hidden ones never", () => {
    const nodes = completionTree(program);
    const paths = nodes.map((node) => node.path);
    expect(new Set(paths).size).toBe(paths.length);
    const shown = leaves.map(([words]) => words).filter((words) => words !== "complete-names");
    expect(shown.filter((words) => !paths.includes(words))).toEqual([]);
    expect(paths).not.toContain("complete-names");
  });

  test("completes plain names only", () => {
    for (const name of ["web-1", "P-142", "9f3c12ab"]) expect(isPlainName(name)).toBe(true);
    for (const name of ["", "-rf", "a b", "$(x)", "a\nb", "ä", "a:b"]) {
      expect(isPlainName(name), name).toBe(false);
    }
  });
});
