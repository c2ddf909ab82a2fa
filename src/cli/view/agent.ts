import type { Instant } from "../../base/instant.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Agent = components["schemas"]["Agent"];

export function agentTable(agents: readonly Agent[], now: Instant): string {
  if (agents.length === 0) {
    return "No host calls in yet. fettle agent install-line makes the line that sets one up.";
  }
  return renderTable(agents, [
    { head: "host", cell: (agent) => safeText(agent.name) },
    { head: "state", cell: (agent) => agent.state },
    {
      head: "called",
      cell: (agent) => (agent.polledAt === null ? "never" : whenText(agent.polledAt, now)),
    },
    {
      head: "calls again",
      cell: (agent) => (agent.nextAt === null ? "" : whenText(agent.nextAt, now)),
    },
    { head: "program", cell: ({ program }) => safeText(program?.version ?? "not known") },
    { head: "certificate until", cell: (agent) => agent.certificateUntil.slice(0, 10) },
    { head: "why", cell: (agent) => safeText(agent.concerns[0]?.says ?? buriedFor(agent)) },
  ]);
}

export function agentText(agent: Agent, now: Instant): string {
  const called =
    agent.polledAt === null ? "never called" : `called ${whenText(agent.polledAt, now)}`;
  return `${safeText(agent.name)} is ${agent.state}, ${called}, certificate until ${agent.certificateUntil.slice(0, 10)}`;
}

function buriedFor({ state, reason }: Agent): string {
  return state === "buried" ? (reason ?? "") : "";
}

function programText({ program }: Agent): string {
  if (program === null) return "not known: it was not inspected yet";
  return `${program.version ?? "of no version"} (${program.digest.slice(0, 12)}…)`;
}

export function agentStory(agent: Agent, now: Instant): string {
  const concerns = agent.concerns.flatMap(({ says, wayOut }) => ["", says, `→ ${wayOut}`]);
  const buried = buriedFor(agent);
  return [
    agentText(agent, now),
    `id ${agent.protocolId}, ${agent.polls} calls, host program ${programText(agent)}`,
    ...(buried === "" ? [] : ["", `Buried: ${buried}`]),
    ...concerns,
  ]
    .map(safeText)
    .join("\n");
}
