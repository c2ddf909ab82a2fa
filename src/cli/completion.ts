import { Argument, type Command } from "commander";
import { ask, type Client } from "../client/client.ts";
import type { Cli } from "./cli.ts";
import { completionScript, type Shell, shells } from "./completion-script.ts";
import { completionTree, isPlainName, type NameKind, nameKinds } from "./completion-tree.ts";

/** Completions of commands, flags and names for three shells. */
export function registerCompletion(program: Command, cli: Cli): void {
  program
    .command("completion")
    .description("Print the completion script of a shell")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      [
        "",
        "Examples:",
        "  fettle completion bash > ~/.local/share/bash-completion/completions/fettle",
        '  fettle completion zsh > "${fpath[1]}/_fettle"',
        "  fettle completion fish > ~/.config/fish/completions/fettle.fish",
      ].join("\n"),
    )
    .action((shell: Shell) => {
      cli.terminal.out(completionScript(shell, completionTree(program)));
    });
  program
    .command("complete-names", { hidden: true })
    .description("Names that begin like what is typed; called by completion scripts")
    .addArgument(new Argument("<kind>", "what they name").choices(nameKinds))
    .argument("[typed]", "their beginning", "")
    .action((kind: NameKind, typed: string) => completeNames(cli, kind, typed));
}

/** Somebody waits at the keyboard; no answer is better than a late one. */
const LOOK_UP_MS_MAX = 1_500;
const NAMES_MAX = 200;

/** Silent whatever happens: a message in the middle of somebody's line helps nobody. */
async function completeNames(cli: Cli, kind: NameKind, typed: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOK_UP_MS_MAX);
  });
  const asked = names(cli, kind, typed).catch(() => []);
  const found = await Promise.race([asked, late]);
  clearTimeout(timer);
  const shown = found.filter((name) => name.startsWith(typed) && isPlainName(name));
  cli.terminal.out(shown.map((name) => `${name}\n`).join(""));
}

async function names(cli: Cli, kind: NameKind, typed: string): Promise<string[]> {
  const client = cli.client();
  const limit = NAMES_MAX;
  switch (kind) {
    case "hosts":
      return hostNames(client, typed);
    case "services": {
      const query = { q: typed, limit };
      const { items } = await ask(client.GET("/api/v1/services", { params: { query } }));
      return items.map((item) => item.service.name);
    }
    case "patches": {
      const { items } = await ask(client.GET("/api/v1/patches", { params: { query: { limit } } }));
      return items.map((item) => item.ref);
    }
    case "changes": {
      const { items } = await ask(client.GET("/api/v1/changes", { params: { query: { limit } } }));
      return items.map((item) => item.number);
    }
    case "rollouts": {
      const { items } = await ask(client.GET("/api/v1/rollouts", { params: { query: { limit } } }));
      return items.map((item) => item.ref);
    }
    case "plans": {
      const { items } = await ask(client.GET("/api/v1/plans", { params: { query: { limit } } }));
      return items.map((item) => item.digest.slice(0, 12));
    }
    case "users": {
      const { items } = await ask(client.GET("/api/v1/people"));
      return items.map((item) => item.handle);
    }
  }
}

async function hostNames(client: Client, typed: string): Promise<string[]> {
  const query = { limit: NAMES_MAX, ...(typed === "" ? {} : { q: typed }) };
  const { items } = await ask(client.GET("/api/v1/hosts", { params: { query } }));
  return items.map((item) => item.name);
}
