import { Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import { ISSUE_TOPICS, type KnownIssue } from "./listed-issue.ts";
import styles from "./triage.module.css";
import { WriteKnownIssue } from "./write-known-issue.tsx";

type Shown = Reply<"/api/v1/known-issues/{issue}">;

export function KnownIssuePage() {
  const { issue: ref } = useParams({ strict: false }) as { readonly issue: string };
  const shown = useAnswer({
    key: ["known-issue", ref],
    topics: ISSUE_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/known-issues/{issue}", { params: { path: { issue: ref } }, signal })),
  });
  return (
    <>
      {shown.data === undefined && <PageHead title={ref} />}
      <Answered of={shown} what="the known issue">
        {(answer) => <ShownIssue shown={answer} />}
      </Answered>
    </>
  );
}

function ShownIssue({ shown: { issue, revisions } }: { readonly shown: Shown }) {
  const [isEditing, setEditing] = useState(false);
  const { text } = issue;
  const edit = actionFor(issue.actions, "edit");
  const isBehind = issue.state === "published" && issue.publishedRevision !== issue.revision;
  return (
    <>
      <PageHead
        title={`${issue.ref}  ${text.title}`}
        aside={<StateWord group="knownIssue" name={issue.state} />}
        sentence={`${text.subject} ${text.affected}. It will not be patched; this is how to live with it.`}
        actions={<Actions issue={issue} />}
      />
      {isBehind && (
        <Text size="sm" mb="md" component="div" role="status">
          <Mark tone="attention">Not published yet:</Mark> readers see revision{" "}
          {issue.publishedRevision}, the newest is {issue.revision}.
        </Text>
      )}
      {isEditing && <WriteKnownIssue issue={issue} onClose={() => setEditing(false)} />}
      {edit?.allowed === true && !isEditing && (
        <GuardedButton action={edit} mb="md" size="compact-sm" onClick={() => setEditing(true)}>
          {edit.label}
        </GuardedButton>
      )}
      <div className={styles["split"]}>
        <Panel title="How to live with it">
          <TextBlock label="The workaround as it was written" text={text.workaround} />
        </Panel>
        <Stack gap="md">
          <Panel title="About it">
            <Facts of={factsOf(issue)} />
          </Panel>
          {revisions.length > 1 && (
            <Panel title="Revisions">
              <ul style={{ margin: 0, paddingLeft: 18, fontSize: 13.5 }}>
                {revisions.map((one) => (
                  <li key={one.revision}>
                    {one.revision} by {one.writtenBy}, <Instant at={one.writtenAt} />
                    {one.revision === issue.publishedRevision && " (published)"}
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </Stack>
      </div>
    </>
  );
}

function Actions({ issue }: { readonly issue: KnownIssue }) {
  const params = { path: { issue: issue.ref } };
  return (
    <>
      <ActionButton
        action={actionFor(issue.actions, "publish")}
        label="Publish"
        isPrimary
        topics={ISSUE_TOPICS}
        confirm={`Revision ${issue.revision} is shown to ${issue.text.audience === "everybody" ? "everybody who may read known issues" : "operations"}.`}
        act={() => ask(api.POST("/api/v1/known-issues/{issue}/publish", { params }))}
      />
      <ActionButton
        action={actionFor(issue.actions, "withdraw")}
        label="Withdraw"
        topics={ISSUE_TOPICS}
        confirm="Readers do not see it any more; its revisions are kept."
        asksReason
        act={(reason) =>
          ask(api.POST("/api/v1/known-issues/{issue}/withdraw", { params, body: { reason } }))
        }
      />
    </>
  );
}

function factsOf({ text, publishedAt }: KnownIssue): Parameters<typeof Facts>[0]["of"] {
  return [
    ["Affects", text.subject],
    ["Versions", text.affected],
    ["For", text.audience],
    [
      "Vulnerabilities",
      text.vulnerabilities.length === 0
        ? "none named"
        : text.vulnerabilities.map((id, at) => (
            <span key={id}>
              {at > 0 && ", "}
              <Go href={`/vulnerabilities/${encodeURIComponent(id)}`}>{id}</Go>
            </span>
          )),
    ],
    ...(text.patch === null
      ? []
      : ([
          [
            "Case",
            <Go key="case" href={`/patches/${text.patch}`}>
              {text.patch}
            </Go>,
          ],
        ] as const)),
    ["Revision", `${text.revision} by ${text.writtenBy}`],
    ["Written", <Instant key="written" at={text.writtenAt} />],
    ["Published", <Instant key="published" at={publishedAt} />],
  ];
}
