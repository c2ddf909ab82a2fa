import { Group, NumberInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { ActionButton, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./change.module.css";
import type { Change } from "./change-model.ts";

const load = (change: string, signal: AbortSignal) =>
  ask(api.GET("/api/v1/elevations", { params: { query: { change } }, signal }));
type Elevation = Awaited<ReturnType<typeof load>>["items"][number];

/** Who is lent the rights to carry this change out, until when, who asks for it, and what ended. */
export function LentRights({ change }: { readonly change: Change }) {
  const [isAsking, setAsking] = useState(false);
  const topics = [`change:${change.id}`, "changes"];
  const elevations = useAnswer({
    key: ["elevations", change.id],
    topics,
    load: (signal) => load(change.number, signal),
  });
  return (
    <Panel title="Lent rights">
      <Answered of={elevations} what="who is lent its rights">
        {({ items, ask: action }) => (
          <>
            {items.length === 0 && (
              <p className="dim">
                Nobody. Who may not carry it out can ask for the rights over this one change, for a
                time; somebody else decides.
              </p>
            )}
            <ul className={styles["list"]}>
              {items.map((one) => (
                <Lent key={one.id} of={one} topics={topics} />
              ))}
            </ul>
            {isAsking ? (
              <Ask change={change} topics={topics} onClose={() => setAsking(false)} />
            ) : (
              action !== null && (
                <GuardedButton action={action} onClick={() => setAsking(true)}>
                  {action.label}
                </GuardedButton>
              )
            )}
          </>
        )}
      </Answered>
    </Panel>
  );
}

/** How it stands, in words. */
const stands: Readonly<Record<string, readonly [tone: Tone, words: string]>> = {
  asked: ["waiting", "asked for"],
  granted: ["good", "lent"],
  refused: ["unknown", "refused"],
  ended: ["unknown", "over"],
};

function Lent({ of, topics }: { readonly of: Elevation; readonly topics: readonly string[] }) {
  const { number, person, minutes, reason, state } = of;
  const params = { path: { elevation: of.id } };
  const [tone, words] = stands[state] ?? ["unknown", state];
  const isOpen = of.actions.some((action) => action.allowed);
  return (
    <li>
      <b>{person}</b> <span className="dim">{number}</span>{" "}
      <Mark tone={tone}>
        {words}
        {of.endCause !== null && `: ${of.endCause.replaceAll("-", " ")}`}
      </Mark>{" "}
      {of.countsUntil !== null && of.endedAt === null ? (
        <>
          from <Instant at={of.countsFrom} /> until <Instant at={of.countsUntil} />, by{" "}
          {of.decidedBy}
        </>
      ) : (
        <>
          {minutes} minutes, asked <Instant at={of.askedAt} />
        </>
      )}
      <div className={styles["wrap"]}>{reason}</div>
      {of.decidedWords !== null && (
        <div className="dim">
          {of.decidedBy}: {of.decidedWords}
        </div>
      )}
      {of.endedWords !== null && (
        <div className="dim">
          {of.endedBy}: {of.endedWords}
        </div>
      )}
      {isOpen && (
        <Group gap="xs" mt={6}>
          <ActionButton
            action={actionFor(of.actions, "grant")}
            label={`Grant ${number}`}
            topics={topics}
            confirm={`Lends ${person} the rights to start, halt and resume this one change, for ${minutes} minutes.`}
            act={() => ask(api.POST("/api/v1/elevations/{elevation}/grant", { params, body: {} }))}
          />
          <ActionButton
            action={actionFor(of.actions, "refuse")}
            label={`Refuse ${number}`}
            topics={topics}
            asksReason
            act={(words) =>
              ask(api.POST("/api/v1/elevations/{elevation}/refuse", { params, body: { words } }))
            }
          />
          <ActionButton
            action={actionFor(of.actions, "revoke")}
            label={`Revoke ${number}`}
            topics={topics}
            asksReason
            isDangerous
            act={(words) =>
              ask(api.POST("/api/v1/elevations/{elevation}/revoke", { params, body: { words } }))
            }
          />
          <ActionButton
            action={actionFor(of.actions, "give-up")}
            label={`Give up ${number}`}
            topics={topics}
            act={() =>
              ask(api.POST("/api/v1/elevations/{elevation}/give-up", { params, body: {} }))
            }
          />
        </Group>
      )}
    </li>
  );
}

function Ask(props: {
  readonly change: Change;
  readonly topics: readonly string[];
  readonly onClose: () => void;
}) {
  const { change, topics, onClose } = props;
  const [minutes, setMinutes] = useState<number | string>(60);
  const [reason, setReason] = useState("");
  const deed = useDeed(
    (body: { readonly minutes: number; readonly reason: string }) =>
      ask(
        api.POST("/api/v1/changes/{change}/elevations", {
          params: { path: { change: change.number } },
          body,
        }),
      ),
    topics,
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        deed.mutate({ minutes: Number(minutes), reason: reason.trim() }, { onSuccess: onClose });
      }}
    >
      <NumberInput
        label="Minutes"
        description="5 to 480"
        value={minutes}
        onChange={setMinutes}
        required
        mb="sm"
      />
      <Textarea
        label="Why"
        description="Ten characters or more; kept in the ledger."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        mb="sm"
      />
      <FormEnd deed={deed} label="Ask" onClose={onClose} />
    </form>
  );
}
