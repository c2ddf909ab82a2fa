import { type KeyboardEvent, useState } from "react";
import { wordFor } from "../app/words.ts";
import { ringName } from "../parts/ring-name.ts";
import styles from "./rollout.module.css";
import { type Standing, StandingShape, type Target } from "./standing.tsx";

/** Above this many hosts a wave is drawn as counts. */
export const CELLS_MAX = 300;

export function isDrawn(wave: { readonly outcomes: { readonly hosts: number } }): boolean {
  return wave.outcomes.hosts <= CELLS_MAX;
}

/** What of a host is drawn. */
type Cell = Pick<Target, "host" | "name" | "standing" | "sentence">;

/** Hosts of a wave, one cell each in the order of the plan. Arrow keys move, Enter opens. */
export function Cells(props: {
  readonly ring: string;
  readonly targets: readonly Cell[];
  readonly onOpen: (target: Cell) => void;
}) {
  const { ring, targets, onOpen } = props;
  const [reached, setReached] = useState(0);
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(reached + step, 0), targets.length - 1);
    setReached(next);
    event.currentTarget.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div
      className={styles["cells"]}
      role="toolbar"
      aria-label={`Hosts of ${ringName(ring)}`}
      onKeyDown={move}
    >
      {targets.map((target, at) => (
        <button
          key={target.host}
          type="button"
          className={styles["cell"]}
          tabIndex={at === Math.min(reached, targets.length - 1) ? 0 : -1}
          onFocus={() => setReached(at)}
          onClick={() => onOpen(target)}
          aria-label={`${target.name}: ${wordFor("standing", target.standing).label}`}
          title={`${target.name} ${target.sentence}`}
        >
          <StandingShape standing={target.standing} />
        </button>
      ))}
    </div>
  );
}

/** The same wave as counts: each leads to the hosts that it counts. */
export function Counts(props: {
  readonly counts: readonly (readonly [Standing, number])[];
  readonly onOpen: (standing: Standing) => void;
}) {
  return (
    <div className={styles["counts"]}>
      {props.counts.map(([standing, count]) => (
        <button
          key={standing}
          type="button"
          className={styles["count"]}
          onClick={() => props.onOpen(standing)}
        >
          <StandingShape standing={standing} size={12} />
          {count.toLocaleString("en")} {wordFor("standing", standing).label}
        </button>
      ))}
    </div>
  );
}

/** Shares of a wave too large for cells, as one bar. */
export function Shares(props: { readonly counts: readonly (readonly [Standing, number])[] }) {
  return (
    <div className={styles["shares"]} aria-hidden="true">
      {props.counts.map(([standing, count]) => (
        <div key={standing} data-standing={standing} style={{ flexGrow: count }} />
      ))}
    </div>
  );
}
