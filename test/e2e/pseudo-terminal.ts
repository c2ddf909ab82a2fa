import { spawn } from "node:child_process";
import { waitFor } from "../../lab/machine.ts";
import { screenOf } from "./screen.ts";

/** A program at a real terminal, which `script` (util-linux) makes, with whoever sits at it. */
export interface AtTerminal {
  /** What stands on the screen now, by a terminal's own rules. */
  readonly screen: () => string;
  /** Every picture that could be seen, in order; each differs from the one before. */
  readonly pictures: readonly string[];
  /** All bytes, as they came. */
  readonly raw: () => string;
  until(pattern: RegExp): Promise<void>;
  type(text: string): void;
  /** The program's own exit code. */
  readonly ended: Promise<number | null>;
}

export const CTRL_C = "\u0003";
const COLUMNS = 100;
const ROWS = 40;
const WAIT_MS_MAX = 120_000;

export function atTerminal(command: {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}): AtTerminal {
  // The words of the command are not text for a shell: they come as its arguments.
  const words = [command.program, ...command.args].map(quoted).join(" ");
  const line = `stty cols ${COLUMNS} rows ${ROWS} && exec ${words}`;
  const child = spawn("script", ["-qefc", line, "/dev/null"], {
    env: { SHELL: "/bin/sh", TERM: "xterm", ...command.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let raw = "";
  const pictures: string[] = [];
  const see = (chunk: Buffer): void => {
    raw += chunk.toString();
    const picture = screenOf(raw, COLUMNS);
    if (picture !== pictures.at(-1)) pictures.push(picture);
  };
  child.stdout.on("data", see);
  child.stderr.on("data", see);
  const screen = (): string => pictures.at(-1) ?? "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const late = setTimeout(() => child.kill("SIGKILL"), WAIT_MS_MAX);
  void ended.then(() => clearTimeout(late));
  return {
    screen,
    pictures,
    raw: () => raw,
    ended,
    type: (text) => void child.stdin.write(text),
    async until(pattern) {
      await waitFor(`the screen to show ${pattern}`, WAIT_MS_MAX, async () => {
        if (pattern.test(screen())) return true;
        if (child.exitCode !== null)
          throw new Error(`it ended with ${child.exitCode}: ${screen()}`);
        return false;
      });
    },
  };
}

/** `script` takes its command as text for a shell, so each word is quoted for one. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
