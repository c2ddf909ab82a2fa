import { Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./triage.module.css";

const TOPICS = ["patches", "hosts", "plans", "rollouts"] as const;

type Item = Reply<"/api/v1/deadline-forecast">["items"][number];

/** Of every open case with a date, by its name; asked once for a whole list. */
export function useForecasts(): ReadonlyMap<string, Item> {
  const answer = useAnswer({
    key: ["deadline-forecast"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/deadline-forecast", { signal })),
  });
  return new Map((answer.data?.items ?? []).map((item) => [item.ref, item]));
}

export function ForecastMark({ item }: { readonly item: Item | undefined }) {
  if (item === undefined) return <span className="dim">no date</span>;
  return (
    <Mark
      tone={item.tone}
      reason={item.excepted === null ? item.sentence : `${item.excepted.sentence} ${item.sentence}`}
    >
      {item.label}
    </Mark>
  );
}

/** Which hosts of one case will miss its date, and why. */
export function CaseForecast({ patch }: { readonly patch: string }) {
  const answer = useAnswer({
    key: ["deadline-forecast", patch],
    topics: TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/deadline-forecast", { params: { query: { patch } }, signal })),
  });
  return (
    <Panel title="Who will miss it">
      <Answered of={answer} what="the forecast">
        {({ items: [item] }) =>
          item === undefined ? (
            <div className="dim">The case has no date that could be missed.</div>
          ) : (
            <>
              {item.excepted !== null && (
                <Text size="sm" mb="xs">
                  {item.excepted.sentence} Counted from <Instant at={item.at} />.
                </Text>
              )}
              <Groups item={item} />
            </>
          )
        }
      </Answered>
    </Panel>
  );
}

function Groups({ item }: { readonly item: Item }) {
  if (item.groups.length === 0) return <div>{item.sentence}</div>;
  return (
    <ul className={styles["dates"]}>
      {item.groups.map((group) => (
        <li key={`${group.sentence} ${group.names.join()}`}>
          <div>
            <Mark tone={group.tone}>
              {group.hosts === 1 ? "1 host" : `${group.hosts} hosts`}: {group.label}
            </Mark>
          </div>
          <div>
            {group.href === null ? group.sentence : <Go href={group.href}>{group.sentence}</Go>}
          </div>
          <Text size="xs" c="dimmed" component="div">
            {group.names.map((name, at) => (
              <span key={name}>
                {at > 0 && ", "}
                <Go href={`/hosts/${name}`}>{name}</Go>
              </span>
            ))}
            {group.hosts > group.names.length && `, and ${group.hosts - group.names.length} more`}
          </Text>
        </li>
      ))}
    </ul>
  );
}
