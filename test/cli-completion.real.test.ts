import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clone } from "./e2e/server-process.ts";

/**
 * Completions in the shells themselves: bash, zsh and fish of this machine complete lines with the
 * scripts that `fettle completion` prints. The `fettle` they ask for names is a stand-in whose
 * server is hostile: it names hosts so that a careless script would run them.
 */
let folder: string;
const isCi = process.env["CI"] === "true";

const hostile = [
  "$(touch pwned)",
  "`touch pwned`",
  "web-2;touch pwned",
  "two words",
  "-rf",
  "it's",
  "(touch pwned)",
  "*",
  "\u001b[2J",
  "web\\nx",
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const cli = join(clone, "src/main/cli.ts");
    const run = spawnSync(process.execPath, [cli, "completion", shell], { encoding: "utf8" });
    expect(run, shell).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(join(folder, `completion.${shell}`), run.stdout);
  }
  mkdirSync(join(folder, "bin"));
  const names = ["web-1", ...hostile, "web-10"].map((name) => `${name}\n`).join("");
  writeFileSync(join(folder, "names"), names);
  const program = join(folder, "bin/fettle");
  writeFileSync(
    program,
    `#!/bin/sh\n[ "$1 $2" = "complete-names hosts" ] && cat '${folder}/names'\n`,
  );
  chmodSync(program, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function environment(): NodeJS.ProcessEnv {
  const path = `${join(folder, "bin")}:${process.env["PATH"]}`;
  return { PATH: path, HOME: folder, TERM: "dumb", LC_ALL: "C.UTF-8" };
}

function run(shell: string, ...args: readonly string[]): string {
  const ran = spawnSync(shell, args, {
    encoding: "utf8",
    env: environment(),
    cwd: folder,
    timeout: 60_000,
  });
  expect(ran.stderr, `${shell} ${args.join(" ")}`).toBe("");
  return ran.stdout;
}

/** What each shell offers for a line that ends where the cursor stands. */
const offers: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  bash(words) {
    const script = `source completion.bash
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _fettle
[ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(run("bash", "--norc", "-c", script, "bash", ...words));
  },
  fish(words) {
    const line = words.join(" ");
    const script = "source completion.fish; complete -C $argv[1]";
    const shown = run("fish", "--no-config", "-c", script, line);
    return lines(shown).map((offer) => offer.split("\t")[0] ?? "");
  },
};

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function isThere(shell: string): boolean {
  return spawnSync(shell, ["--version"]).error === undefined;
}

const table: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["fettle ho", ["host"]],
  ["fettle host sc", ["scan"]],
  ["fettle -o json host li", ["list"]],
  ["fettle --url http://x host li", ["list"]],
  ["fettle -o js", ["json"]],
  ["fettle plan create --cl", ["--class"]],
  ["fettle plan create --class em", ["emergency"]],
  ["fettle completion z", ["zsh"]],
  ["fettle explain h", ["host"]],
  ["fettle host show we", ["web-1", "web-10"]],
  ["fettle host scan web-1 we", ["web-1", "web-10"]],
  ["fettle rollout skip R-1 we", ["web-1", "web-10"]],
  ["fettle complete-n", []],
];

for (const shell of ["bash", "fish"] as const) {
  describe.skipIf(!isCi && !isThere(shell))(`${shell} completes`, () => {
    test.each(table)("%s", (line, offered) => {
      const words = line.split(" ");
      expect(offers[shell]?.(words).toSorted()).toEqual(offered);
    });

    test("nothing but plain names, and runs none of them", () => {
      const offered = offers[shell]?.(["fettle", "host", "show", ""]);
      expect(offered?.toSorted()).toEqual(["web-1", "web-10"]);
      expect(existsSync(join(folder, "pwned"))).toBe(false);
    });

    test("files where a file is wanted", () => {
      const offered = offers[shell]?.(["fettle", "host", "import", "nam"]);
      expect(offered).toEqual(["names"]);
    });
  });
}

describe.skipIf(!isCi && !isThere("zsh"))("zsh completes", () => {
  /** Types each line and Tab into an interactive zsh; what it would run then is what it completed. */
  function completed(typed: readonly string[]): string[] {
    const script = `
zmodload zsh/zpty
zpty shell "zsh -f -i"
heard() { local part all; repeat 100; do zpty -r -t shell part && all+=$part; [[ $all == *$1* ]] && break; sleep 0.05; done; print -r -- $all }
zpty -w shell "source start.zsh"
heard READY >/dev/null
for line in "$@"; do
  zpty -w -n shell "$line"$'\\t'
  sleep 0.5
  zpty -w -n shell $'\\r'
  print -rl -- \${(M)\${(f)"$(heard '<END>')"}:#RAN*}
done
zpty -d shell`;
    const start = `PS1='> '; autoload -Uz compinit; compinit -u -D; LISTMAX=1000; setopt no_nomatch
source completion.zsh
fettle() { if [[ $1 == complete-names ]]; then command fettle "$@"; else print -r -- "RAN<$*><END>"; fi }
print READY
`;
    writeFileSync(join(folder, "start.zsh"), start);
    return lines(run("zsh", "-f", "-c", script, "zsh", ...typed)).map((line) =>
      line.replace(/^RAN<(.*)><END>\s*$/, "fettle $1"),
    );
  }

  test("each line of which one thing can come", () => {
    const sure = table.filter(([, offered]) => offered.length === 1);
    const wanted = sure.map(([line, offered]) => `${line.replace(/\S*$/, "")}${offered[0]}`);
    expect(completed(sure.map(([line]) => line))).toEqual(wanted);
  });

  test("nothing but plain names, and runs none of them", () => {
    expect(completed(["fettle host show "])).toEqual(["fettle host show web-1"]);
    expect(existsSync(join(folder, "pwned"))).toBe(false);
  });

  test("files where a file is wanted", () => {
    expect(completed(["fettle host import nam"])).toEqual(["fettle host import names"]);
  });
});
