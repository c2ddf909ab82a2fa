import { Readable } from "node:stream";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import type { Cli } from "./cli.ts";
import type { RowFlags } from "./pages.ts";

/** Lists as CSV files: the server's own lines, handed on as they come. */
export interface CsvFlag {
  readonly csv?: true;
}

export function withCsv(command: Command): Command {
  return command.option(
    "--csv",
    "the whole list as CSV on standard output, under the same filters",
  );
}

/** Query and form of the answer that ask for a file in place of a page. */
export const asCsv = { format: "csv", parseAs: "stream" } as const;

/** The whole list is told, so a number of rows beside it would be silently ignored. */
export function demandWholeList(flags: Pick<RowFlags, "limit">, usual: number): void {
  if (flags.limit === String(usual)) return;
  throw new Failure("invalid", "--csv tells the whole list. Leave --limit away.");
}

export async function writeCsv(cli: Cli, body: unknown): Promise<void> {
  const pieces = Readable.fromWeb(body as never) as AsyncIterable<Buffer>;
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    await cli.streams.write(decoder.decode(piece, { stream: true }));
  }
  await cli.streams.write(decoder.decode());
}
