import { Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import styles from "./exposures.module.css";

type Intervals = Reply<"/api/v1/exposure-intervals">;
type Item = Intervals["items"][number];

const SHOWN_MAX = 25;

/** From when to when hosts were exposed to a vulnerability, or one host to each, as lines in time. */
export function Exposures(props: { readonly vulnerability: string } | { readonly host: string }) {
  const about = "host" in props ? { host: props.host } : { vulnerability: props.vulnerability };
  const intervals = useAnswer({
    key: ["exposure-intervals", about],
    topics: ["findings", "hosts"],
    load: (signal) => {
      const query = { ...about, limit: SHOWN_MAX };
      return ask(api.GET("/api/v1/exposure-intervals", { params: { query }, signal }));
    },
  });
  return (
    <Answered of={intervals} what="from when to when it was exposed">
      {(answer) => <Lines of={answer} isHost={"host" in props} />}
    </Answered>
  );
}

function Lines({ of, isHost }: { readonly of: Intervals; readonly isHost: boolean }) {
  const items = of.items.filter(({ intervals }) => intervals.length > 0);
  const starts = items.flatMap(({ intervals }) => intervals.map(({ from }) => Date.parse(from)));
  const now = Date.parse(of.asOf);
  const first = Math.min(now - 1, ...starts);
  return (
    <>
      <Text size="sm" mb="xs">
        {of.sentence}
      </Text>
      <ul className={styles["lines"]}>
        {items.map((item) => (
          <li key={`${item.host.id} ${item.vulnerability}`}>
            <Go href={isHost ? item.href : item.host.href}>
              {isHost ? item.vulnerability : item.host.name}
            </Go>
            <Bar of={item} first={first} now={now} />
            <Last of={item} />
          </li>
        ))}
      </ul>
      {of.next !== null && (
        <Text size="sm" c="dimmed" mt="xs">
          {SHOWN_MAX} of {of.total.toLocaleString("en")} are shown;{" "}
          <code>fettle finding history</code> lists all.
        </Text>
      )}
    </>
  );
}

function Bar(props: { readonly of: Item; readonly first: number; readonly now: number }) {
  const { first, now } = props;
  const share = (at: number): number => (100 * (at - first)) / (now - first);
  return (
    <span className={styles["bar"]} aria-hidden="true">
      {props.of.intervals.map(({ from, to, tone, label }) => {
        const left = share(Date.parse(from));
        const width = share(to === null ? now : Date.parse(to)) - left;
        return (
          <span
            key={from}
            title={`${clock(from)} to ${to === null ? "now" : clock(to)}: ${label}`}
            style={{
              left: `${left}%`,
              width: `max(3px, ${width}%)`,
              background: `var(--${tone})`,
            }}
          />
        );
      })}
    </span>
  );
}

function Last({ of }: { readonly of: Item }) {
  const last = of.intervals.at(-1);
  if (last === undefined) return null;
  const end = last.to === null ? "now" : clock(last.to);
  return (
    <span className={styles["last"]}>
      <Mark tone={last.tone as "bad"}>{last.label}</Mark>{" "}
      <span className="dim">
        {clock(last.from)} to {end}, {last.days} days
      </span>
    </span>
  );
}

function clock(text: string): string {
  return text.slice(0, 10);
}
