import { memo, useCallback, useEffect, useRef } from "react";
import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import type { Reply } from "../app/api.ts";
import { wordFor } from "../app/words.ts";
import { ClockTime } from "../parts/instant.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Cells, Counts, isDrawn, Shares } from "./cells.tsx";
import { RunningCourse } from "./course.tsx";
import { DenseCells, type Runs } from "./dense-cells.tsx";
import { Gate, PolicyGate } from "./gate.tsx";
import { Gauge } from "./gauge.tsx";
import styles from "./rollout.module.css";
import { countsOf, type Rollout, type Standing, type Target, type Wave } from "./standing.tsx";
import { Detects, WaveLine } from "./wave-line.tsx";

export type PlannedWave = Reply<"/api/v1/plans/{plan}">["waves"][number];

/** What is drawn of the hosts of a wave: each by its name, where each stands, or only their counts. */
export type DrawnWave =
  | { readonly kind: "hosts"; readonly targets: readonly Target[] }
  | { readonly kind: "cells"; readonly runs: Runs };

interface PictureProps {
  readonly rollout: Rollout;
  /** By the wave's number; those that are not there are told in counts. */
  readonly drawn: ReadonlyMap<number, DrawnWave>;
  /** The waves as they were planned, by number. */
  readonly planned: ReadonlyMap<number, PlannedWave>;
  readonly onHost: (target: Pick<Target, "name">) => void;
  /** A host that has a place and no name here. */
  readonly onPlace: (wave: number, index: number) => void;
  readonly onCount: (wave: number, standing: Standing) => void;
}

/** The rollout in one picture: waves of hosts, gates with evidence, budgets, and why something waits. */
export function Picture(props: PictureProps) {
  const { rollout, drawn, planned } = props;
  // Waves in which nothing changed are not drawn anew, so what they are given stays the same.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const onHost = useCallback((target: Pick<Target, "name">) => latest.current.onHost(target), []);
  const onPlace = useCallback((wave: number, at: number) => latest.current.onPlace(wave, at), []);
  const onCount = useCallback(
    (wave: number, standing: Standing) => latest.current.onCount(wave, standing),
    [],
  );
  return (
    <div className={styles["picture"]}>
      {rollout.waves.map((wave) => (
        <WaveOf
          key={wave.number}
          wave={wave}
          rollout={rollout.id}
          drawn={drawn.get(wave.number)}
          plan={planned.get(wave.number)}
          {...{ onHost, onPlace, onCount }}
        />
      ))}
      <Afterwards rollout={rollout} />
    </div>
  );
}

/** What goes on being judged after the last wave; nothing where the policy asks for nothing. */
function Afterwards({ rollout }: { readonly rollout: Rollout }) {
  const { stabilisation: of } = rollout;
  if (of === null) return null;
  return (
    <section aria-label="After the last wave">
      <span className="dim">
        stabilises{" "}
        {of.until === null ? (
          `for ${durationToText(of.seconds * SECOND_MS)} after the last wave`
        ) : (
          <>
            until <ClockTime at={of.until} isRelative />
          </>
        )}
      </span>
      {of.gates.map((gate) => (
        <PolicyGate key={gate.name} gate={gate} rollout={rollout.id} wave={0} />
      ))}
    </section>
  );
}

const WaveOf = memo(function WaveOf(props: {
  readonly wave: Wave;
  readonly rollout: string;
  readonly drawn: DrawnWave | undefined;
  readonly plan: PlannedWave | undefined;
  readonly onHost: PictureProps["onHost"];
  readonly onPlace: PictureProps["onPlace"];
  readonly onCount: PictureProps["onCount"];
}) {
  const { wave, rollout, drawn, plan, onHost, onPlace, onCount } = props;
  const { number } = wave;
  const counts = countsOf(wave.outcomes);
  const openPlace = useCallback((index: number) => onPlace(number, index), [onPlace, number]);
  return (
    <WaveLine
      number={number}
      ring={wave.ring}
      part={plan?.part ?? ""}
      state={stateOf(wave)}
      times={
        <span title="The approved time of this wave">
          <ClockTime at={wave.notBefore} /> – <ClockTime at={wave.notAfter} />
        </span>
      }
      hosts={
        <div className={styles["hosts"]}>
          {!isDrawn(wave) ? (
            <Shares counts={counts} />
          ) : drawn?.kind === "cells" ? (
            <DenseCells ring={wave.ring} runs={drawn.runs} onOpen={openPlace} />
          ) : (
            <Cells ring={wave.ring} targets={drawn?.targets ?? []} onOpen={onHost} />
          )}
          <Counts counts={counts} onOpen={(standing) => onCount(number, standing)} />
        </div>
      }
      facts={
        <>
          <Gate wave={wave} rollout={rollout} />
          <Gauge label="at once" used={wave.inFlight.busy} allowed={wave.inFlight.allowed} />
          <Staged of={wave.staging} />
          <Gauge label="failed" used={wave.failures.count} allowed={wave.failures.allowed} isRisk />
          {plan !== undefined && <Detects share={plan.detectsFailureRate} />}
        </>
      }
      notes={
        <>
          <RunningCourse
            now={wave.forecast}
            atStart={wave.forecastAtStart}
            passedAt={wave.passedAt}
          />
          <Holds wave={wave} />
        </>
      }
    />
  );
});

/** What the wave waits for; a wave that does not wait keeps no room for it. */
function Holds({ wave }: { readonly wave: Wave }) {
  if (wave.holds.length === 0) return null;
  return (
    <ul className={styles["holds"]}>
      {wave.holds.map((hold) => (
        <li key={hold.why}>
          <Sentence text={hold.text} />
        </li>
      ))}
    </ul>
  );
}

/** A wave whose gate has passed reads so, also while late hosts of it are still tried. */
function stateOf(wave: Wave) {
  return wordFor("wave", wave.passedAt === null ? wave.state : "passed");
}

/** Hosts that have the files of their job already; nothing where none is asked to. */
function Staged({ of }: { readonly of: Rollout["waves"][number]["staging"] }) {
  if (of === null) return null;
  const { staged, refused, waiting } = of;
  const all = staged + refused + waiting;
  return (
    <span title="Hosts that have the files of their job before the wave opens">
      files on {staged} of {all}
      {refused > 0 && `, ${refused} refused`}
    </span>
  );
}
