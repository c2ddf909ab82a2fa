import type { Command } from "commander";

/** The nouns of `fettle --help` under headings, in the order of a patch's way. */
const groups: Readonly<Record<string, readonly string[]>> = {
  "Begin:": ["start", "server", "setup", "login", "doctor"],
  "What runs where:": ["overview", "host", "agent", "service", "source", "support"],
  "What is vulnerable:": ["feed", "finding", "vulnerability", "vex", "csaf", "scan"],
  "What matters, and by when:": [
    ...["patch", "triage", "policy", "cadence", "deadline", "exception", "deferral", "debt"],
    "known-issue",
  ],
  "What is to be done, and when:": [
    ...["plan", "procedure", "simulate", "window", "freeze", "template"],
  ],
  "Who says yes:": ["change", "elevation", "cab", "delegation", "desk", "itsm"],
  "Carrying it out:": ["rollout", "halt", "explain", "metric", "revoke"],
  "Evidence:": ["audit", "witness", "restore", "sink"],
  "People and their keys:": [
    ...["whoami", "user", "directory", "token", "key", "password", "factor", "session"],
    ...["recovery", "recover"],
  ],
  "Of standards and formats:": ["version", "vers", "purl", "cvss"],
};

/** Where `completion` and `help` stand. */
const REST = "This command line:";
const headings: readonly string[] = [...Object.keys(groups), REST];

/** Puts each noun under its heading. Only the program's own help changes, not that of its nouns. */
export function groupNouns(program: Command): void {
  const named = new Map(program.commands.map((command) => [command.name(), command]));
  for (const [heading, nouns] of Object.entries(groups)) {
    for (const noun of nouns) named.get(noun)?.helpGroup(heading);
  }
  program.commandsGroup(REST);
  named.get("completion")?.helpGroup(REST);
  program.helpCommand("help [command]", "How a command is used");
  program.configureHelp({
    groupItems<Item>(_: Item[], visible: Item[], headingOf: (item: Item) => string) {
      const found = Map.groupBy(visible, headingOf);
      const place = (heading: string): number => headings.indexOf(heading);
      return new Map([...found].toSorted(([one], [other]) => place(one) - place(other)));
    },
  });
}

/** Nouns without a heading, for the test that wants none. */
export function ungrouped(nouns: readonly string[]): readonly string[] {
  const known = new Set([...Object.values(groups).flat(), "completion", "help"]);
  return nouns.filter((noun) => !known.has(noun));
}
