import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import type { HostReply } from "./host-model.ts";
import styles from "./inventory.module.css";

type States = HostReply["host"]["states"];

const titles: readonly (readonly [keyof States, string])[] = [
  ["risk", "Risk"],
  ["reachable", "Reach"],
  ["fresh", "Inventory"],
  ["reboot", "Restart"],
];

/** Four states side by side, each with since when and why; none of them stands for another. */
export function HostStates({ states }: { readonly states: States }) {
  return (
    <dl className={styles["states"]}>
      {titles.map(([name, title]) => {
        const { state, label, since, reason } = states[name];
        return (
          <div key={name} className={styles["state"]}>
            <dt>{title}</dt>
            <dd>
              <Mark tone={state}>{label}</Mark>
            </dd>
            {since !== null && (
              <dd className="dim" style={{ fontSize: 12.5 }}>
                <Instant at={since} />
              </dd>
            )}
            {reason !== null && <dd style={{ fontSize: 13 }}>{reason}</dd>}
          </div>
        );
      })}
    </dl>
  );
}
