import { Gauge } from "./gauge.tsx";
import styles from "./rollout.module.css";

interface Budget {
  readonly key: string;
  readonly value: string;
  readonly used: number;
  readonly allowed: number;
}

const BUDGETS_MAX = 12;

/** How many hosts of a service, zone or cluster may be away at once over all rollouts; the fullest first. */
export function Budgets({ of }: { readonly of: readonly Budget[] }) {
  if (of.length === 0) return null;
  const rest = of.length - BUDGETS_MAX;
  return (
    <section className={styles["budgets"]} aria-label="Budgets over all rollouts">
      <span className="dim">away at once, at most:</span>
      {of.slice(0, BUDGETS_MAX).map(({ key, value, used, allowed }) => (
        <Gauge key={`${key}=${value}`} label={`${key} ${value}`} used={used} allowed={allowed} />
      ))}
      {rest > 0 && <span className="dim">and {rest.toLocaleString("en")} more</span>}
    </section>
  );
}
