import { Group, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { choicesOf } from "../app/words.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { problemText } from "../parts/problem.tsx";
import { CancelDeferral, DEFERRAL_TOPICS, type Deferral } from "./deferrals.tsx";
import { useExceptions } from "./exceptions.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

type Patch = PatchReply["patch"];

/** What was decided about leaving it open: exceptions, deferrals, and how to ask for either. */
export function PatchOpen({ patch }: { readonly patch: Patch }) {
  const [isPutting, setPutting] = useState(false);
  const go = useGo();
  const exceptions = useExceptions({ patch: patch.ref });
  const deferrals = useAnswer({
    key: ["deferrals", "patch", patch.ref],
    topics: DEFERRAL_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/deferrals", { params: { query: { patch: patch.ref } }, signal })),
  });
  const request = actionFor(exceptions.data?.actions ?? [], "request");
  const defer = actionFor(deferrals.data?.actions ?? [], "defer");
  const { ecosystem, source } = patch.target;
  const asking = new URLSearchParams({ ask: "yes", patch: patch.ref, source, ecosystem });
  return (
    <Stack gap="md">
      <Group>
        {request !== undefined && (
          <GuardedButton action={request} onClick={() => go(`/exceptions?${asking}`)}>
            {request.label}
          </GuardedButton>
        )}
        {defer !== undefined && !isPutting && (
          <GuardedButton action={defer} onClick={() => setPutting(true)}>
            {defer.label}
          </GuardedButton>
        )}
      </Group>
      {isPutting && <PutOff patch={patch} onClose={() => setPutting(false)} />}
      {patch.excepted !== null && (
        <Text size="sm" component="div">
          <Mark tone="attention">{patch.excepted.isExcepted ? "Excepted" : "Partly excepted"}</Mark>{" "}
          {patch.excepted.sentence}
        </Text>
      )}
      <Answered of={exceptions} what="exceptions">
        {({ items }) => (
          <>
            {items.map((one) => (
              <Text key={one.id} size="sm" component="div">
                <Go href={one.href}>{one.ref}</Go>{" "}
                <StateWord group="exception" name={one.state} reason={one.closedReason} />{" "}
                {one.title}, until <Instant at={one.until} />, {one.owner} answers for it
              </Text>
            ))}
          </>
        )}
      </Answered>
      <Answered of={deferrals} what="deferrals">
        {({ items }) => (
          <>
            {items.map((one) => (
              <OneDeferral key={one.id} deferral={one} />
            ))}
            {items.length === 0 && (exceptions.data?.items.length ?? 0) === 0 && (
              <Empty title="Nobody decided to leave it open">
                An exception moves the date that counts, with somebody else's approval; a deferral
                only says that it waits, why, and what that costs.
              </Empty>
            )}
          </>
        )}
      </Answered>
    </Stack>
  );
}

function OneDeferral({ deferral }: { readonly deferral: Deferral }) {
  return (
    <Panel title={`${deferral.ref}  ${deferral.reasonLabel}`}>
      <Text size="sm" component="div">
        <StateWord group="deferral" name={deferral.state} reason={deferral.closedReason} /> until{" "}
        <Instant at={deferral.until} />. {deferral.owner} answers for it: {deferral.reason}
      </Text>
      <ul style={{ margin: "6px 0 10px", paddingLeft: 18, fontSize: 13.5 }}>
        {deferral.cost.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <CancelDeferral deferral={deferral} />
    </Panel>
  );
}

const blank = { reasonClass: "compliance-hold", reason: "", owner: "", until: "" };

/** What waiting costs is told before it can be accepted. */
function PutOff({ patch, onClose }: { readonly patch: Patch; readonly onClose: () => void }) {
  const [draft, setDraft] = useState(blank);
  const change = (part: Partial<typeof blank>) => setDraft({ ...draft, ...part });
  const until = draft.until === "" ? "" : new Date(draft.until).toISOString();
  const what = { patch: patch.ref, until };
  const cost = useAnswer({
    key: ["deferrals", "preview", what],
    topics: ["findings"],
    isOff: until === "",
    load: (signal) => ask(api.POST("/api/v1/deferrals/preview", { body: what, signal })),
  });
  const deed = useDeed(
    () =>
      ask(
        api.POST("/api/v1/deferrals", {
          body: {
            ...what,
            reasonClass: draft.reasonClass as "other",
            reason: draft.reason,
            owner: draft.owner,
          },
        }),
      ),
    DEFERRAL_TOPICS,
  );
  const refusal = cost.isError ? problemText(cost.error) : cost.data?.refusal;
  return (
    <Panel title="Put it off">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          deed.mutate(undefined, { onSuccess: onClose });
        }}
      >
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput
              label="Until"
              type="date"
              value={draft.until}
              onChange={(event) => change({ until: event.currentTarget.value })}
              required
              data-autofocus
            />
            <NativeSelect
              size="xs"
              label="Because"
              data={[...choicesOf("deferralReason")]}
              value={draft.reasonClass}
              onChange={(event) => change({ reasonClass: event.currentTarget.value })}
            />
            <TextInput
              label="Owner"
              value={draft.owner}
              onChange={(event) => change({ owner: event.currentTarget.value })}
              required
            />
          </Group>
          <Textarea
            label="Reason"
            size="xs"
            autosize
            minRows={2}
            value={draft.reason}
            onChange={(event) => change({ reason: event.currentTarget.value })}
            required
          />
          {cost.data !== undefined && (
            <Text size="sm" component="div" role="status">
              <b>What it costs</b>
              <ul style={{ margin: "4px 0 0", paddingLeft: 18 }}>
                {cost.data.cost.sentences.map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            </Text>
          )}
          {refusal != null && (
            <Text size="sm" component="div">
              <Mark tone="attention">Not like this.</Mark> {refusal}
            </Text>
          )}
          <FormEnd
            deed={deed}
            label="Put it off"
            isBlocked={cost.data === undefined || refusal != null}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Panel>
  );
}
