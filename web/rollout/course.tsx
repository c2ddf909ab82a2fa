import type { ReactNode } from "react";
import { ClockTime } from "../parts/instant.tsx";
import styles from "./rollout.module.css";

/** An instant of a forecast: as likely before as after the first, nine times in ten by the second. */
interface Likely {
  readonly median: string;
  readonly high: string;
}

interface Course {
  readonly startsAt: Likely;
  readonly endsAt: Likely;
}

/** When a wave is forecast to start and to have soaked. */
export function PlannedCourse({ course }: { readonly course: Course }) {
  return (
    <Forecast>
      <ClockTime at={course.startsAt.median} /> – <ClockTime at={course.endsAt.median} />, 9 in 10
      by <ClockTime at={course.endsAt.high} />
    </Forecast>
  );
}

/** A wave that runs: when it will be through, or was, beside what was forecast at the start. */
export function RunningCourse(props: {
  readonly now: Course | null;
  readonly atStart: Course | null;
  readonly passedAt: string | null;
}) {
  const { now, atStart, passedAt } = props;
  if (passedAt === null && now !== null && atStart === null) return <PlannedCourse course={now} />;
  // A wave that passed without any forecast has nothing to be compared with.
  if (passedAt === null ? now === null : atStart === null) return null;
  return (
    <Forecast>
      {passedAt === null ? (
        now !== null && (
          <>
            through <ClockTime at={now.endsAt.median} />, 9 in 10 by{" "}
            <ClockTime at={now.endsAt.high} />
          </>
        )
      ) : (
        <>
          passed <ClockTime at={passedAt} />
        </>
      )}
      {atStart !== null && (
        <>
          {" "}
          · at the start: <ClockTime at={atStart.endsAt.median} />, 9 in 10 by{" "}
          <ClockTime at={atStart.endsAt.high} />
          {passedAt !== null && passedAt > atStart.endsAt.high && ", so it came later"}
        </>
      )}
    </Forecast>
  );
}

function Forecast({ children }: { readonly children: ReactNode }) {
  return (
    <div className={styles["course"]}>
      <span className="dim">forecast:</span> {children}
    </div>
  );
}
