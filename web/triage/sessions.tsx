import { Group, NativeSelect, NumberInput, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import styles from "./session.module.css";

type Sessions = Reply<"/api/v1/triage-sessions">;

export const partNames = ["on-call", "qa", "support", "security", "operations", "other"] as const;
export type PartName = (typeof partNames)[number];

/** The sessions in which people decided together, and the button that begins one. */
export function SessionsPage() {
  const [isStarting, setStarting] = useState(false);
  const sessions = useAnswer({
    key: ["triage-sessions"],
    topics: ["triage"],
    load: (signal) => ask(api.GET("/api/v1/triage-sessions", { signal })),
  });
  const start = sessions.data === undefined ? undefined : actionFor(sessions.data.actions, "start");
  return (
    <>
      <PageHead
        title="Triage sessions"
        sentence="People look at one list and vote: necessary or not, and on which hosts."
        actions={
          start !== undefined && (
            <GuardedButton action={start} variant="filled" onClick={() => setStarting(true)}>
              {start.label}
            </GuardedButton>
          )
        }
      />
      {isStarting && <Start onClose={() => setStarting(false)} />}
      <Answered of={sessions} what="the sessions">
        {({ items }) => (items.length === 0 ? <NoSession /> : <List items={items} />)}
      </Answered>
    </>
  );
}

function NoSession() {
  return (
    <Empty title="No session yet" command='./fettle triage start "Monday"'>
      A session freezes the list of what to fix first. On-call, QA and support vote on each update;
      what most agree on is done from here, and the minutes are kept.
    </Empty>
  );
}

function List({ items }: { readonly items: Sessions["items"] }) {
  return (
    <ul className={styles["sessions"]}>
      {items.map((session) => (
        <li key={session.id}>
          <Go href={session.href}>
            {session.ref} {session.title}
          </Go>
          <Mark tone={session.state === "open" ? "running" : "good"}>{session.state}</Mark>
          <span className="dim">
            <Person subject={session.startedBy} />, <Instant at={session.startedAt} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Start({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState({
    title: "",
    quorum: 2,
    items: 10,
    part: "operations" as PartName,
  });
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const go = useGo();
  const deed = useDeed(() => ask(api.POST("/api/v1/triage-sessions", { body: draft })), ["triage"]);
  return (
    <Panel title="Start a session">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: ({ href }) => go(href) });
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Title"
            required
            value={draft.title}
            onChange={(event) => change({ title: event.currentTarget.value })}
            data-autofocus
          />
          <Group grow align="flex-start">
            <NumberInput
              size="xs"
              label="Updates"
              description="The best of the list, frozen."
              min={1}
              max={100}
              value={draft.items}
              onChange={(items) => change({ items: Number(items) || 1 })}
            />
            <NumberInput
              size="xs"
              label="Quorum"
              description="Votes an item needs."
              min={1}
              max={50}
              value={draft.quorum}
              onChange={(quorum) => change({ quorum: Number(quorum) || 1 })}
            />
            <NativeSelect
              size="xs"
              label="You speak for"
              description="Stands in the minutes."
              value={draft.part}
              onChange={(event) => change({ part: event.currentTarget.value as PartName })}
              data={[...partNames]}
            />
          </Group>
          <FormEnd deed={deed} label="Start" onClose={onClose} />
        </Stack>
      </form>
    </Panel>
  );
}
