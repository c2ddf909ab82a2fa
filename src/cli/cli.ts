import { stringify } from "yaml";
import type { Clock } from "../base/instant.ts";
import type { Client, ClientOptions } from "../client/client.ts";
import type { Credentials } from "./credentials.ts";
import type { Streams } from "./streams.ts";

/**
 * What every noun of the command line is given. Commands print through it, so that `-o json` and
 * `-o yaml` always show exactly what the API said and a table is only one more view of it.
 */
export interface Cli {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly credentials: Credentials;
  /** Address of the server: --url, FETTLE_URL, the last one set up, or localhost. */
  readonly url: () => string;
  readonly output: () => Output;
  /** Files and pipes, for commands that answer line by line. */
  readonly streams: Streams;
  /** A client that carries the stored token; fails with what to do when there is none. */
  readonly client: () => Client;
  /** Address and token, for streams. */
  readonly connection: () => ClientOptions;
  /** A client without a token, for setup. */
  readonly anonymous: (url: string) => Client;
  /** The program that runs on hosts, as one text. */
  readonly hostProgram: () => Promise<string>;
  /** `<clone>` of this program, and the state folder a server started from it uses. */
  readonly clone: string;
  readonly state: () => string;
  /** A folder of the user's for what can be made again. */
  readonly cacheFolder: (name: string) => string;
  /** What is wrong with configuration file and environment; null where nothing is. */
  readonly configProblem: () => string | null;
}

export type Output = "table" | "json" | "yaml";

export interface Terminal {
  /** A terminal that can move its cursor; false for pipes, files and `TERM=dumb`. */
  readonly isInteractive: boolean;
  /** False where nobody wants it (`NO_COLOR`) or nobody sees it. */
  readonly hasColour: boolean;
  /** Its size now. */
  readonly columns: number;
  readonly rows: number;
  /** Calls back when the size changes; returns how to stop. */
  onResize(listener: () => void): () => void;
  /** Calls back at Ctrl-C instead of ending; a second one ends at once. Returns how to stop. */
  onInterrupt(listener: () => void): () => void;
  /** A hidden cursor is shown again however the process ends. */
  setCursor(to: "hidden" | "shown"): void;
  out(text: string): void;
  err(text: string): void;
  /** Everything on standard input, or null when nothing is piped in. */
  readInput(): Promise<string | null>;
  /** One line the user types, unseen when it is a secret. */
  readLine(prompt: string, isSecret: boolean): Promise<string>;
}

/** Prints a reply: the value itself for machines, `table` for people. */
export function show<T>(cli: Cli, value: T, table: (value: T) => string): void {
  cli.terminal.out(rendered(cli.output(), value, table));
}

function rendered<T>(output: Output, value: T, table: (value: T) => string): string {
  switch (output) {
    case "json":
      return `${JSON.stringify(value, null, 2)}\n`;
    case "yaml":
      return stringify(value);
    case "table":
      return `${table(value)}\n`;
  }
}

/** A sentence for people; kept off standard output when a machine reads it. */
export function say(cli: Cli, text: string): void {
  if (cli.output() === "table") cli.terminal.out(`${text}\n`);
  else cli.terminal.err(`${text}\n`);
}
