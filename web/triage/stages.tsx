import { Mark, Shape, type Tone } from "../parts/mark.tsx";
import styles from "./triage.module.css";

/** The way of a case, from what was published to what was verified. */
const stages = ["advisory", "case", "plan", "approval", "rollout", "verified"] as const;

/** Where a case of each state stands on that way, and how it goes there. */
const places: Readonly<Record<string, readonly [at: number, tone: Tone, word: string]>> = {
  triage: [2, "waiting", "waits for a plan"],
  planned: [3, "waiting", "waits for approval"],
  approved: [4, "waiting", "waits for its start"],
  rolling: [4, "running", "rolling out"],
  stopped: [4, "attention", "stopped"],
  observing: [5, "running", "observing"],
  closed: [6, "good", "closed"],
  dropped: [2, "unknown", "dropped"],
};

function toneAt(at: number, state: string): Tone {
  const [current, tone] = places[state] ?? [0, "unknown"];
  if (at < current) return "good";
  return at === current ? tone : "unknown";
}

export function stageWord(state: string): string {
  return places[state]?.[2] ?? state;
}

/** The stage in the width of a list's cell: shapes for the way, a word for where it is. */
export function StageLine({ state }: { readonly state: string }) {
  const word = stageWord(state);
  return (
    <span title={word}>
      <span className={styles["stages"]} aria-hidden="true">
        {stages.map((stage, at) => (
          <span key={stage} className={`${styles["stage"]} mark ${toneAt(at, state)}`}>
            <Shape tone={toneAt(at, state)} size={9} />
          </span>
        ))}
      </span>{" "}
      {word}
    </span>
  );
}

/** All stages by name, for the head of the case. */
export function Stages({ state }: { readonly state: string }) {
  const current = places[state]?.[0] ?? 0;
  return (
    <ol className={styles["wide"]} aria-label={`Stage: ${stageWord(state)}`}>
      {stages.map((stage, at) => (
        <li
          key={stage}
          className={`${styles["stage"]} ${at === current ? styles["current"] : ""}`}
          aria-current={at === current ? "step" : undefined}
        >
          <Mark tone={toneAt(at, state)}>
            {stage}
            {at === current && ` – ${stageWord(state)}`}
          </Mark>
        </li>
      ))}
      {current === stages.length && (
        <li className={`${styles["stage"]} ${styles["current"]}`}>
          <Mark tone="good">closed</Mark>
        </li>
      )}
    </ol>
  );
}
