import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import type { Reply } from "../app/api.ts";
import { wordFor } from "../app/words.ts";
import { ClockTime } from "../parts/instant.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { CELLS_MAX, Cells, Counts, Shares } from "./cells.tsx";
import { RunningCourse } from "./course.tsx";
import { Gate, PolicyGate } from "./gate.tsx";
import { Gauge } from "./gauge.tsx";
import styles from "./rollout.module.css";
import { countsOf, type Rollout, type Standing, type Target, type Wave } from "./standing.tsx";
import { Detects, WaveLine } from "./wave-line.tsx";

export type PlannedWave = Reply<"/api/v1/plans/{plan}">["waves"][number];

interface PictureProps {
  readonly rollout: Rollout;
  /** Hosts of the waves that are small enough to draw; null while they come. */
  readonly targets: readonly Target[] | null;
  /** The waves as they were planned, by number. */
  readonly planned: ReadonlyMap<number, PlannedWave>;
  readonly onHost: (target: Pick<Target, "name">) => void;
  readonly onCount: (wave: number, standing: Standing) => void;
}

/** The rollout in one picture: waves of hosts, gates with evidence, budgets, and why something waits. */
export function Picture(props: PictureProps) {
  return (
    <div className={styles["picture"]}>
      {props.rollout.waves.map((wave) => (
        <WaveOf key={wave.number} wave={wave} {...props} />
      ))}
      <Afterwards rollout={props.rollout} />
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

function WaveOf({
  rollout,
  wave,
  targets,
  planned,
  onHost,
  onCount,
}: PictureProps & { wave: Wave }) {
  const own = targets?.filter((target) => target.wave === wave.number) ?? [];
  const counts = countsOf(wave.outcomes);
  const plan = planned.get(wave.number);
  return (
    <WaveLine
      number={wave.number}
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
          {isDrawn(wave) ? (
            <Cells ring={wave.ring} targets={own} onOpen={onHost} />
          ) : (
            <Shares counts={counts} />
          )}
          <Counts counts={counts} onOpen={(standing) => onCount(wave.number, standing)} />
        </div>
      }
      facts={
        <>
          <Gate wave={wave} rollout={rollout.id} />
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
}

export function isDrawn(wave: Wave): boolean {
  return wave.outcomes.hosts <= CELLS_MAX;
}

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
