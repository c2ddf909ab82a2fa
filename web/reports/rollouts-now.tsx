import { Text } from "@mantine/core";
import { Go } from "../app/go.tsx";
import { wordFor } from "../app/words.ts";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./overview.module.css";
import type { Overview } from "./overview-reply.ts";

type Rollout = NonNullable<Overview["rollouts"]>[number];
type Wave = Rollout["waves"][number];

/** Rollouts under way, each as a few bars; the whole picture is one click away. */
export function RolloutsNow({ rollouts }: { readonly rollouts: readonly Rollout[] }) {
  return (
    <Panel title="Rollouts now">
      {rollouts.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing is being rolled out. <Go href="/rollouts">Earlier rollouts</Go>
        </Text>
      )}
      {rollouts.map((rollout) => (
        <div key={rollout.id} style={{ marginBottom: 14 }}>
          <Mark tone={wordFor("rollout", rollout.state).tone}>
            <Go href={rollout.href}>
              {rollout.ref} {rollout.title}
            </Go>
          </Mark>
          <Text size="sm" mt={2}>
            <Sentence text={rollout.sentence} />
          </Text>
          <div className={styles["waves"]}>
            {rollout.waves.map((wave) => (
              <WaveBar key={wave.number} wave={wave} />
            ))}
          </div>
        </div>
      ))}
    </Panel>
  );
}

function WaveBar({ wave }: { readonly wave: Wave }) {
  const parts = [
    ["verified", wave.verified, "var(--good)"],
    ["running", wave.running, "var(--running)"],
    ["failed", wave.failed, "var(--bad)"],
    ["unknown", wave.unknown, "var(--unknown)"],
  ] as const;
  const words = parts.filter(([, count]) => count > 0).map(([word, count]) => `${count} ${word}`);
  return (
    <div className={styles["wave"]} title={words.join(", ")}>
      <span>{ringName(wave.ring)}</span>
      <span className={styles["bar"]} aria-hidden="true">
        {parts.map(([word, count, colour]) => (
          <span key={word} style={{ width: `${share(count, wave.hosts)}%`, background: colour }} />
        ))}
      </span>
      <span className="dim">
        {wave.verified} of {wave.hosts}
      </span>
    </div>
  );
}

/** Percent, for the width of a bar; a wave without hosts has none. */
function share(count: number, of: number): number {
  return of === 0 ? 0 : (count / of) * 100;
}
