import { type ReactNode, useId } from "react";
import type { Tone } from "../app/words.ts";
import { Mark } from "./mark.tsx";
import styles from "./timeline.module.css";

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  readonly tone: Tone;
  /** What kind of thing it was: "looked at", "refused". */
  readonly word: string;
  readonly what: ReactNode;
  /** More of it, shown on demand. */
  readonly details?: readonly string[];
}

/** What happened, in the order given, under the days on which it did. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const days = Map.groupBy(entries, (entry) => new Date(entry.at).toDateString());
  return [...days].map(([day, ofDay]) => <Day key={day} day={day} entries={ofDay} />);
}

function Day(props: { readonly day: string; readonly entries: readonly TimelineEntry[] }) {
  const id = useId();
  const title = new Date(props.day).toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={styles["day"]}>
        {title}
      </h2>
      {props.entries.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </section>
  );
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const { at, tone, word, what, details = [] } = entry;
  const clock = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return (
    <div className={styles["entry"]}>
      <time className="dim" dateTime={at} title={at}>
        {clock}
      </time>
      <Mark tone={tone}>{word}</Mark>
      <div className={styles["what"]}>
        {what}
        {details.length > 0 && (
          <details style={{ marginTop: 2 }}>
            <summary className="dim">
              {details.length === 1 ? "1 line more" : `${details.length} lines more`}
            </summary>
            {details.map((line, line_at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same.
              <div key={line_at} className="dim" style={{ fontSize: 13 }}>
                {line}
              </div>
            ))}
          </details>
        )}
      </div>
    </div>
  );
}
