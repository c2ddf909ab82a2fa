import { Shape } from "../parts/mark.tsx";
import styles from "./support.module.css";
import { hasOwnLine } from "./support-dated.ts";
import type { SupportEntry } from "./support-register.ts";

const YEAR_DAYS = 365;
/** What ended longer ago, or ends later, stands at the edge. */
const PAST_DAYS = 2 * YEAR_DAYS;
const FUTURE_DAYS = 5 * YEAR_DAYS;
/** More lines than this push the list, which has all of them, out of sight. */
const LINES_MAX = 20;

/**
 * When the support of each release ends, and of each runtime with dates of its own, around today; the list below says
 * the same in words.
 */
export function SupportTimeline({ entries }: { readonly entries: readonly SupportEntry[] }) {
  const dated = entries.filter(hasOwnLine);
  if (dated.length === 0) return null;
  return (
    <section className={styles["timeline"]} aria-label="When support ends">
      {dated.slice(0, LINES_MAX).map((entry) => (
        <div
          key={`${entry.kind} ${entry.product} ${entry.cycle} ${entry.carrier}`}
          className={styles["line"]}
        >
          <span className={styles["name"]}>{entry.title}</span>
          <span className={styles["track"]}>
            <span className={styles["today"]} style={{ left: `${placeOf(0)}%` }} />
            <span
              className={`${styles["bar"]} ${entry.tone}`}
              style={{ left: 0, width: `${placeOf(entry.daysLeft ?? 0)}%` }}
            />
            <span
              className={`${styles["end"]} ${entry.tone}`}
              style={{ left: `${placeOf(entry.daysLeft ?? 0)}%` }}
            >
              <Shape tone={entry.tone} />
            </span>
          </span>
          <span className={styles["when"]}>{entry.endsAt?.slice(0, 10)}</span>
        </div>
      ))}
      <div className={styles["line"]} aria-hidden="true">
        <span className={styles["name"]} />
        <span className={styles["axis"]}>
          <span>2 years ago</span>
          <span style={{ left: `${placeOf(0)}%` }}>today</span>
          <span style={{ right: 0, left: "auto" }}>in 5 years</span>
        </span>
        <span className={styles["when"]} />
      </div>
      {dated.length > LINES_MAX && (
        <p className="dim">
          The first {LINES_MAX} of {dated.length} with dates of their own; all stand below.
        </p>
      )}
    </section>
  );
}

function placeOf(daysLeft: number): number {
  const days = Math.max(-PAST_DAYS, Math.min(FUTURE_DAYS, daysLeft));
  return (100 * (days + PAST_DAYS)) / (PAST_DAYS + FUTURE_DAYS);
}
