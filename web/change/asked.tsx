import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./change.module.css";

/** What waits for one's word beside changes: rights to lend, and halts that somebody else wants lifted. */
export function useAsked() {
  return useAnswer({
    key: ["asked"],
    topics: ["changes", "rollouts"],
    load: (signal) => ask(api.GET("/api/v1/asked", { signal })),
  });
}

/** Each with who asked and why; it is answered on its own page, where all of it is to be read. */
export function AskedOfMe() {
  const items = useAsked().data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title="Also asked of you">
      <ul className={styles["list"]}>
        {items.map((one) => (
          <li key={`${one.kind} ${one.number}`}>
            <Go href={one.href}>{one.number}</Go> {one.title}{" "}
            <span className="dim">
              asked by {one.by} <Instant at={one.at} />
            </span>
            <div className={styles["wrap"]}>{one.words}</div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
