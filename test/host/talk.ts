import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** One connection to a host program over its standard input and output, line by line. */
export class Talk {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  #wake: () => void = () => undefined;
  #hasEnded = false;
  #errors = "";
  /** Everything the host said. */
  readonly said: string[] = [];

  constructor(argv: readonly string[]) {
    const [program = "", ...args] = argv;
    this.#child = spawn(program, args, { stdio: "pipe" });
    const reader = createInterface({ input: this.#child.stdout });
    reader.on("line", (line) => {
      this.said.push(line);
      this.#lines.push(line);
      this.#wake();
    });
    reader.on("close", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#child.stdin.on("error", () => undefined);
  }

  get errors(): string {
    return this.#errors;
  }

  send(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The next line, or `null` when the host has hung up. */
  async line(): Promise<string | null> {
    while (this.#lines.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`silence after: ${this.said}`)), 15_000);
        this.#wake = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    return this.#lines.shift() ?? null;
  }

  /** Reads on until a line begins with `start`; gives that line. */
  async until(start: string): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (line === null) throw new Error(`hung up before ${start}: ${this.said} ${this.#errors}`);
      if (line.startsWith(start)) return line;
    }
  }

  /** Reads `@name … @namesig … @end`: a document and its signature. */
  async signed(name: string): Promise<{ text: string; signature: string }> {
    await this.until(`@${name}`);
    const text = await this.#section(`@${name}sig`);
    return { text, signature: await this.#section("@end") };
  }

  async #section(end: string): Promise<string> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null || line === end) return lines.map((each) => `${each}\n`).join("");
      lines.push(line);
    }
  }

  /** What the host still says; once it is idle it is asked nothing more. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null) return lines;
      if (line === "@idle") this.#child.stdin.end();
      lines.push(line);
    }
  }

  /** The connection is gone, as when a cable is pulled: nobody reads or writes any more. */
  drop(): void {
    this.#child.kill("SIGKILL");
  }
}
