import styles from "./rollout.module.css";

/** From here on single places are too small to see. */
const PLACES_MAX = 12;

/** A budget: how much of what is allowed is used. */
export function Gauge(props: {
  readonly label: string;
  readonly used: number;
  readonly allowed: number;
  /** Using all of it is bad news, not just a full house. */
  readonly isRisk?: boolean;
}) {
  const { label, used, allowed, isRisk } = props;
  const isOver = isRisk === true && used > allowed;
  const places = Math.max(allowed, used, 1);
  const text = isRisk === true ? `${used}/${allowed} allowed` : `${used}/${allowed}`;
  return (
    <span className={styles["gauge"]} data-over={isOver}>
      {label}
      <span
        role="meter"
        aria-label={label}
        aria-valuenow={used}
        aria-valuemin={0}
        aria-valuemax={places}
        aria-valuetext={text}
        className={styles["meter"]}
      >
        {allowed === 0 && used === 0 ? null : places <= PLACES_MAX ? (
          Array.from({ length: places }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: places have no other name.
            <i key={at} data-used={at < used} data-risk={isRisk === true} />
          ))
        ) : (
          <i className={styles["bar"]} data-risk={isRisk === true}>
            <i
              data-used
              data-risk={isRisk === true}
              style={{ width: `${(100 * used) / places}%` }}
            />
          </i>
        )}
      </span>
      <b>{text}</b>
    </span>
  );
}
