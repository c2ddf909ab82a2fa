import { releaseName } from "../../src/base/release-name.ts";
import type { Reply } from "../app/api.ts";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Mark } from "../parts/mark.tsx";
import styles from "./intel.module.css";

type Findings = Reply<"/api/v1/findings">;
type Feed = Reply<"/api/v1/feeds">["items"][number];

type Told = Pick<Findings, "coverage" | "backlogCount" | "filteredCount">;

/** What the list cannot tell: feeds that are stale or missing, packages and hosts nobody judged. */
export function Gaps({ of }: { readonly of: Told }) {
  const feeds = useAnswer({
    key: ["feeds"],
    topics: ["feeds"],
    load: (signal) => ask(api.GET("/api/v1/feeds", { signal })),
  });
  const poor = feeds.data?.items.filter((feed) => feed.state !== "fresh") ?? [];
  const alike = Map.groupBy(poor, (feed) => `${feed.state} ${feedText(feed)}`);
  const { unknown, unknownHostCount } = of.coverage;
  const { backlogCount, filteredCount } = of;
  const count = poor.length + unknown.length + (unknownHostCount > 0 ? 1 : 0) + filteredCount;
  if (count === 0 && backlogCount === 0) return null;
  return (
    <section className={styles["gaps"]} aria-label="What this list cannot tell">
      <ul>
        {of.backlogCount > 0 && (
          <li>
            <Mark tone="running">Not final</Mark> Packages are still being compared:{" "}
            {of.backlogCount.toLocaleString("en")} to go.
          </li>
        )}
        {[...alike].map(([key, group]) => (
          <li key={key}>
            <Mark tone={group[0]?.state === "stale" ? "attention" : "unknown"}>
              {group[0]?.state === "stale" ? "Stale" : "Missing"}
            </Mark>{" "}
            <Go href="/settings/feeds">{group.map((feed) => feed.name).join(", ")}</Go>:{" "}
            {feedText(group[0])}
          </li>
        ))}
        {unknown.map((gap) => (
          <li key={`${gap.ecosystem} ${gap.reason}`}>
            <Mark tone="unknown">Not known</Mark> {gap.packageCount.toLocaleString("en")} packages
            of {releaseName(gap.ecosystem)}. {gap.text}
          </li>
        ))}
        {filteredCount > 0 && (
          <li>
            <Mark tone="good">Set aside</Mark>{" "}
            <Go href="/findings?by=vulnerability&filtered=true">
              {filteredCount.toLocaleString("en")} of them
            </Go>{" "}
            on some host, by statements of authors whose word was verified (VEX).
          </li>
        )}
        {unknownHostCount > 0 && (
          <li>
            <Mark tone="unknown">Not known</Mark>{" "}
            <Go href="/hosts?fresh=unknown">
              {unknownHostCount === 1 ? "1 host" : `${unknownHostCount.toLocaleString("en")} hosts`}
            </Go>{" "}
            never inspected.
          </li>
        )}
      </ul>
    </section>
  );
}

function feedText(feed: Feed | undefined): string {
  if (feed === undefined) return "";
  if (feed.failure !== null) return feed.failure;
  if (feed.state === "never-loaded") return "never loaded, so nothing it says is known here.";
  return feed.why;
}
