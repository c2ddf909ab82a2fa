import { type Command, Option } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { authorityText } from "./view/authority.ts";

const acts = ["prepare", "switch", "retire"] as const;

/** The authority of SSH user certificates: what a host is to trust, and changing it. */
export function registerAuthority(host: Command, cli: Cli): void {
  host
    .command("authority [host]")
    .description("Keys that sign SSH certificates, and the lines by which a host trusts them")
    .addOption(
      new Option(
        "--turn <step>",
        "another authority: prepare it, switch to it, retire the old",
      ).choices(acts),
    )
    .action(async (name: string | undefined, flags: { turn?: (typeof acts)[number] }) => {
      const client = cli.client();
      if (flags.turn !== undefined) {
        const params = { path: { act: flags.turn } };
        await ask(client.POST("/api/v1/ssh-authority/{act}", { params, body: {} }));
      }
      const query = name === undefined ? {} : { host: name };
      const reply = await ask(client.GET("/api/v1/ssh-authority", { params: { query } }));
      show(cli, reply, () => authorityText(reply));
    });
}
