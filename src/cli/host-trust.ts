import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { safeText } from "./view/table.ts";

/** Tells a host of revoked plans and keys and of new policies, which it judges by itself. */
export function registerTrust(host: Command, cli: Cli): void {
  host
    .command("trust <name>")
    .description("Carry signed revocations and policies to a host, which judges each itself")
    .requiredOption("--file <frame>", "the frame (docs/hosts.md)")
    .action(async (name: string, flags: { file: string }) => {
      const frame = readNamedText(flags.file, "The frame");
      const params = { path: { host: name } };
      const body = { frame };
      const said = await ask(cli.client().POST("/api/v1/hosts/{host}/trust", { params, body }));
      show(cli, said, () =>
        said.answers
          .map(({ what, code, why }) =>
            code === null
              ? `${name} took ${safeText(what)}`
              : `${name} refused ${safeText(what)}: ${code} ${safeText(why ?? "")}`,
          )
          .join("\n"),
      );
    });
}
