import { Popover, Text } from "@mantine/core";
import { durationToText, SECOND_MS } from "../../src/base/instant.ts";
import { api, ask } from "../app/api.ts";
import { wordFor } from "../app/words.ts";
import { ActionButton } from "../parts/actions.tsx";
import { Facts } from "../parts/facts.tsx";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./rollout.module.css";
import type { Wave } from "./standing.tsx";

/** The gate of a wave; its evidence on click. */
export function Gate({ wave, rollout }: { readonly wave: Wave; readonly rollout: string }) {
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
            <PolicyGate key={own.name} gate={own} rollout={rollout} wave={wave.number} />
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

/** One gate of the policy: its answer, why, what it asks, and what somebody may say about it. */
export function PolicyGate({ gate, rollout, wave }: PolicyGateProps) {
  const { tone, label } = wordFor("gate", gate.answer);
  const path = { rollout, wave, gate: gate.name };
  const say = (verdict: "accept" | "refuse") => (reason: string) =>
    ask(
      api.POST("/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/word", {
        params: { path },
        body: { verdict, reason },
      }),
    );
  const confirm = {
    accept: "The gate passes by your word, whatever is measured; everybody reads your reason.",
    refuse: "The gate fails by your word, with what the policy does then.",
  } as const;
  return (
    <Text size="sm" mt="xs" component="div">
      <Mark tone={tone}>
        {gate.name} {label}
      </Mark>{" "}
      <Sentence text={gate.words} />
      <Text size="xs" c="dimmed">
        {gate.rule}
      </Text>
      {(["accept", "refuse"] as const).map((verb) => {
        const action = gate.actions.find((one) => one.verb === verb);
        if (action?.allowed !== true) return null;
        return (
          <ActionButton
            key={verb}
            action={action}
            label={action.label}
            topics={[`rollout:${rollout}`]}
            asksReason
            confirm={confirm[verb]}
            act={say(verb)}
          />
        );
      })}
    </Text>
  );
}

interface PolicyGateProps {
  readonly gate: Wave["gates"][number];
  /** Its id. */
  readonly rollout: string;
  /** 0: after the last wave. */
  readonly wave: number;
}
