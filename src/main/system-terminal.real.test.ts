import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";

const SCRIPT = "/usr/bin/script";

const program = `
import { systemTerminal } from ${JSON.stringify(new URL("./system-terminal.ts", import.meta.url).href)};
const terminal = systemTerminal({});
const secret = await terminal.readLine("Secret: ", true);
const next = await terminal.readLine("Next: ", true);
const open = await terminal.readLine("Open: ", false);
process.stdout.write(JSON.stringify({ secret, next, open }) + "\\n");
`;

/** Answers each prompt once it is there, as a person does, and gives back all that was printed. */
async function typing(argv: readonly string[], answers: readonly string[]): Promise<string> {
  const [file = "", ...rest] = argv;
  const child = spawn(file, rest, { stdio: "pipe", timeout: 12_000 });
  let printed = "";
  const waiting = [...answers];
  const prompts = ["Secret: ", "Next: ", "Open: "];
  const read = (chunk: Buffer): void => {
    printed += chunk.toString("utf8");
    while (prompts[0] !== undefined && printed.includes(prompts[0])) {
      prompts.shift();
      child.stdin.write(waiting.shift() ?? "");
    }
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, "it ends by itself, although its input is still open").toBe(0);
  return printed;
}

const node = ["--input-type=module", "--eval", program];
const ANSWER = '{"secret":"one two","next":"ax","open":"three"}';

describe("a line that a person types", () => {
  // bsdutils has it; Debian marks that package essential.
  test.skipIf(!existsSync(SCRIPT))(
    "is waited for at a terminal; a secret shows nowhere",
    async () => {
      const quoted = [process.execPath, ...node].map(
        (word) => `'${word.replaceAll("'", "'\\''")}'`,
      );
      const argv = [SCRIPT, "-q", "-e", "-c", quoted.join(" "), "/dev/null"];
      const printed = await typing(argv, ["one two\r", "abb\u007f\u007fx\r", "three\r"]);
      expect(printed).toContain(ANSWER);
      expect(printed.slice(0, printed.indexOf(ANSWER))).not.toContain("one two");
    },
  );

  test("is waited for from a pipe, and what came with it is the next line", async () => {
    const printed = await typing([process.execPath, ...node], ["one two\nax\n", "", "three\n"]);
    expect(printed).toContain(ANSWER);
  });
});
