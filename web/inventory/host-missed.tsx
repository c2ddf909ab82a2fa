import { Stack, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Sentence } from "../parts/sentence.tsx";

type Missed = Reply<"/api/v1/hosts/{host}/missed">["items"][number];

/** More than these nobody reads here; the others are older. */
const SHOWN_MAX = 20;

/** Rollouts that went on or ended without this host: since when, why, and what will become of it. */
export function HostMissed({ host, id }: { readonly host: string; readonly id: string }) {
  const missed = useAnswer({
    key: ["host", host, "missed"],
    topics: [`host:${id}`, "hosts", "rollouts", "plans", "changes"],
    load: (signal) => {
      const params = { path: { host: id }, query: { limit: SHOWN_MAX } };
      return ask(api.GET("/api/v1/hosts/{host}/missed", { params, signal }));
    },
  });
  return (
    <Panel title="Rollouts without it">
      <Answered of={missed} what="rollouts without it">
        {({ items, total }) => (
          <Stack gap="sm">
            {items.length === 0 && (
              <span className="dim">No rollout went on or ended without this host.</span>
            )}
            {items.map((one) => (
              <MissedRollout key={one.rollout} missed={one} />
            ))}
            {total > items.length && (
              <Text size="sm" c="dimmed">
                The newest {items.length} of {total.toLocaleString("en")}.
              </Text>
            )}
          </Stack>
        )}
      </Answered>
    </Panel>
  );
}

function MissedRollout({ missed }: { readonly missed: Missed }) {
  const { rollout, title, word, since, why, fate, outlook, command, href } = missed;
  return (
    <div style={{ overflowWrap: "anywhere" }}>
      <Mark tone={word.tone}>{word.label}</Mark>{" "}
      <Go href={`/rollouts/${rollout}`}>
        {rollout} {title}
      </Go>
      <Text size="sm">
        Since <Instant at={since} />: <Sentence text={why} />
      </Text>
      <Text size="sm" fw={fate === "nothing" ? 600 : 400}>
        {fate === "taken" ? <Go href={href}>{outlook}</Go> : <Sentence text={outlook} />}
      </Text>
      {command !== null && <Command text={command} />}
    </div>
  );
}
