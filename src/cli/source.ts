import { type Command, Option } from "commander";
import { counted } from "../base/counted.ts";
import { ask } from "../client/client.ts";
import { sourceKinds, sourceTrusts } from "../inventory/package-source.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedFile } from "./read-file.ts";
import { renderTable, safeText } from "./view/table.ts";

/** The register of sources that hosts take packages from. */
export function registerSource(program: Command, cli: Cli): void {
  const source = program
    .command("source")
    .description("Where hosts take packages from, and what was decided about it");
  source
    .command("list")
    .description(
      "The sources of all hosts: how many have each, whether it is signed, its assessment",
    )
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/package-sources"));
      const none = "No host told of its sources yet. Look at one: fettle host scan NAME";
      show(cli, items, () =>
        items.length === 0
          ? none
          : renderTable(items, [
              { head: "source", cell: (s) => `${s.uri} ${s.suite}` },
              { head: "components", cell: (s) => s.components.join(" ") },
              { head: "hosts", cell: (s) => String(s.hosts), align: "right" },
              { head: "trust", cell: (s) => s.assessment?.trust ?? "-" },
              { head: "checked", cell: checkText },
              { head: "kind", cell: (s) => s.assessment?.kind ?? "-" },
              { head: "mind", cell: (s) => s.concern ?? "" },
            ]),
      );
    });
  registerPin(source, cli);
  registerCheck(source, cli);
  const choice = (flag: string, words: string, choices: readonly string[]): Option =>
    new Option(flag, words).choices(choices).makeOptionMandatory();
  source
    .command("assess <address> <suite>")
    .description("Decide about a source; hosts with one that is blocked take part in no plan")
    .addOption(choice("--trust <trust>", "what plans may do with it", sourceTrusts))
    .addOption(choice("--kind <kind>", "whose it is", sourceKinds))
    .requiredOption("--reason <text>", "why, for whoever asks later")
    .action(
      async (
        uri: string,
        suite: string,
        flags: {
          trust: (typeof sourceTrusts)[number];
          kind: (typeof sourceKinds)[number];
          reason: string;
        },
      ) => {
        const path = "/api/v1/package-sources/assessment" as const;
        const body = { uri, suite, ...flags };
        const assessed = await ask(cli.client().PUT(path, { body }));
        show(
          cli,
          assessed,
          () =>
            `${assessed.uri} ${assessed.suite} is ${flags.trust}, on ${counted(assessed.hosts, "host")}.`,
        );
      },
    );
}

interface Checked {
  readonly uri: string;
  readonly suite: string;
  readonly hosts: number;
  readonly key: {
    readonly fingerprints: readonly string[];
    readonly check: {
      readonly state: string;
      readonly because: string | null;
      readonly dated: string | null;
      readonly signedBy: string | null;
    } | null;
  } | null;
}

function checkText({ key }: Checked): string {
  if (key === null) return "-";
  const { check } = key;
  return check === null
    ? "not yet"
    : `${check.state}${check.dated === null ? "" : ` ${check.dated}`}`;
}

function registerPin(source: Command, cli: Cli): void {
  source
    .command("pin <address> <suite>")
    .description("Pin the keys by which the server itself verifies a source from then on")
    .requiredOption("--keyring <file>", "OpenPGP public keys, as they are or in armour")
    .addOption(new Option("--form <form>", "what it is").choices(["deb", "rpm"]).default("deb"))
    .requiredOption("--reason <text>", "where the keys are from, for whoever asks later")
    .action(
      async (
        uri: string,
        suite: string,
        flags: { keyring: string; form: "deb" | "rpm"; reason: string },
      ) => {
        const keyring = readNamedFile(flags.keyring, "The keyring").toString("base64");
        const body = { uri, suite, form: flags.form, reason: flags.reason, keyring };
        const pinned = await ask(cli.client().PUT("/api/v1/package-sources/key", { body }));
        const keys = (): string =>
          [
            `${uri} ${suite} is verified by these keys from now on; compare them with their owner:`,
            ...(pinned.key?.fingerprints ?? []).map((fingerprint) => `  ${fingerprint}`),
            `Look at it now: fettle source check ${uri} ${suite}`,
          ].join("\n");
        show(cli, pinned, keys);
      },
    );
}

function registerCheck(source: Command, cli: Cli): void {
  source
    .command("check <address> <suite>")
    .description("Verify a source now by its pinned keys: signature, date, and what came before")
    .option("--signed <file>", "InRelease or repomd.xml, where the server has no way to the source")
    .option("--signature <file>", "repomd.xml.asc, with a repomd.xml")
    .action(async (uri: string, suite: string, flags: { signed?: string; signature?: string }) => {
      const text = (file: string): string => readNamedFile(file, "The index").toString("base64");
      const given =
        flags.signed === undefined
          ? null
          : {
              signed: text(flags.signed),
              signature: flags.signature === undefined ? null : text(flags.signature),
            };
      const path = "/api/v1/package-sources/check" as const;
      const checked = await ask(cli.client().POST(path, { body: { uri, suite, given } }));
      show(cli, checked, () => outcomeText(checked));
      if (checked.key?.check?.state !== "verified") process.exitCode = 1;
    });
}

function outcomeText({ uri, suite, hosts, key }: Checked): string {
  const check = key?.check ?? null;
  if (check === null) return `${uri} ${suite} was not checked.`;
  const { state, because, dated, signedBy } = check;
  if (state === "verified") return `${uri} ${suite} is verified: of ${dated}, by ${signedBy}.`;
  const what = `${uri} ${suite} is ${state}: ${safeText(because ?? "")}.`;
  return state === "refused"
    ? `${what} No plan takes hosts that have it: ${counted(hosts, "host")}.`
    : what;
}
