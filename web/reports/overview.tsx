import { Button, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { AsOfChoice, asOfQuery } from "../intel/as-of.tsx";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, Shape } from "../parts/mark.tsx";
import { LinkedText, PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { ForecastMark, useForecasts } from "../triage/forecast.tsx";
import { FirstSteps } from "./first-steps.tsx";
import styles from "./overview.module.css";
import type { Overview } from "./overview-reply.ts";
import { PastOverview } from "./past-overview.tsx";
import { RolloutsNow } from "./rollouts-now.tsx";

const Trend = lazy(() => import("./trend.tsx").then((file) => ({ default: file.Trend })));

/** What needs a decision, before anything else. */
export function OverviewPage() {
  const [search] = useSearch();
  return asOfQuery(search).asOf === undefined ? <Now /> : <PastOverview />;
}

function Now() {
  const overview = useAnswer({
    key: ["overview"],
    topics: ["hosts", "findings", "patches", "changes", "rollouts", "feeds"],
    load: (signal) => ask(api.GET("/api/v1/overview", { signal })),
  });
  return (
    <Answered of={overview} what="the overview">
      {(answer) => <Whole of={answer} />}
    </Answered>
  );
}

function Whole({ of }: { readonly of: Overview }) {
  // Whoever has started a rollout needs no first steps any more; the last of them is that.
  const [search, set] = useSearch();
  const isNew = of.firstSteps.at(-1)?.done === false;
  return (
    <>
      <PageHead
        title="Overview"
        aside={
          <div className={styles["moment"]}>
            <Text size="xs" c="dimmed">
              as of <Instant at={of.asOf} />
            </Text>
            {of.trend !== null && <AsOfChoice search={search} set={set} knownSince={null} />}
          </div>
        }
      />
      <div className={styles["verdict"]}>
        <span className={`mark ${of.verdict.tone}`}>
          <Shape tone={of.verdict.tone} size={20} />
        </span>
        <p>
          <LinkedText parts={of.verdict.parts} />
        </p>
        {of.action !== null && (
          <Button
            component="a"
            href={of.action.href}
            size="sm"
            renderRoot={({ className, ...props }) => (
              <Go
                {...props}
                className={`${className} ${styles["act"]}`}
                href={of.action?.href ?? "/"}
                isPlain
              />
            )}
          >
            {of.action.text}
          </Button>
        )}
      </div>
      {isNew && <FirstSteps steps={of.firstSteps} />}
      <div className={styles["grid"]}>
        <div className={styles["column"]}>
          {of.rollouts !== null && <RolloutsNow rollouts={of.rollouts} />}
          {of.deadlines !== null && <Deadlines of={of.deadlines} />}
          {of.trend !== null && (
            <Panel title="Exposure in the last 30 days">
              <Suspense fallback={<div style={{ height: 220 }} />}>
                <Trend days={of.trend} />
              </Suspense>
            </Panel>
          )}
        </div>
        <div className={styles["column"]}>
          {of.waiting !== null && <Waiting of={of.waiting} />}
          {of.fleet !== null && <Fleet of={of.fleet} />}
          {of.feeds !== null && <Feeds of={of.feeds} />}
          <NotShown of={of.notShown} />
        </div>
      </div>
    </>
  );
}

function Deadlines({ of }: { readonly of: NonNullable<Overview["deadlines"]> }) {
  const forecasts = useForecasts();
  return (
    <Panel title="Deadlines at risk">
      <Text size="sm" mb={8}>
        {of.overdue === 0 && of.soon === 0
          ? "No open case is overdue or due within three days."
          : `${of.overdue} overdue, ${of.soon} due within three days.`}
        {of.excepted > 0 && (
          <>
            {" "}
            <Go href="/exceptions?state=approved">{of.excepted} excepted</Go> for a while.
          </>
        )}
      </Text>
      <ul className={styles["rows"]}>
        {of.items.map((item) => (
          <li key={item.ref}>
            <Go href={item.href}>
              {item.ref} {item.title}
            </Go>
            <Mark tone={item.isOverdue ? "bad" : "attention"} reason={item.sentence}>
              {item.isOverdue ? "overdue since" : "due"} <Instant at={item.at} />
            </Mark>
            <ForecastMark item={forecasts.get(item.ref)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Waiting({ of }: { readonly of: NonNullable<Overview["waiting"]> }) {
  return (
    <Panel title="Waiting for you">
      {of.changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          No change waits for your approval.
        </Text>
      ) : (
        <ul className={styles["rows"]}>
          {of.changes.map((change) => (
            <li key={change.ref}>
              <span>
                <Go href={change.href}>
                  {change.ref} {change.title}
                </Go>
                <Text size="xs" c="dimmed">
                  <Sentence text={change.sentence} />
                </Text>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const respects = { reach: "Reachable", fresh: "Fresh", reboot: "Reboot", risk: "Risk" } as const;

/** The four states of hosts are told apart: a reachable host may be stale, a fresh one at risk. */
function Fleet({ of }: { readonly of: NonNullable<Overview["fleet"]> }) {
  return (
    <Panel title="Fleet">
      <Text size="sm" mb={8}>
        <Go href="/hosts">
          {of.hosts.toLocaleString("en")} {of.hosts === 1 ? "host" : "hosts"}
        </Go>
      </Text>
      <dl className={styles["states"]}>
        {Object.entries(respects).map(([respect, title]) => (
          <div key={respect}>
            <dt>{title}</dt>
            <dd>
              {of.states
                .filter((state) => state.respect === respect && state.count > 0)
                .map((state) => (
                  <Go key={state.label} href={state.href} isPlain>
                    <Mark tone={state.state}>
                      {state.count.toLocaleString("en")} {state.label}
                    </Mark>
                  </Go>
                ))}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Feeds({ of }: { readonly of: NonNullable<Overview["feeds"]> }) {
  return (
    <Panel title="Feeds">
      {of.length === 0 && (
        <Text size="sm" c="dimmed">
          No feed is loaded, so nothing can be known of vulnerabilities.
        </Text>
      )}
      <ul className={styles["feeds"]}>
        {of.map((feed) => (
          <li key={feed.name}>
            <Mark tone={feed.state}>
              <Go href={feed.href} isPlain>
                <b>{feed.name}</b>
              </Go>
            </Mark>
            <Text size="xs" c="dimmed">
              <Sentence text={feed.sentence} />
            </Text>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function NotShown({ of }: { readonly of: Overview["notShown"] }) {
  if (of.length === 0) return null;
  return (
    <Panel title="Not shown to you">
      {of.map((part) => (
        <Text key={part.part} size="xs" c="dimmed">
          <b>{part.part}</b>: {part.reason}
        </Text>
      ))}
    </Panel>
  );
}
