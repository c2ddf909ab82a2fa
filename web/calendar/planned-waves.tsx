import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { hostsText } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./calendar.module.css";

/** Waves whose approved time lies in these weeks: of plans that are asked for, approved or under way. */
export function PlannedWaves({ from }: { readonly from: string | null }) {
  const waves = useAnswer({
    key: ["calendar-waves", from ?? ""],
    topics: ["rollouts", "changes", "plans"],
    load: (signal) => {
      const query = from === null ? {} : { from: `${from}T00:00:00Z` };
      return ask(api.GET("/api/v1/waves", { params: { query }, signal }));
    },
  });
  return (
    <Answered of={waves} what="planned waves">
      {({ items }) =>
        items.length === 0 ? null : (
          <Panel title="Waves in these weeks">
            <ul className={styles["notes"]}>
              {items.map((one) => (
                <li key={`${one.plan} ${one.wave}`}>
                  <Mark tone={one.tone as Tone}>{one.label}</Mark>{" "}
                  <Go href={one.href}>
                    {one.title}, {one.ring}
                  </Go>{" "}
                  <span className="dim">
                    {hostsText(one.hosts)}, {one.change}, <ClockTime at={one.from} /> to{" "}
                    <ClockTime at={one.to} />
                  </span>
                </li>
              ))}
            </ul>
          </Panel>
        )
      }
    </Answered>
  );
}
