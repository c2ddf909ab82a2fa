import { Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { SESSION_TOPICS, type Session } from "./session-reply.ts";

type Item = Session["items"][number];

/** Puts an update off for a while, as the votes allow: until when, by whose word, and why. */
export function DeferButton({ session, item }: { readonly session: Session; readonly item: Item }) {
  const [isOpen, setOpen] = useState(false);
  const action = actionFor(item.actions, "defer");
  if (action === undefined) return null;
  return (
    <>
      <GuardedButton action={action} onClick={() => setOpen(true)}>
        {action.label ?? "Put off"}
      </GuardedButton>
      {isOpen && <DeferForm session={session} item={item} onClose={() => setOpen(false)} />}
    </>
  );
}

function DeferForm(props: {
  readonly session: Session;
  readonly item: Item;
  readonly onClose: () => void;
}) {
  const { session, item, onClose } = props;
  const [draft, setDraft] = useState({ until: "", owner: "", words: "" });
  const change = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const params = { path: { session: session.ref } };
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/triage-sessions/{session}/outcomes", {
          params,
          body: {
            ...{ place: item.place, doing: "defer", words: draft.words, owner: draft.owner },
            until: new Date(draft.until).toISOString(),
          },
        }),
      ),
    [...SESSION_TOPICS, "deferrals"],
  );
  return (
    <Modal opened onClose={onClose} title={`Put ${item.source} off`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            As most voted: {item.tally.text}. Its findings keep their dates; what waiting costs is
            told with the deferral.
          </Text>
          <TextInput
            label="Until"
            type="date"
            required
            value={draft.until}
            onChange={(event) => change({ until: event.currentTarget.value })}
          />
          <TextInput
            label="Who answers for it"
            description="The handle of a person."
            required
            value={draft.owner}
            onChange={(event) => change({ owner: event.currentTarget.value })}
          />
          <Textarea
            label="Why"
            required
            minLength={10}
            value={draft.words}
            onChange={(event) => change({ words: event.currentTarget.value })}
          />
          <FormEnd deed={deed} label="Put off" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
