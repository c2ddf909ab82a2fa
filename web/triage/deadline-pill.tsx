import type { Tone } from "../app/words.ts";
import { Instant } from "../parts/instant.tsx";
import { Shape } from "../parts/mark.tsx";
import styles from "./triage.module.css";

const SOON_MS = 3 * 86_400_000;

/** When the case is due; without a date it is done with the next upgrade. */
export function DeadlinePill(props: {
  readonly at: string | null;
  /** The case is over: its deadline presses nobody. */
  readonly isOver?: boolean;
  /** What stands where no date is, such as that the clock stands. */
  readonly undated?: string;
  /** Why the date is a later one; it was agreed that it may wait until then. */
  readonly excepted?: string | null;
}) {
  const { at, isOver, undated = "next upgrade", excepted = null } = props;
  if (at === null) return <span className="dim">{undated}</span>;
  const left = Date.parse(at) - Date.now();
  const tone: Tone =
    isOver === true ? "unknown" : left < 0 ? "bad" : left < SOON_MS ? "attention" : "waiting";
  return (
    <span className={`${styles["pill"]} mark ${tone}`} title={excepted ?? undefined}>
      <Shape tone={tone} size={9} />
      <span>
        {left < 0 && isOver !== true ? "overdue, " : excepted === null ? "due " : "excepted, due "}
        <Instant at={at} />
      </span>
    </span>
  );
}
