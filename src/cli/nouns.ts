import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import { addExamples } from "./examples.ts";
import { groupNouns } from "./help-groups.ts";
import { askedWords, offlineNouns } from "./offline-nouns.ts";

/** Nouns that live in one file, with how to load it. */
export interface NounPart {
  readonly nouns: readonly string[];
  readonly load: (program: Command, cli: Cli) => Promise<void>;
}

/** Every noun of the command line, in the order of a patch's way. */
export const nounParts: readonly NounPart[] = [
  {
    nouns: ["setup", "login", "whoami", "password", "user", "token", "key"],
    load: async (program, cli) => (await import("./people.ts")).registerPeople(program, cli),
  },
  {
    nouns: ["directory"],
    load: async (program, cli) => (await import("./directory.ts")).registerDirectory(program, cli),
  },
  {
    nouns: ["factor"],
    load: async (program, cli) => (await import("./factor.ts")).registerFactor(program, cli),
  },
  {
    nouns: ["recovery", "recover"],
    load: async (program, cli) => (await import("./recovery.ts")).registerRecovery(program, cli),
  },
  {
    nouns: ["session"],
    load: async (program, cli) => (await import("./session.ts")).registerSession(program, cli),
  },
  {
    nouns: ["overview"],
    load: async (program, cli) => (await import("./overview.ts")).registerOverview(program, cli),
  },
  {
    nouns: ["host"],
    load: async (program, cli) => (await import("./host.ts")).registerHost(program, cli),
  },
  {
    nouns: ["agent"],
    load: async (program, cli) => (await import("./agent.ts")).registerAgent(program, cli),
  },
  {
    nouns: ["service"],
    load: async (program, cli) => (await import("./service.ts")).registerService(program, cli),
  },
  {
    nouns: ["feed", "finding"],
    load: async (program, cli) => (await import("./intel.ts")).registerIntel(program, cli),
  },
  {
    nouns: ["patch"],
    load: async (program, cli) => (await import("./patch.ts")).registerPatch(program, cli),
  },
  {
    nouns: ["triage"],
    load: async (program, cli) => (await import("./triage.ts")).registerTriage(program, cli),
  },
  {
    nouns: ["policy"],
    load: async (program, cli) => (await import("./policy.ts")).registerPolicy(program, cli),
  },
  {
    nouns: ["cadence"],
    load: async (program, cli) => (await import("./cadence.ts")).registerCadence(program, cli),
  },
  {
    nouns: ["exception"],
    load: async (program, cli) => (await import("./exception.ts")).registerException(program, cli),
  },
  {
    nouns: ["deferral"],
    load: async (program, cli) => (await import("./deferral.ts")).registerDeferral(program, cli),
  },
  {
    nouns: ["debt"],
    load: async (program, cli) => (await import("./debt.ts")).registerDebt(program, cli),
  },
  {
    nouns: ["known-issue"],
    load: async (program, cli) => {
      (await import("./known-issue.ts")).registerKnownIssue(program, cli);
    },
  },
  {
    nouns: ["vulnerability"],
    load: async (program, cli) => {
      (await import("./vulnerability.ts")).registerVulnerability(program, cli);
    },
  },
  {
    nouns: ["support"],
    load: async (program, cli) => (await import("./support.ts")).registerSupport(program, cli),
  },
  {
    nouns: ["plan"],
    load: async (program, cli) => (await import("./plan.ts")).registerPlan(program, cli),
  },
  {
    nouns: ["procedure"],
    load: async (program, cli) => (await import("./procedure.ts")).registerProcedure(program, cli),
  },
  {
    nouns: ["simulate"],
    load: async (program, cli) => (await import("./simulate.ts")).registerSimulate(program, cli),
  },
  {
    nouns: ["change"],
    load: async (program, cli) => (await import("./change.ts")).registerChange(program, cli),
  },
  {
    nouns: ["elevation"],
    load: async (program, cli) => (await import("./elevation.ts")).registerElevation(program, cli),
  },
  {
    nouns: ["cab", "delegation"],
    load: async (program, cli) => {
      const { registerBoard, registerDelegation } = await import("./change-control.ts");
      registerBoard(program, cli);
      registerDelegation(program, cli);
    },
  },
  {
    nouns: ["template"],
    load: async (program, cli) => (await import("./template.ts")).registerTemplate(program, cli),
  },
  {
    nouns: ["freeze"],
    load: async (program, cli) => (await import("./freeze.ts")).registerFreeze(program, cli),
  },
  {
    nouns: ["source"],
    load: async (program, cli) => (await import("./source.ts")).registerSource(program, cli),
  },
  {
    nouns: ["metric"],
    load: async (program, cli) => (await import("./metric.ts")).registerMetric(program, cli),
  },
  {
    nouns: ["rollout", "explain"],
    load: async (program, cli) => (await import("./rollout.ts")).registerRollout(program, cli),
  },
  {
    nouns: ["halt"],
    load: async (program, cli) => (await import("./halt.ts")).registerHalt(program, cli),
  },
  {
    nouns: ["revoke"],
    load: async (program, cli) => (await import("./revoke.ts")).registerRevoke(program, cli),
  },
  {
    nouns: ["audit"],
    load: async (program, cli) => (await import("./audit.ts")).registerAudit(program, cli),
  },
  {
    nouns: ["restore"],
    load: async (program, cli) => (await import("./restore.ts")).registerRestore(program, cli),
  },
  {
    nouns: ["itsm"],
    load: async (program, cli) => (await import("./itsm.ts")).registerItsm(program, cli),
  },
  {
    nouns: ["witness"],
    load: async (program, cli) => (await import("./witness.ts")).registerWitness(program, cli),
  },
  {
    nouns: ["sink"],
    load: async (program, cli) => (await import("./sink.ts")).registerSink(program, cli),
  },
  {
    // Some of them have verbs that ask the server, beside those that need none.
    nouns: offlineNouns,
    load: async (program, cli) => {
      (await import("./offline.ts")).registerOffline(program, cli);
      (await import("./deadline-online.ts")).registerDeadlineOnline(program, cli);
      (await import("./window-online.ts")).registerWindowOnline(program, cli);
      (await import("./vex-documents.ts")).registerVexDocuments(program, cli);
    },
  },
  {
    nouns: ["desk"],
    load: async (program, cli) => (await import("./desk.ts")).registerDesk(program, cli),
  },
  {
    nouns: ["doctor"],
    load: async (program, cli) => (await import("./doctor.ts")).registerDoctor(program, cli),
  },
];

/**
 * The noun that the words begin with is loaded alone: most of a short command's time went into code
 * of other nouns. Whatever else is asked (help, completions, a noun that nobody knows) needs them all.
 */
export async function registerNouns(
  program: Command,
  cli: Cli,
  words: readonly string[],
): Promise<void> {
  const [noun = ""] = askedWords(words);
  const part = nounParts.find(({ nouns }) => nouns.includes(noun));
  for (const { load } of part === undefined ? nounParts : [part]) await load(program, cli);
  if (part === undefined) {
    (await import("./completion.ts")).registerCompletion(program, cli);
    groupNouns(program);
  }
  addExamples(program);
}
