import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

/** How long a host of each kind in the plan takes: what was measured, and what is only assumed. */
export function HostKinds({ plan }: { readonly plan: Plan }) {
  const { digest } = plan;
  const kinds = useAnswer({
    key: ["plan", digest, "kinds"],
    // A few jobs more change little, and to measure them all again takes the server a while.
    topics: [],
    load: (signal) => {
      const params = { path: { plan: digest } };
      return ask(api.GET("/api/v1/plans/{plan}/forecast/kinds", { params, signal }));
    },
  });
  return (
    <Panel title="How long a host takes">
      <Answered of={kinds} what="kinds of hosts">
        {({ items, total }) => (
          <ul className={styles["findings"]} aria-label="Kinds of hosts">
            {items.map((kind) => (
              <li key={kind.name}>
                <Mark tone={toneOf(kind)}>{kind.name}</Mark>
                <span className="dim">: {hostsText(kind.hosts)}</span>
                <div>{kind.text}</div>
              </li>
            ))}
            {total > items.length && (
              <li className="dim">and {(total - items.length).toLocaleString("en")} more kinds</li>
            )}
          </ul>
        )}
      </Answered>
    </Panel>
  );
}

function toneOf(kind: { readonly isAssumed: boolean; readonly jobSeconds: number | null }) {
  if (kind.jobSeconds === null) return "unknown";
  return kind.isAssumed ? "attention" : "good";
}
