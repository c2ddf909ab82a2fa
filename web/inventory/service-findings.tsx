import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import type { Tone } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Mark } from "../parts/mark.tsx";
import { DeadlinePill } from "../triage/deadline-pill.tsx";
import styles from "./service.module.css";
import type { ShownService } from "./shown-service.ts";

type Findings = Reply<"/api/v1/services/{service}/findings">;
type Action = Findings["items"][number];
type Vulnerability = Action["cleared"][number];

const PAGE = 25;

/** What mends the service, one action after another, each with how its package got in. */
export function ServiceFindings({ of }: { readonly of: ShownService }) {
  const { service } = of.judged;
  const [limit, setLimit] = useState(PAGE);
  const past = of.asOf === null ? {} : { asOf: of.asOf };
  const findings = useAnswer({
    key: ["service", service.id, "findings", limit, past],
    topics: [`service:${service.id}`, "findings"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/services/{service}/findings", {
          params: { path: { service: service.id }, query: { limit, ...past } },
          signal,
        }),
      ),
  });
  const dates = useDates(of);
  return (
    <Answered of={findings} what="findings">
      {(answer) => (
        <>
          <NotKnown sentences={answer.notKnown} isMatching={of.isMatching} />
          {answer.total === 0 ? (
            <Nothing of={of} />
          ) : (
            <>
              <ol className={styles["actions"]}>
                {answer.items.map((action) => (
                  <ActionItem
                    key={action.key}
                    of={action}
                    dates={dates}
                    askHref={of.asOf === null ? askHref(service.name, action) : null}
                  />
                ))}
              </ol>
              {answer.items.length < answer.total && (
                <Button variant="default" onClick={() => setLimit(limit + 4 * PAGE)}>
                  Show more of {answer.total.toLocaleString("en")}
                </Button>
              )}
            </>
          )}
          <SetAside items={answer.setAside} />
        </>
      )}
    </Answered>
  );
}

type Dated = Reply<"/api/v1/services/{service}/deadlines">["items"][number];
type Dates = ReadonlyMap<string, Dated>;

/** By when each finding has to be mended; of a past day nothing is told. */
function useDates(of: ShownService): Dates {
  const { service } = of.judged;
  const dates = useAnswer({
    key: ["service", service.id, "deadlines"],
    topics: [`service:${service.id}`, "findings", "exceptions"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/services/{service}/deadlines", {
          params: { path: { service: service.id } },
          signal,
        }),
      ),
  });
  if (of.asOf !== null) return new Map();
  return new Map(
    dates.data?.items.map((one) => [`${one.ecosystem} ${one.source} ${one.vulnerability}`, one]),
  );
}

/** The date that counts with the rule that gave it, and what excepts it. */
function DueDate({ of }: { readonly of: Dated | undefined }) {
  if (of === undefined || of.deadline === null) return null;
  const inputs = of.deadline.inputs.map(
    ({ name, text, isAssumed }) => `${name} ${text}${isAssumed ? " (assumed)" : ""}`,
  );
  return (
    <span title={`${of.deadline.sentence} ${inputs.join(", ")}`}>
      {" "}
      {of.effective === null ? (
        <span className="dim">{of.deadline.period}</span>
      ) : (
        <DeadlinePill at={of.effective} />
      )}
      {of.exception !== null && (
        <>
          {" "}
          <Go href={of.exception.href}>{of.exception.ref}</Go>
        </>
      )}
    </span>
  );
}

/** What trusted authors set aside: not counted above, and never out of sight. */
function SetAside({ items }: { readonly items: Findings["setAside"] }) {
  if (items.length === 0) return null;
  return (
    <section aria-label="Set aside">
      <h2 className={styles["part"]}>Set aside, and counted apart</h2>
      <ul className={styles["actions"]}>
        {items.map((one) => (
          <li key={`${one.id} ${one.name} ${one.version}`} className={styles["action"]}>
            <div className={styles["what"]}>
              <Mark tone="good" reason={one.filter.trust}>
                Set aside
              </Mark>
              <Go href={one.href}>{one.id}</Go>
              <span>
                {one.name} {one.version}
              </span>
              {one.isExploited && <span className={styles["exploited"]}>exploited</span>}
            </div>
            <ul className={styles["chains"]}>
              <li>{saidText(one.filter)}</li>
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function saidText(filter: Findings["setAside"][number]["filter"]): string {
  const who = filter.author || "An unnamed author";
  const why = filter.justification === "" ? "" : `: ${filter.justification}`;
  return `${who} says ${filter.says} (${filter.source})${why}. ${filter.trust}`;
}

export function NotKnown(props: {
  readonly sentences: readonly string[];
  readonly isMatching: boolean;
}) {
  if (props.sentences.length === 0 && !props.isMatching) return null;
  return (
    <Text size="sm" mb="sm" component="div">
      {props.isMatching && (
        <Mark tone="running">Components are still being compared; the list is not final.</Mark>
      )}
      {props.sentences.map((sentence) => (
        <div key={sentence}>
          <Mark tone="unknown">Not known</Mark> {sentence}
        </div>
      ))}
    </Text>
  );
}

function Nothing({ of }: { readonly of: ShownService }) {
  const { artifactCount, service } = of.judged;
  if (artifactCount > 0) {
    return (
      <Empty title="Nothing was found">
        No loaded feed names a flaw in its components. What the feeds do not cover stands above.
      </Empty>
    );
  }
  return (
    <Empty
      title="Nobody has handed in what is in it"
      command={`./fettle service sbom put ${service.name} bom.json --environment prod`}
    >
      A bill of materials (CycloneDX, SPDX) or a lock file of npm, pip, Go, Cargo, Maven and others
      says what it is made of. From then on each new advisory is compared with it.
    </Empty>
  );
}

const SHOWN = 8;

/** The form that asks for an exception for what this service contains of one package. */
function askHref(service: string, { source, ecosystem }: Action): string {
  const asking = { ask: "yes", by: "service", hosts: service, source, ecosystem };
  return `/exceptions?${new URLSearchParams(asking)}`;
}

function ActionItem(props: {
  readonly of: Action;
  readonly dates: Dates;
  /** Null of a past day. */
  readonly askHref: string | null;
}) {
  const { of, dates } = props;
  const all = [...of.cleared, ...of.remaining];
  const tone: Tone = of.exploited > 0 ? "bad" : of.target === null ? "waiting" : "attention";
  const ways = [...new Set(of.chains.map((chain) => chain.text))];
  return (
    <li className={styles["action"]}>
      <div className={styles["what"]}>
        <Mark tone={tone} reason={of.exploited > 0 ? "Known exploited" : null}>
          <b>{of.text}</b>
        </Mark>
        <span className="dim">
          {releaseName(of.ecosystem)}
          {of.cvss !== null && ` · CVSS ${of.cvss}`}
          {of.epss !== null && ` · EPSS ${of.epss.toFixed(3)}`}
          {of.isDevelopmentOnly && " · development only"}
        </span>
        {props.askHref !== null && <Go href={props.askHref}>Ask for an exception</Go>}
      </div>
      <Ids of={all.slice(0, SHOWN)} dates={datesIn(of, dates)} />
      {all.length > SHOWN && (
        <details>
          <summary className="dim">{all.length - SHOWN} more</summary>
          <Ids of={all.slice(SHOWN)} dates={datesIn(of, dates)} />
        </details>
      )}
      <ul className={styles["chains"]}>
        {ways.slice(0, 3).map((way) => (
          <li key={way}>{way}</li>
        ))}
        {ways.length > 3 && <li>and {ways.length - 3} other ways</li>}
      </ul>
    </li>
  );
}

function datesIn({ ecosystem, source }: Action, dates: Dates): (id: string) => Dated | undefined {
  return (id) => dates.get(`${ecosystem} ${source} ${id}`);
}

function Ids({
  of,
  dates,
}: {
  readonly of: readonly Vulnerability[];
  readonly dates: (id: string) => Dated | undefined;
}) {
  return (
    <ul className={styles["ids"]}>
      {of.map((one) => (
        <li key={one.id} title={[one.title, one.label].filter((text) => text !== "").join(". ")}>
          <Go href={one.href}>{one.id}</Go>
          {one.isExploited && <span className={styles["exploited"]}> exploited</span>}
          {one.fixedVersion !== null && <span className="dim"> fixed in {one.fixedVersion}</span>}
          <DueDate of={dates(one.id)} />
          {one.filters.map((filter) => (
            <span key={filter.source} className="dim" title={saidText(filter)}>
              {` ${filter.source} says ${filter.says}`}
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
