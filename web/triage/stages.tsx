import { patchStages, patchWord, type Tone, wordFor } from "../app/words.ts";
import { Mark, Shape, StateWord } from "../parts/mark.tsx";
import styles from "./triage.module.css";

/** Stages behind are good, the present one as the case is, the rest is not known yet. */
function toneAt(at: number, state: string): Tone {
  const word = patchWord(state);
  if (word === undefined) return "unknown";
  if (at < word.stagesBehind) return "good";
  return at === word.stagesBehind ? word.tone : "unknown";
}

export function stageWord(state: string): string {
  return wordFor("patch", state).label;
}

/** The stage in the width of a list's cell: shapes for the way, a word for where it is. */
export function StageLine({ state }: { readonly state: string }) {
  const word = stageWord(state);
  return (
    <span title={word}>
      <span className={styles["stages"]} aria-hidden="true">
        {patchStages().map((stage, at) => (
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
  const stages = patchStages();
  const current = patchWord(state)?.stagesBehind ?? 0;
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
          <StateWord group="patch" name={state} />
        </li>
      )}
    </ol>
  );
}
