import { Text } from "@mantine/core";
import type { Tone } from "../app/words.ts";
import { Mark } from "../parts/mark.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

type Priority = NonNullable<PatchReply["patch"]["priority"]>;

const tones: Readonly<Record<Priority["outcome"], Tone>> = {
  act: "bad",
  attend: "attention",
  "track*": "waiting",
  track: "unknown",
};

export function Outcome({ of }: { readonly of: Pick<Priority, "outcome"> | null }) {
  if (of === null) return <span className="dim">not judged yet</span>;
  return <Mark tone={tones[of.outcome]}>{of.outcome}</Mark>;
}

/** From the first row of the table to the one that decided, with the values that decided each. */
export function PriorityPath({ priority }: { readonly priority: Priority }) {
  const { by, path } = priority;
  return (
    <>
      <ol className={styles["dates"]}>
        {path.map(({ rule, steps }) => (
          <li key={rule}>
            <div>
              {rule === by.rule ? (
                <>
                  <strong>{rule}</strong> →{" "}
                  <Outcome of={{ outcome: priority.loweredFrom ?? priority.outcome }} />
                </>
              ) : (
                <span className="dim">{rule}</span>
              )}
            </div>
            {steps.map((step) => (
              <Text key={step.condition} size="xs" component="div">
                <Mark tone={step.held ? "good" : "unknown"}>
                  {step.held ? "holds" : "does not"}
                </Mark>{" "}
                <code>{step.condition}</code>
                {step.values !== "" && <span className="dim"> with {step.values}</span>}
              </Text>
            ))}
          </li>
        ))}
      </ol>
      {priority.loweredFrom !== null && (
        <Text size="xs" component="div">
          Lowered by one, to <Outcome of={priority} />: on no host is what is open of it running,
          loaded or in reach, and the runtime policy lowers that.
        </Text>
      )}
      <Text size="xs" c="dimmed">
        By {by.file} ({by.version.slice(0, 12)}), with the facts of now. Among cases of one outcome
        the earlier deadline comes first, then the higher EPSS, then more hosts.
      </Text>
    </>
  );
}
