import { Group, Stack, Text } from "@mantine/core";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { type Action, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./feed-sources.module.css";

type Listed = Reply<"/api/v1/feed-sources">;
type Source = Listed["items"][number];
const TOPICS = ["feeds"];

/** Where feeds come from: how each source is, against its limit, and what to do about it. */
export function FeedSources() {
  const sources = useAnswer({
    key: ["feed-sources"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/feed-sources", { signal })),
  });
  return (
    <Answered of={sources} what="sources of feeds">
      {({ items, kinds }) => <SourceLists items={items} kinds={kinds} />}
    </Answered>
  );
}

function SourceLists({ items, kinds }: Listed) {
  const asked = items.filter((item) => item.state !== "off");
  const rest = items.filter((item) => item.state === "off");
  return (
    <Panel title="Where feeds come from">
      <ul className={styles["list"]}>
        {asked.map((source) => (
          <SourceRow key={source.name} source={source} />
        ))}
      </ul>
      <details>
        <summary>{rest.length} sources that are not asked, and more that can be added</summary>
        <ul className={styles["list"]}>
          {rest.map((source) => (
            <SourceRow key={source.name} source={source} />
          ))}
        </ul>
        <MoreKinds kinds={kinds} />
      </details>
    </Panel>
  );
}

function SourceRow({ source }: { readonly source: Source }) {
  return (
    <li className={styles["row"]}>
      <Group justify="space-between" align="start" gap="xs">
        <div>
          <b className="mono">{source.name}</b>{" "}
          <Mark tone={source.tone} reason={source.why}>
            {source.label}
          </Mark>
          <Text size="sm" c="dimmed">
            {source.title}. <Sentence text={source.why} />
          </Text>
        </div>
        <SourceButtons source={source} />
      </Group>
      {source.alarm !== null && (
        <Alarm alarm={source.alarm} lost={source.lost} tone={source.tone} />
      )}
      {source.state !== "off" && <SourceFacts source={source} />}
    </li>
  );
}

function Alarm(props: {
  readonly alarm: NonNullable<Source["alarm"]>;
  readonly lost: Source["lost"];
  readonly tone: Source["tone"];
}) {
  const { what, since, todo } = props.alarm;
  return (
    <Text size="sm" my={4} component="div" className={styles["said"] ?? ""}>
      <Mark tone={props.tone}>
        {since !== null && (
          <>
            Since <Instant at={since} />:{" "}
          </>
        )}
        {what}
      </Mark>
      {props.lost !== null && (
        <div>
          <Sentence text={props.lost.sentence} />
        </div>
      )}
      <div>
        <Sentence text={todo} />
      </div>
    </Text>
  );
}

/** One line: many sources are read at a glance. */
function SourceFacts({ source }: { readonly source: Source }) {
  return (
    <Text size="sm" component="div" className={styles["said"] ?? ""}>
      Last good <Instant at={source.lastGoodAt} /> (limit {source.limit});{" "}
      {source.entryCount.toLocaleString("en")} entries;{" "}
      {source.nextCheckAt === null ? (
        "not asked by itself"
      ) : (
        <>
          asked next <Instant at={source.nextCheckAt} />
        </>
      )}
      {source.hasOwnUrls && `; at ${source.urls.join(", then ")}`}
    </Text>
  );
}

const choices: Readonly<Record<string, "on" | "off">> = { enable: "on", disable: "off" };

function SourceButtons({ source }: { readonly source: Source }) {
  const { name, actions } = source;
  const choose = useDeed(
    (choice: "on" | "off") =>
      ask(api.POST("/api/v1/feed-sources", { body: { source: name, choice }, headers: onceKey() })),
    TOPICS,
  );
  const refresh = useDeed(
    () =>
      ask(
        api.POST("/api/v1/feed-sources/refresh", {
          body: { sources: [name] },
          headers: onceKey(),
        }),
      ),
    [...TOPICS, "findings"],
  );
  const act = (action: Action) => {
    const choice = choices[action.verb];
    if (choice === undefined) refresh.mutate(undefined);
    else choose.mutate(choice);
  };
  return (
    <Stack gap={4} align="end">
      <Group gap={6}>
        {["refresh", "enable", "disable"].map((verb) => {
          const action = actionFor(actions, verb);
          if (action === undefined || (verb === "refresh" && source.state === "off")) return null;
          return (
            <GuardedButton
              key={verb}
              action={action}
              aria-label={`${action.label}: ${name}`}
              loading={verb === "refresh" ? refresh.isPending : choose.isPending}
              onClick={() => act(action)}
            >
              {action.label}
            </GuardedButton>
          );
        })}
      </Group>
      {refresh.data?.items.map((item) => (
        <Text key={item.feed} size="sm" aria-live="polite">
          {item.feed}: {item.kind}. {item.message}
        </Text>
      ))}
      {choose.isError && <Problem cause={choose.error} />}
      {refresh.isError && <Problem cause={refresh.error} />}
    </Stack>
  );
}

function MoreKinds({ kinds }: Pick<Listed, "kinds">) {
  return (
    <Stack gap={4} mt="sm">
      <Text size="sm">Sources with a name of their own are added on the command line:</Text>
      {kinds
        .filter((kind) => kind.parameter !== null)
        .map((kind) => (
          <Text key={kind.kind} size="sm" component="div">
            <Command text={`./fettle feed add ${kind.kind}:NAME`} /> {kind.title}: NAME is the{" "}
            {kind.parameter?.what}.
          </Text>
        ))}
    </Stack>
  );
}
