import { Text } from "@mantine/core";
import type { Reply } from "../app/api.ts";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import styles from "./triage.module.css";

type Deadline = Reply<"/api/v1/patches/{patch}">["patch"]["deadline"];
export type CandidateDate = Deadline["candidates"][number];

/** A date, or why there is none: the clock stands, or it goes with the next upgrade. */
export function WhenDue({
  date,
}: {
  readonly date: Pick<CandidateDate, "at" | "pause" | "period">;
}) {
  if (date.at !== null) return <Instant at={date.at} />;
  const since = date.pause?.since ?? null;
  if (since !== null) {
    return (
      <Mark tone="waiting">
        the clock stands since <Instant at={since} />: no source offers a fix
      </Mark>
    );
  }
  return <>{date.period === "" ? "with the next upgrade" : date.period}</>;
}

/** Every preset's date with its rule and facts; the first is the one that counts. */
export function Dates(props: {
  readonly dates: readonly CandidateDate[];
  readonly policy: Deadline["policy"];
}) {
  const { dates, policy } = props;
  if (dates.length === 0 || policy === null) {
    return <div className="dim">No preset asks for a date: no known vulnerability.</div>;
  }
  return (
    <>
      <ol className={styles["dates"]}>
        {dates.map((date, at) => (
          <li key={`${date.preset} ${date.vulnerability} ${date.exposure}`}>
            <div>
              <strong>
                <WhenDue date={date} />
              </strong>{" "}
              {at === 0 && <Mark tone="attention">counts</Mark>}
            </div>
            <div>
              {date.presetTitle}: {date.period}
            </div>
            <Text size="xs" c="dimmed" component="div">
              {date.vulnerability}: {date.inputs.map(inputText).join(", ")}. Rule {date.rule},{" "}
              {date.version}; clock from the {date.startedBy}
              {date.isStartAssumed ? " (assumed: its own start is not known)" : ""},{" "}
              <Instant at={date.clockStartedAt} />.{date.note !== null && ` ${date.note}.`}
            </Text>
          </li>
        ))}
      </ol>
      <Text size="xs" c="dimmed">
        By {policy.file} ({policy.version.slice(0, 12)}). The earliest date counts.
      </Text>
    </>
  );
}

function inputText(input: CandidateDate["inputs"][number]): string {
  return input.isAssumed ? `${input.text} (assumed: nothing is known)` : input.text;
}
