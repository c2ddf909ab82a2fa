import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { ask } from "../client/client.ts";
import { type Cli, say, show } from "./cli.ts";
import { renderTable } from "./view/table.ts";
import { whenText } from "./view/when.ts";

/** With what one signs in beside the password. Passkeys are made in the pages, by the browser. */
export function registerFactor(program: Command, cli: Cli): void {
  const factor = program
    .command("factor")
    .description("Your passkeys and one-time codes: the second factor of your sign-in");
  registerList(factor, cli);
  registerAddCode(factor, cli);
  factor
    .command("remove-code")
    .description("Remove your one-time codes, the recovery codes with them")
    .action(async () => {
      await ask(cli.client().DELETE("/api/v1/me/codes"));
      show(cli, { removed: true }, () => "Removed.");
    });
  factor
    .command("recovery-codes")
    .description("Make ten new recovery codes in place of the old ones")
    .action(async () => {
      const made = await ask(cli.client().POST("/api/v1/me/codes/recovery"));
      show(cli, made, ({ recoveryCodes }) => recoveryText(recoveryCodes));
    });
  factor
    .command("remove-passkey <id>")
    .description("Remove one of your passkeys")
    .action(async (id: string) => {
      const params = { path: { passkey: id } };
      await ask(cli.client().DELETE("/api/v1/me/passkeys/{passkey}", { params }));
      show(cli, { id, removed: true }, () => "Removed.");
    });
}

function registerList(factor: Command, cli: Cli): void {
  factor
    .command("list")
    .description("What you sign in with")
    .action(async () => {
      const known = await ask(cli.client().GET("/api/v1/me/factors"));
      show(cli, known, ({ passkeys, hasCodes, recoveryCodesLeft, whyNoPasskeys }) =>
        [
          hasCodes
            ? `One-time codes: yes, with ${counted(recoveryCodesLeft, "recovery code")} left.`
            : "One-time codes: none. Add them with: fettle factor add-code",
          ...(passkeys.length === 0
            ? [`Passkeys: none. ${whyNoPasskeys ?? "Add one in the pages: Settings, My sign-in."}`]
            : [
                renderTable(passkeys, [
                  { head: "id", cell: (key) => key.id },
                  { head: "passkey", cell: (key) => key.title },
                  { head: "added", cell: (key) => whenText(key.addedAt, cli.clock()) },
                  {
                    head: "used",
                    cell: (key) =>
                      key.usedAt === null ? "never" : whenText(key.usedAt, cli.clock()),
                  },
                ]),
              ]),
        ].join("\n"),
      );
    });
}

function registerAddCode(factor: Command, cli: Cli): void {
  factor
    .command("add-code")
    .description("Add one-time codes: give the secret to an app, then type a code back")
    .action(async () => {
      const client = cli.client();
      const { secret, uri } = await ask(client.POST("/api/v1/me/codes"));
      say(cli, `Type this secret into your app: ${secret}\nor give it this address: ${uri}`);
      const code = await cli.terminal.readLine("Code that the app shows: ", true);
      const made = await ask(client.POST("/api/v1/me/codes/confirm", { body: { code } }));
      show(cli, made, ({ recoveryCodes }) => recoveryText(recoveryCodes));
    });
}

function recoveryText(codes: readonly string[]): string {
  return [
    "Keep these recovery codes where only you find them. Each stands in for a code once, when the",
    "app is lost; they are not shown again:",
    ...codes.map((code) => `  ${code}`),
  ].join("\n");
}
