import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { renderTable } from "./view/table.ts";
import { clockText, whenText } from "./view/when.ts";

/** Where one is signed in with a browser; `fettle token` is the same for programs. */
interface Whose {
  readonly user?: string;
}

const OF_SOMEBODY = ["--user <handle>", "of somebody else, for those who manage users"] as const;

export function registerSession(program: Command, cli: Cli): void {
  const session = program
    .command("session")
    .description("Where you are signed in with a browser, and ending it");
  session
    .command("list")
    .description("Sign-ins that still work; each ends by itself after 15 minutes of rest")
    .option(...OF_SOMEBODY)
    .action(async (query: Whose) => {
      const { items } = await ask(cli.client().GET("/api/v1/sessions", { params: { query } }));
      show(cli, items, () =>
        items.length === 0
          ? "No browser is signed in. Programs use tokens: fettle token list"
          : renderTable(items, [
              { head: "id", cell: (s) => s.id },
              { head: "browser", cell: (s) => s.program },
              { head: "address", cell: (s) => s.address },
              { head: "signed in", cell: (s) => clockText(s.startedAt) },
              { head: "seen", cell: (s) => whenText(s.seenAt, cli.clock()) },
              { head: "ends", cell: (s) => clockText(s.endsAt) },
            ]),
      );
    });
  session
    .command("end <id>")
    .description("End one sign-in at once")
    .option(...OF_SOMEBODY)
    .action(async (id: string, query: Whose) => {
      const params = { path: { session: id }, query };
      await ask(cli.client().DELETE("/api/v1/sessions/{session}", { params }));
      show(cli, { id, ended: true }, () => "Ended.");
    });
  session
    .command("end-others")
    .description("End every sign-in with a browser; from here that is all of them")
    .option(...OF_SOMEBODY)
    .action(async (body: Whose) => {
      const { ended } = await ask(cli.client().POST("/api/v1/sessions/end-others", { body }));
      show(cli, { ended }, () =>
        ended === 0 ? "No browser was signed in." : `Ended ${counted(ended, "sign-in")}.`,
      );
    });
}
