import { NativeSelect, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

type Sheet = Reply<"/api/v1/patches/{patch}/pace">;
type Choice = Sheet["decisions"][number]["choice"];

const choiceLabels: Readonly<Record<Choice, string>> = {
  now: "Go now",
  "next-release": "With the next release",
  wait: "Wait",
};

/** Speed versus stability: what waiting exposes beside what the change may break. */
export function PatchPace({ patch }: { readonly patch: PatchReply["patch"] }) {
  const params = { path: { patch: patch.ref } };
  const sheet = useAnswer({
    key: ["patch", patch.ref, "pace"],
    topics: ["patches", "hosts", "rollouts", "findings"],
    load: (signal) => ask(api.GET("/api/v1/patches/{patch}/pace", { params, signal })),
  });
  return (
    <Answered of={sheet} what="both sides">
      {(shown) => (
        <div className={styles["split"]}>
          <Panel title="Waiting exposes">
            <Sentences of={shown.speed} />
          </Panel>
          <Panel title="The change may break">
            <Sentences of={shown.stability} />
          </Panel>
          <Panel title="Decided">
            <Decisions of={shown.decisions} />
          </Panel>
          <Decide patch={patch.ref} sheet={shown} />
        </div>
      )}
    </Answered>
  );
}

function Sentences({ of }: { readonly of: readonly string[] }) {
  return (
    <ul className={styles["dates"]}>
      {of.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

function Decisions({ of }: { readonly of: Sheet["decisions"] }) {
  if (of.length === 0) {
    return <div className="dim">Nobody decided between the two sides yet.</div>;
  }
  return (
    <ul className={styles["dates"]}>
      {of.map(({ at, by, choice, words, sheet }) => (
        <li key={at}>
          <strong>{choiceLabels[choice]}</strong>: {words}
          <Text size="xs" c="dimmed" component="div">
            <Person subject={by} />, <Instant at={at} />
          </Text>
          <details>
            <summary>Both sides as they were</summary>
            <Sentences of={sheet} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function Decide({ patch, sheet }: { readonly patch: string; readonly sheet: Sheet }) {
  const [isOpen, setOpen] = useState(false);
  const [draft, setDraft] = useState({ choice: "now" as Choice, words: "" });
  const action = actionFor(sheet.actions, "decide");
  const params = { path: { patch } };
  const deed = useDeed(
    () => ask(api.POST("/api/v1/patches/{patch}/pace", { params, body: draft })),
    ["patches"],
  );
  if (action === undefined) return null;
  if (!isOpen) {
    return (
      <div>
        <GuardedButton action={action} onClick={() => setOpen(true)}>
          Decide, and say why
        </GuardedButton>
      </div>
    );
  }
  return (
    <Panel title="Decide">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: () => setOpen(false) });
        }}
      >
        <Stack gap="sm">
          <NativeSelect
            size="xs"
            label="Choice"
            value={draft.choice}
            onChange={(event) =>
              setDraft({ ...draft, choice: event.currentTarget.value as Choice })
            }
            data={Object.entries(choiceLabels).map(([value, label]) => ({ value, label }))}
          />
          <Textarea
            size="xs"
            label="Why"
            description="Kept with both sides as they are now."
            required
            value={draft.words}
            onChange={(event) => setDraft({ ...draft, words: event.currentTarget.value })}
          />
          <FormEnd deed={deed} label="Decide" onClose={() => setOpen(false)} />
        </Stack>
      </form>
    </Panel>
  );
}
