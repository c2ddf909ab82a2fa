import type { ReactNode } from "react";
import type { Search } from "../app/search-state.ts";
import type { Tone } from "../app/words.ts";
import { FilterChoice } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { ringName } from "../parts/ring-name.ts";
import styles from "./rollout.module.css";

/** One wave of the picture: the same rows before, during and after, so that nothing jumps. */
export function WaveLine(props: {
  readonly number: number;
  readonly ring: string;
  /** Which hosts of the ring, where it comes in several waves; else empty. */
  readonly part: string;
  readonly state: { readonly tone: Tone; readonly label: string };
  /** When it may work. */
  readonly times?: ReactNode;
  readonly hosts: ReactNode;
  readonly facts: ReactNode;
  readonly notes?: ReactNode;
}) {
  const { number, ring, part, state, times, hosts, facts, notes } = props;
  return (
    <section
      className={styles["wave"]}
      aria-label={`Wave ${number}, ${ringName(ring)}`}
      data-wave={number}
    >
      <div className={styles["waveName"]}>
        <h2>
          {ringName(ring)}
          {part !== "" && `: ${part}`}
        </h2>
        <Mark tone={state.tone}>{state.label}</Mark>
        {times !== undefined && <div className={styles["times"]}>{times}</div>}
      </div>
      <div className={styles["waveBody"]}>
        {hosts}
        <div className={styles["facts"]}>{facts}</div>
        {notes}
      </div>
    </section>
  );
}

/** The smallest share of failing hosts at which a wave of this size is stopped with 95 % probability. */
export function Detects({ share }: { readonly share: number }) {
  return (
    <span
      className={styles["detects"]}
      title="A fault that hits at least this share of hosts stops this wave with 95 % probability."
    >
      detects ≥ {Math.round(share * 100)} %
    </span>
  );
}

/** The waves of a plan or rollout, by their rings. */
export function WaveChoice(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
  readonly waves: readonly { readonly number: number; readonly ring: string }[];
}) {
  const { search, set, waves } = props;
  const choices = waves.map((wave) => ({
    value: String(wave.number),
    label: ringName(wave.ring),
  }));
  return <FilterChoice search={search} set={set} name="wave" label="Wave" choices={choices} />;
}
