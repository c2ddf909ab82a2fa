import type { Reply } from "../app/api.ts";
import { Chart } from "../parts/chart.tsx";
import { Mark } from "../parts/mark.tsx";
import styles from "./intel.module.css";

type Known = Reply<"/api/v1/vulnerabilities/{vulnerability}">;

/** Every published score beside what its vector gives, and how likely exploitation was over time. */
export function KnownScores({ of }: { readonly of: Known }) {
  const { scores, epss } = of;
  return (
    <>
      {scores.length === 0 && <div className="dim">Nobody published a CVSS score.</div>}
      <ul className={styles["links"]}>
        {scores.map((score) => (
          <li key={`${score.source} ${score.vector}`}>
            <b>{score.computed ?? score.published}</b> CVSS {score.version}, {score.source}{" "}
            {score.isChosen && <Mark tone="running">counts</Mark>}
            <div className="mono dim" style={{ overflowWrap: "anywhere" }}>
              {score.vector}
            </div>
            {score.note !== "" && (
              <div className="dim">
                Published as {score.published}: {score.note}.
              </div>
            )}
          </li>
        ))}
      </ul>
      {scores.length > 0 && <p className="dim">Whose score counts: {of.scoreOrder}.</p>}
      {epss !== null && epss.history.length > 1 && <EpssHistory history={epss.history} />}
    </>
  );
}

function EpssHistory(props: { readonly history: NonNullable<Known["epss"]>["history"] }) {
  const { history } = props;
  const first = history[0];
  const last = history.at(-1);
  if (first === undefined || last === undefined) return null;
  return (
    <>
      <div className="dim">EPSS since {first.at.slice(0, 10)}</div>
      <Chart
        height={120}
        summary={`EPSS went from ${first.score.toFixed(3)} on ${first.at.slice(0, 10)} to ${last.score.toFixed(3)} on ${last.at.slice(0, 10)}.`}
        option={{
          grid: { left: 36, right: 8, top: 8, bottom: 22 },
          xAxis: { type: "time" },
          yAxis: { type: "value", min: 0, max: 1 },
          series: [
            { type: "line", step: "end", data: history.map(({ at, score }) => [at, score]) },
          ],
        }}
      />
    </>
  );
}
