import { Group, Stack, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";

type Agent = Reply<"/api/v1/agents/{agent}">;

const TOPICS = ["hosts"] as const;

/** How a host that calls in by itself stands: its calls, its certificate, what is in its way. */
export function HostAgent({ host }: { readonly host: string }) {
  const agent = useAnswer({
    key: ["agent", host],
    topics: TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/agents/{agent}", { params: { path: { agent: host } }, signal })),
  });
  return (
    <Panel title="Calls of the agent">
      <Answered of={agent} what="the agent">
        {(answer) => <ShownAgent agent={answer} />}
      </Answered>
    </Panel>
  );
}

const states = {
  live: ["good", "calls in"],
  away: ["attention", "away"],
  quarantined: ["bad", "in quarantine"],
  buried: ["unknown", "buried"],
} as const;

function ShownAgent({ agent }: { readonly agent: Agent }) {
  const [tone, word] = states[agent.state];
  return (
    <Stack gap="sm">
      <Facts
        of={[
          [
            "State",
            <Mark key="state" tone={tone}>
              {word}
            </Mark>,
          ],
          ["Last call", <When key="last" at={agent.polledAt} none="it never called" />],
          ["Calls again", <When key="next" at={agent.nextAt} none="not known" />],
          ["Calls so far", agent.polls.toLocaleString("en")],
          ["Host program", agent.program?.version ?? "not known before its first inspection"],
          ["Certificate until", <Instant key="until" at={agent.certificateUntil} />],
          ...(agent.state === "buried" ? [["Buried", agent.reason ?? ""] as const] : []),
        ]}
      />
      {agent.concerns.map(({ kind, says, wayOut }) => (
        <div key={kind}>
          <Text size="sm" fw={600}>
            {says}
          </Text>
          <Text size="sm">{wayOut}</Text>
        </div>
      ))}
      {agent.state !== "buried" && <Deeds agent={agent} />}
    </Stack>
  );
}

function When({ at, none }: { readonly at: string | null; readonly none: string }) {
  return at === null ? none : <Instant at={at} />;
}

/** Only what the state allows stands there, so that the way out of a quarantine is seen at once. */
function Deeds({ agent }: { readonly agent: Agent }) {
  const isQuarantined = agent.state === "quarantined";
  const path = (verb: "quarantine" | "release" | "bury") => ({ agent: agent.host, verb });
  const move = (verb: "quarantine" | "release" | "bury") => (reason: string) =>
    ask(
      api.POST("/api/v1/agents/{agent}/{verb}", { params: { path: path(verb) }, body: { reason } }),
    );
  return (
    <Group gap="xs">
      {isQuarantined ? (
        <ActionButton
          action={actionFor(agent.actions, "release")}
          label="Release"
          topics={TOPICS}
          asksReason
          confirm={`One machine alone goes on as ${agent.name}: its next call counts as it comes. Make sure that the other one is gone or set up anew.`}
          act={move("release")}
        />
      ) : (
        <>
          <ActionButton
            action={actionFor(agent.actions, "renew")}
            label="Renew certificate"
            topics={TOPICS}
            act={() =>
              ask(
                api.POST("/api/v1/agents/{agent}/renewal", {
                  params: { path: { agent: agent.host } },
                }),
              )
            }
          />
          <ActionButton
            action={actionFor(agent.actions, "quarantine")}
            label="Quarantine"
            topics={TOPICS}
            asksReason
            confirm={`${agent.name} is given nothing and nothing is taken from it, at once and on every server, until somebody releases it.`}
            act={move("quarantine")}
          />
        </>
      )}
      <ActionButton
        action={actionFor(agent.actions, "bury")}
        label="Bury"
        topics={TOPICS}
        isDangerous
        asksReason
        confirm={`The id of ${agent.name} is never admitted or given again, and the host leaves the fleet. A machine that is still there needs a new install line.`}
        act={move("bury")}
      />
    </Group>
  );
}
