import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person, useHandles } from "../parts/person.tsx";
import { Problem } from "../parts/problem.tsx";
import styles from "./session.module.css";
import { SessionItems } from "./session-items.tsx";
import { SESSION_TOPICS, type Session } from "./session-reply.ts";
import { type PartName, partNames } from "./sessions.tsx";

/** One session, live: everybody sees the same list, and votes as they are given. */
export function SessionPage() {
  const { session: ref } = useParams({ strict: false }) as { readonly session: string };
  const session = useAnswer({
    key: ["triage-session", ref],
    topics: SESSION_TOPICS,
    load: (signal) =>
      ask(
        api.GET("/api/v1/triage-sessions/{session}", {
          params: { path: { session: ref } },
          signal,
        }),
      ),
  });
  return (
    <>
      {session.data === undefined && <PageHead title={ref} />}
      <Answered of={session} what="the session">
        {(shown) => <Shown session={shown} />}
      </Answered>
    </>
  );
}

function Shown({ session }: { readonly session: Session }) {
  const decided = session.items.filter((item) => item.outcome !== null).length;
  return (
    <>
      <PageHead
        title={`${session.ref}  ${session.title}`}
        aside={<Mark tone={session.state === "open" ? "running" : "good"}>{session.state}</Mark>}
        sentence={
          session.closed?.summary ??
          `${decided} of ${session.items.length} updates are decided; each needs ${session.quorum} ${session.quorum === 1 ? "vote" : "votes"}.`
        }
        actions={<Close session={session} />}
      />
      <div className={styles["split"]}>
        <SessionItems session={session} />
        <Stack gap="md">
          <Present session={session} />
          <Said session={session} />
          <Minutes session={session} />
        </Stack>
      </div>
    </>
  );
}

function Close({ session }: { readonly session: Session }) {
  const params = { path: { session: session.ref } };
  return (
    <ActionButton
      action={actionFor(session.actions, "close")}
      label="Close and sign off"
      topics={SESSION_TOPICS}
      confirm="The minutes are signed off: nothing in this session changes any more. Items without an outcome are left open."
      asksReason
      act={(summary) =>
        ask(api.POST("/api/v1/triage-sessions/{session}/close", { params, body: { summary } }))
      }
    />
  );
}

function Present({ session }: { readonly session: Session }) {
  const [part, setPart] = useState<PartName>("on-call");
  const join = actionFor(session.actions, "join");
  const params = { path: { session: session.ref } };
  const deed = useDeed(
    () => ask(api.POST("/api/v1/triage-sessions/{session}/join", { params, body: { part } })),
    SESSION_TOPICS,
  );
  return (
    <Panel title="Present">
      <ul className={styles["people"]}>
        {session.participants.map(({ subject, part: speaksFor }) => (
          <li key={subject}>
            <Person subject={subject} /> <span className="dim">for {speaksFor}</span>
          </li>
        ))}
      </ul>
      {join?.allowed === true && (
        <Group mt="sm" align="flex-end" gap="xs">
          <NativeSelect
            size="xs"
            label="I speak for"
            value={part}
            onChange={(event) => setPart(event.currentTarget.value as PartName)}
            data={[...partNames]}
          />
          <Button
            size="xs"
            variant="default"
            loading={deed.isPending}
            onClick={() => deed.mutate(undefined)}
          >
            Join
          </Button>
        </Group>
      )}
      {deed.isError && <Problem cause={deed.error} />}
    </Panel>
  );
}

function Said({ session }: { readonly session: Session }) {
  const [words, setWords] = useState("");
  const note = actionFor(session.actions, "note");
  const params = { path: { session: session.ref } };
  const deed = useDeed(
    () => ask(api.POST("/api/v1/triage-sessions/{session}/notes", { params, body: { words } })),
    SESSION_TOPICS,
  );
  return (
    <Panel title="Said">
      {session.notes.length === 0 && <div className="dim">Nothing beside the votes yet.</div>}
      <ul className={styles["votes"]}>
        {session.notes.map(({ subject, at, words: said }) => (
          <li key={`${subject} ${at}`}>
            <Person subject={subject} />, <Instant at={at} />: {said}
          </li>
        ))}
      </ul>
      {note?.allowed === true && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            deed.mutate(undefined, { onSuccess: () => setWords("") });
          }}
        >
          <TextInput
            mt="sm"
            label="Put into the minutes"
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
        </form>
      )}
      {deed.isError && <Problem cause={deed.error} />}
    </Panel>
  );
}

/** People stand in the signed text by their ids; here by their handles. */
function Minutes({ session }: { readonly session: Session }) {
  const handles = useHandles();
  const text = [...handles].reduce((all, [id, name]) => all.replaceAll(id, name), session.minutes);
  return (
    <Panel title="Minutes">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre className={`text ${styles["minutes"]}`} tabIndex={0}>
        {text}
      </pre>
      <Text size="xs" c="dimmed" mt={6} style={{ overflowWrap: "anywhere" }}>
        {session.closed === null
          ? "Signed off when the session is closed."
          : `Signed off: SHA-256 ${session.closed.minutes}, in the ledger.`}
      </Text>
    </Panel>
  );
}
