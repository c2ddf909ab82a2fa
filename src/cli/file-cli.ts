import type { Clock } from "../base/instant.ts";
import type { Terminal } from "./cli.ts";
import type { OfflineCli } from "./lines.ts";

/** What commands are given that answer from files alone, without a server or its settings. */
export interface FileCli extends OfflineCli {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** A folder of the user's for what can be made again. */
  readonly cacheFolder: (name: string) => string;
}

/** Prints an answer: the value itself for machines, `table` for people. YAML is loaded when asked for. */
export async function showAnswer<T>(
  cli: FileCli,
  value: T,
  table: (value: T) => string,
): Promise<void> {
  switch (cli.output()) {
    case "json":
      return cli.terminal.out(`${JSON.stringify(value, null, 2)}\n`);
    case "yaml":
      return cli.terminal.out((await import("yaml")).stringify(value));
    case "table":
      return cli.terminal.out(`${table(value)}\n`);
  }
}
