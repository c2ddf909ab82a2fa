import { Text } from "@mantine/core";
import { Go } from "../app/go.tsx";
import { Command } from "../parts/command.tsx";
import { Shape } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./overview.module.css";
import type { Overview } from "./overview-reply.ts";

/** What a new deployment still needs; gone when all of it is done. */
export function FirstSteps({ steps }: { readonly steps: Overview["firstSteps"] }) {
  const next = steps.findIndex((step) => !step.done);
  return (
    <div style={{ marginBottom: 16 }}>
      <Panel title="First steps">
        <ol className={styles["steps"]}>
          {steps.map((step, at) => (
            <li key={step.text}>
              <span className={`mark ${step.done ? "good" : "waiting"}`}>
                <Shape tone={step.done ? "good" : "waiting"} />
              </span>
              <div>
                <Text size="sm" {...(step.done ? { c: "dimmed" } : {})}>
                  {step.href === null ? step.text : <Go href={step.href}>{step.text}</Go>}
                  {step.done && " (done)"}
                </Text>
                {at === next && step.command !== null && <Command text={step.command} />}
              </div>
            </li>
          ))}
        </ol>
      </Panel>
    </div>
  );
}
