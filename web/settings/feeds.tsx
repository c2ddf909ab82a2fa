import { FileButton, Group, Stack, Text } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { type Action, GuardedButton, Refusals } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./feed-sources.module.css";
import { FeedSources } from "./feed-sources.tsx";

type Feed = Reply<"/api/v1/feeds">["items"][number];
const TOPICS = ["feeds"];

/** What is known of vulnerabilities, from whom, and how old it is. */
export function FeedsPart() {
  const feeds = useAnswer({
    key: ["feeds"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/feeds", { signal })),
  });
  return (
    <Answered of={feeds} what="feeds">
      {({ items, actions }) => (
        <Stack gap="sm">
          <LoadFeeds actions={actions} />
          {items.length === 0 && (
            <Empty title="No feed is loaded" command="./fettle feed refresh">
              Without feeds nothing can be known of vulnerabilities: everything reads as unknown.
            </Empty>
          )}
          <FeedSources />
          {items.map((feed) => (
            <FeedPanel key={feed.name} feed={feed} />
          ))}
        </Stack>
      )}
    </Answered>
  );
}

function LoadFeeds({ actions }: { readonly actions: readonly Action[] }) {
  const load = useDeed(
    (file: File | null) =>
      file === null
        ? ask(api.POST("/api/v1/feeds/load", { body: { network: true }, headers: onceKey() }))
        : ask(
            api.POST("/api/v1/feeds/load", {
              body: file as never,
              bodySerializer: (body) => body as never,
              headers: { ...onceKey(), "content-type": "application/octet-stream" },
            }),
          ),
    [...TOPICS, "findings"],
  );
  return (
    <Stack gap={6}>
      <Group>
        {actions.map((action) => (
          <LoadButton
            key={action.verb}
            action={action}
            isBusy={load.isPending}
            load={(file) => load.mutate(file)}
          />
        ))}
        <Text size="xs" c="dimmed">
          The last good generation stays in force until a new one is complete and passes its checks.
        </Text>
      </Group>
      <Refusals of={actions} />
      {load.isError && <Problem cause={load.error} />}
      {load.data !== undefined && (
        <Stack gap={4} mt="sm" aria-live="polite" className={styles["said"] ?? ""}>
          {load.data.items.map((item) => (
            <Mark
              key={item.feed}
              tone={item.kind === "refused" || item.kind === "unavailable" ? "bad" : "good"}
            >
              <b>{item.feed}</b>: {item.message}
            </Mark>
          ))}
        </Stack>
      )}
    </Stack>
  );
}

/** Asks the publishers, or takes a file of the reader's: the one for whom the network is closed. */
function LoadButton(props: {
  readonly action: Action;
  readonly isBusy: boolean;
  readonly load: (file: File | null) => void;
}) {
  const { action, isBusy, load } = props;
  if (action.verb !== "load") {
    return (
      <GuardedButton action={action} variant="filled" loading={isBusy} onClick={() => load(null)}>
        {action.label}
      </GuardedButton>
    );
  }
  return (
    <FileButton onChange={(file) => file !== null && load(file)}>
      {({ onClick }) => (
        <GuardedButton action={action} loading={isBusy} onClick={onClick}>
          {action.label}
        </GuardedButton>
      )}
    </FileButton>
  );
}

function FeedPanel({ feed }: { readonly feed: Feed }) {
  return (
    <Panel title={feed.name}>
      <StateWord group="feed" name={feed.state} />
      <Text size="sm" my={6}>
        <Sentence text={feed.why} />
      </Text>
      {feed.failure !== null && (
        <Text size="sm" mb={6} component="div" className={styles["said"] ?? ""}>
          <Mark tone="bad">
            <Instant at={feed.failedAt} />: {feed.failure}
          </Mark>
        </Text>
      )}
      <Facts
        of={[
          ...(feed.label === "" ? [] : [["What it is", feed.label] as const]),
          ["State as of", <Instant key="asOf" at={feed.asOf} />],
          ["Confirmed", <Instant key="confirmed" at={feed.confirmedAt} />],
          ["Entries", feed.entryCount.toLocaleString("en")],
          [
            "Covers",
            feed.ecosystems.length === 0 ? "all" : feed.ecosystems.map(releaseName).join(", "),
          ],
          ["Licence", feed.licence],
        ]}
      />
      {feed.problemCount > 0 && (
        <details style={{ marginTop: 8 }}>
          <summary>
            {feed.problemCount} records could not be read and were left out; the rest is in force
          </summary>
          <ul>
            {feed.problems.map((problem) => (
              <li key={`${problem.place} ${problem.reason}`}>
                <span className="mono">{problem.place}</span>: {problem.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}
