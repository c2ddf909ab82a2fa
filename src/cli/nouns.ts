import type { Command } from "commander";
import { registerAudit } from "./audit.ts";
import { registerChange } from "./change.ts";
import type { Cli } from "./cli.ts";
import { registerCompletion } from "./completion.ts";
import { registerDeadlineOnline } from "./deadline-online.ts";
import { registerDebt } from "./debt.ts";
import { registerDeferral } from "./deferral.ts";
import { registerDoctor } from "./doctor.ts";
import { addExamples } from "./examples.ts";
import { registerException } from "./exception.ts";
import { registerHost } from "./host.ts";
import { registerIntel } from "./intel.ts";
import { registerKnownIssue } from "./known-issue.ts";
import { registerOffline } from "./offline.ts";
import { registerPatch } from "./patch.ts";
import { registerPeople } from "./people.ts";
import { registerPlan } from "./plan.ts";
import { registerPolicy } from "./policy.ts";
import { registerRollout } from "./rollout.ts";
import { registerService } from "./service.ts";
import { registerSupport } from "./support.ts";
import { registerTriage } from "./triage.ts";
import { registerVexDocuments } from "./vex-documents.ts";
import { registerVulnerability } from "./vulnerability.ts";

/** Every noun of the command line, in the order of a patch's way. */
export function registerNouns(program: Command, cli: Cli): void {
  registerPeople(program, cli);
  registerHost(program, cli);
  registerService(program, cli);
  registerIntel(program, cli);
  registerPatch(program, cli);
  registerTriage(program, cli);
  registerPolicy(program, cli);
  registerException(program, cli);
  registerDeferral(program, cli);
  registerDebt(program, cli);
  registerKnownIssue(program, cli);
  registerVulnerability(program, cli);
  registerSupport(program, cli);
  registerPlan(program, cli);
  registerChange(program, cli);
  registerRollout(program, cli);
  registerAudit(program, cli);
  registerOffline(program, cli);
  registerDeadlineOnline(program, cli);
  registerVexOnline(program, cli);
  registerDoctor(program, cli);
  registerCompletion(program, cli);
  addExamples(program);
}

/** What the server keeps of VEX, beside the command that needs none. */
function registerVexOnline(program: Command, cli: Cli): void {
  const vex = program.commands.find((command) => command.name() === "vex");
  if (vex !== undefined) registerVexDocuments(vex, cli);
}
