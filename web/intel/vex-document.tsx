import { Stack, Text } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { api, ask, type Reply } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor, Refusals } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import styles from "./support.module.css";
import { effectText, matchText, VEX_TOPICS, type VexDocument } from "./vex.tsx";

type Shown = Reply<"/api/v1/vex/{vex}">;
type Statement = Shown["statements"][number];

/** One VEX document: whose word, what it changes, and which of its statements are about nothing. */
export function VexDocumentPage() {
  const { vex } = useParams({ strict: false }) as { readonly vex: string };
  const shown = useAnswer({
    key: ["vex", vex],
    topics: VEX_TOPICS,
    load: (signal) => ask(api.GET("/api/v1/vex/{vex}", { params: { path: { vex } }, signal })),
  });
  return (
    <>
      {shown.data === undefined && <PageHead title={vex} />}
      <Answered of={shown} what="the document">
        {(answer) => <ShownDocument shown={answer} />}
      </Answered>
    </>
  );
}

function ShownDocument({ shown }: { readonly shown: Shown }) {
  const { document, statements } = shown;
  const unmatched = statements.filter((one) => !one.isMatched);
  const matched = statements.filter((one) => one.isMatched);
  return (
    <>
      <PageHead
        title={`${document.vex}  ${document.title}`}
        aside={<Mark tone={document.tone}>{document.label}</Mark>}
        sentence={
          <>
            {document.trustText} {document.state === "counts" && effectText(document)}{" "}
            {matchText(document)}
          </>
        }
        actions={<Buttons document={document} />}
      />
      {document.state !== "ended" && <Refusals of={document.actions} />}
      <Stack gap="md">
        <Panel title="The document">
          <Facts of={factsOf(document)} />
        </Panel>
        {unmatched.length > 0 && (
          <Panel title={`About no finding: ${plural(shown.unmatchedCount, "statement")}`}>
            <Statements of={unmatched} />
          </Panel>
        )}
        {matched.length > 0 && (
          <Panel title={`About findings now: ${plural(matched.length, "statement")}`}>
            <Statements of={matched} />
          </Panel>
        )}
        {shown.hasMore && (
          <Text size="sm" c="dimmed" mt="sm">
            Not all of its {plural(document.statementCount, "statement")} are shown;{" "}
            <code>./fettle vex show {document.vex} -o json</code> lists as many as these.
          </Text>
        )}
      </Stack>
    </>
  );
}

function Buttons({ document }: { readonly document: VexDocument }) {
  const go = useGo();
  if (document.state === "ended") return null;
  const params = { path: { vex: document.vex } };
  return (
    <>
      {document.state === "shown" && (
        <ActionButton
          action={actionFor(document.actions, "answer")}
          label="Answer for it"
          isPrimary
          topics={VEX_TOPICS}
          asksReason
          confirm="What it says sets findings aside from now on, in your name. Write what you checked."
          act={async (reason) => {
            const made = await ask(
              api.POST("/api/v1/vex/{vex}/answer", { params, body: { reason } }),
            );
            go(`/vex/${made.vex}`);
          }}
        />
      )}
      <ActionButton
        action={actionFor(document.actions, "remove")}
        label="Remove"
        topics={VEX_TOPICS}
        asksReason
        confirm="What it sets aside counts again, with the dates that it always had. Nothing is deleted."
        act={(reason) => ask(api.POST("/api/v1/vex/{vex}/remove", { params, body: { reason } }))}
      />
    </>
  );
}

function factsOf(document: VexDocument) {
  return [
    ["Author", document.author || "not named"],
    ["For which hosts", document.scope === "" ? "every host" : document.scope],
    ...(document.product === "" ? [] : [["What they are as a whole", document.product] as const]),
    ["Format", document.format],
    ["File", <code key="digest">{document.digest.slice(0, 16)}</code>],
    ["Loaded", <Instant key="loaded" at={document.loadedAt} />],
    ...(document.until === null
      ? []
      : [["Counts until", <Instant key="until" at={document.until} />] as const]),
    ...(document.endedAt === null
      ? []
      : [
          [
            "Ended",
            <span key="ended">
              <Instant at={document.endedAt} />: {document.endReason}
            </span>,
          ] as const,
        ]),
    ...document.problems.map((problem) => [`Not read: ${problem.place}`, problem.reason] as const),
  ] as const;
}

function Statements({ of }: { readonly of: readonly Statement[] }) {
  return of.map((one) => (
    <div key={`${one.vulnerability} ${one.products.join()}`} className={styles["entry"]}>
      <div>
        <b>
          <Go href={`/vulnerabilities/${encodeURIComponent(one.vulnerability)}`}>
            {one.vulnerability}
          </Go>
        </b>{" "}
        {one.status.replaceAll("-", " ")}
        <div>{one.justification === "" ? "It does not say why." : one.justification}</div>
        <div className="dim">
          {one.products.slice(0, 3).join(", ")}
          {one.products.length > 3 && ` and ${one.products.length - 3} more`}
          {one.saidAt !== null && `; ${one.author}, ${one.saidAt.slice(0, 10)}`}
        </div>
      </div>
      <div>{one.whyUnmatched ?? <Mark tone="good">fits a finding</Mark>}</div>
    </div>
  ));
}
