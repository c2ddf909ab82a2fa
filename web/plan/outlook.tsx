import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Mark } from "../parts/mark.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

export type Forecast = Reply<"/api/v1/plans/{plan}/forecast">;

/** As of now; it moves with the clock and with what other rollouts measure. */
export function useForecast({ digest }: Plan): Forecast | null {
  const answer = useAnswer({
    key: ["plan", digest, "forecast"],
    topics: ["rollouts"],
    load: (signal) => {
      const params = { path: { plan: digest } };
      return ask(api.GET("/api/v1/plans/{plan}/forecast", { params, signal }));
    },
  });
  return answer.data ?? null;
}

const NAMES_MAX = 8;

/** When it would be done, on what that rests, and whether the deadline is kept. */
export function Outlook({ forecast }: { readonly forecast: Forecast | null }) {
  if (forecast === null) return null;
  const { sentence, basis, deadline, lateHosts, rollout } = forecast;
  const rest = (deadline?.late.high ?? 0) - NAMES_MAX;
  return (
    <ul className={styles["findings"]} aria-label="Forecast">
      {rollout !== null && (
        <li>
          Carried out by <Go href={rollout.href}>{rollout.ref}</Go>; below is what it would take
          from now on.
        </li>
      )}
      <li>
        <Sentence text={sentence} /> <span className="dim">({basis.text})</span>
      </li>
      {deadline !== null && (
        <li>
          <Mark tone={deadlineTone(deadline)}>
            <Sentence text={deadline.sentence} />
          </Mark>
          {lateHosts.length > 0 && (
            <span className="dim">
              {" "}
              {lateHosts
                .slice(0, NAMES_MAX)
                .map((host) => host.name)
                .join(", ")}
              {rest > 0 && ` and ${rest.toLocaleString("en")} more`}
            </span>
          )}
        </li>
      )}
    </ul>
  );
}

function deadlineTone({ isKept, late, untold }: NonNullable<Forecast["deadline"]>) {
  if (isKept) return "good";
  if (late.median > 0) return "bad";
  return untold > 0 && late.high === 0 ? "unknown" : "attention";
}
