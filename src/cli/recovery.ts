import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { renderTable } from "./view/table.ts";
import { whenText } from "./view/when.ts";

/** Bringing back an administrator: two people, on the server's own machine. */
export function registerRecovery(program: Command, cli: Cli): void {
  const recovery = program
    .command("recovery")
    .description("Who, two together, can bring back an administrator");
  recovery
    .command("list")
    .description("Who is appointed, and who has taken their code")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/recovery-holders"));
      const none = "Nobody is appointed. Appoint two people: fettle recovery appoint HANDLE";
      if (items.length === 0) return show(cli, items, () => none);
      show(cli, items, () =>
        [
          renderTable(items, [
            { head: "person", cell: (holder) => holder.handle },
            { head: "appointed", cell: (holder) => whenText(holder.appointedAt, cli.clock()) },
            {
              head: "code taken",
              cell: ({ takenAt }) =>
                takenAt === null ? "no: cannot help" : whenText(takenAt, cli.clock()),
            },
          ]),
          items.filter(({ takenAt }) => takenAt !== null).length < 2
            ? "Fewer than two people have a code: a lost administrator could not be brought back."
            : "Two of them together can bring back an administrator: fettle recover HANDLE",
        ].join("\n"),
      );
    });
  recovery
    .command("appoint <handle>")
    .description("Let a person take a recovery code")
    .action(async (user: string) => {
      await ask(cli.client().POST("/api/v1/recovery-holders", { body: { user } }));
      show(cli, { user, appointed: true }, () => `${user} takes a code with: fettle recovery take`);
    });
  recovery
    .command("dismiss <handle>")
    .description("Take that away; their code counts no more")
    .action(async (user: string) => {
      const params = { path: { user } };
      await ask(cli.client().DELETE("/api/v1/recovery-holders/{user}", { params }));
      show(cli, { user, appointed: false }, () => "Dismissed.");
    });
  recovery
    .command("take")
    .description("Take your own recovery code; keep it on paper, away from the other one")
    .requiredOption("--file <file>", "new file of mode 0600 that the code is written to")
    .action(async (flags: { file: string }) => {
      const { code } = await ask(cli.client().POST("/api/v1/me/recovery-share"));
      cli.credentials.writeSecret(flags.file, code);
      show(cli, { file: flags.file }, () => `Your recovery code is in ${flags.file}.`);
    });
  program
    .command("recover <handle>")
    .description("On the server's machine: two people bring back an administrator")
    .action(async (handle: string) => {
      const first = await cli.terminal.readLine("Recovery code of the first person: ", true);
      const second = await cli.terminal.readLine("Recovery code of the second person: ", true);
      const secret = putRequest(cli);
      const body = { kind: "recovery" as const, handle, secret, codes: [first, second] };
      const url = cli.url();
      const made = await ask(cli.anonymous(url).POST("/api/v1/entrance", { body }));
      show(cli, made, () =>
        made.kind === "link"
          ? `${handle} administers again. Set a password and add a factor at once, within 15 minutes:\n  ${url}${made.path}`
          : "Done.",
      );
    });
}

/** Proves to the server that somebody who may write in its state folder asks. */
function putRequest(cli: Cli): string {
  const file = join(cli.state(), "recovery-request");
  const secret = randomBytes(32).toString("base64url");
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new Failure(
      "forbidden",
      `${file} cannot be written. Run this on the server's machine, as the server's user or root.`,
      { cause },
    );
  }
  return secret;
}
