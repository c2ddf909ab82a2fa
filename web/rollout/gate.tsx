import { Popover, Text } from "@mantine/core";
import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import { wordFor } from "../app/words.ts";
import { Facts } from "../parts/facts.tsx";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./rollout.module.css";
import type { Wave } from "./standing.tsx";

/** The gate of a wave; its evidence on click. */
export function Gate({ wave }: { readonly wave: Wave }) {
  const { gate } = wave;
  const { tone, label } = wordFor("gate", gate.answer);
  const { verified, needed, of, soakSeconds, soakUntil } = gate;
  return (
    <Popover position="bottom-start" withArrow shadow="md" transitionProps={{ duration: 0 }}>
      <Popover.Target>
        <button type="button" className={styles["gate"]}>
          <Mark tone={tone}>gate {label}</Mark>
          <span className="dim">
            {verified} of {needed} verified · soak {durationToText(soakSeconds * SECOND_MS)}
          </span>
        </button>
      </Popover.Target>
      <Popover.Dropdown maw={440} aria-label={`Gate of ${ringName(wave.ring)}`}>
        <Facts
          of={[
            [
              "Answer",
              <Mark key="answer" tone={tone}>
                {label}
              </Mark>,
            ],
            ["Verified", `${verified} of ${of} hosts by a fresh look at each; ${needed} needed`],
            ["Failed", `${wave.failures.count}; ${wave.failures.allowed} may`],
            [
              "Soak",
              soakUntil === null ? (
                `${durationToText(soakSeconds * SECOND_MS)} after the last host`
              ) : (
                <>
                  {durationToText(soakSeconds * SECOND_MS)}, until{" "}
                  <ClockTime at={soakUntil} isRelative />
                </>
              ),
            ],
            ["Passed", wave.passedAt === null ? "no" : <ClockTime key="at" at={wave.passedAt} />],
          ]}
        />
        {wave.gates
          .filter((own) => own.rule !== null)
          .map((own) => (
            <PolicyGate key={own.name} gate={own} />
          ))}
        {wave.holds.map((hold) => (
          <Text key={hold.why} size="sm" mt="xs">
            <Sentence text={hold.text} />
          </Text>
        ))}
        <Text size="xs" c="dimmed" mt="xs">
          Only a host that a fresh look has verified counts for the gate. Unknown and unverified
          hosts count against it, and no data is never a pass.
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}

/** One gate of the policy: its answer, why, and what it asks. */
export function PolicyGate({ gate }: { readonly gate: Wave["gates"][number] }) {
  const { tone, label } = wordFor("gate", gate.answer);
  return (
    <Text size="sm" mt="xs" component="div">
      <Mark tone={tone}>
        {gate.name} {label}
      </Mark>{" "}
      <Sentence text={gate.words} />
      <Text size="xs" c="dimmed">
        {gate.rule}
      </Text>
    </Text>
  );
}
