import { Table } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import type { Search } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import { asOfQuery } from "./as-of.tsx";
import styles from "./intel.module.css";
import { KnownScores } from "./known-scores.tsx";

type Known = Reply<"/api/v1/vulnerabilities/{vulnerability}">;

/** Everything known of a vulnerability beside each other: who says what, who decided, since when. */
export function KnownOf({ id, search }: { readonly id: string; readonly search: Search }) {
  const query = asOfQuery(search);
  const known = useAnswer({
    key: ["vulnerability", id, query],
    topics: ["findings", "hosts", "feeds"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/vulnerabilities/{vulnerability}", {
          params: { path: { vulnerability: id }, query },
          signal,
        }),
      ),
  });
  return (
    <Answered of={known} what="what sources say">
      {(answer) => <Shown of={answer} />}
    </Answered>
  );
}

function Shown({ of }: { readonly of: Known }) {
  return (
    <>
      {of.notYetKnown !== null && (
        <p>
          <Mark tone="unknown">Not yet known</Mark> {of.notYetKnown}
        </p>
      )}
      {(of.filters.length > 0 ||
        of.runtimeLeftOutCount > 0 ||
        (of.exceptions ?? []).length > 0) && (
        <Part title="Set aside or excepted">
          <Filters of={of} />
        </Part>
      )}
      <Part title="What sources say">
        <Sayings of={of} />
      </Part>
      <div className={styles["split"]}>
        <Panel title="Scores">
          <KnownScores of={of} />
        </Panel>
        <Panel title="The record">
          <Facts of={facts(of)} />
        </Panel>
      </div>
      <Part title="What it is">
        {of.texts
          .filter(({ description, title }) => description !== "" || title !== "")
          .map(({ feed, description, title }) => (
            <div key={feed} className={styles["text"]}>
              <div className="dim">{feed}</div>
              {description === "" ? title : description}
            </div>
          ))}
      </Part>
      <Part title="When we learned it">
        <ol className={styles["steps"]}>
          {of.timeline.map(({ at, sentence, source }) => (
            <li key={`${at} ${sentence}`}>
              <time dateTime={at}>{at.slice(0, 16).replace("T", " ")}</time>
              <span>
                {sentence} <span className="dim">{source}</span>
              </span>
            </li>
          ))}
        </ol>
      </Part>
      {of.references.length > 0 && (
        <Part title="References">
          <ul className={styles["links"]}>
            {of.references.map(({ url, feeds }) => (
              <li key={url}>
                <span className="mono">{url}</span> <span className="dim">{feeds.join(", ")}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  );
}

function Part(props: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <div style={{ marginBottom: 16 }}>
      <Panel title={props.title}>{props.children}</Panel>
    </div>
  );
}

function Filters({ of }: { readonly of: Known }) {
  return (
    <ul className={styles["links"]}>
      {of.filters.map(({ filter, hostCount }) => (
        <li key={`${filter.source} ${filter.says} ${filter.justification}`}>
          <Mark tone={filter.isSetAside ? "good" : "unknown"}>
            {filter.isSetAside ? "Set aside" : filter.isLowered ? "Lowered" : "Shown only"}
          </Mark>{" "}
          {filter.author || "An unnamed author"} says {filter.says} on {plural(hostCount, "host")} (
          {filter.source}){filter.justification !== "" && `: ${filter.justification}`}.{" "}
          <span className="dim">
            {filter.trust}
            {filter.until !== null && ` Until ${filter.until.slice(0, 10)}.`}
          </span>
        </li>
      ))}
      {of.runtimeLeftOutCount > 0 && (
        <li className="dim">
          What runs is not counted on {plural(of.runtimeLeftOutCount, "more host")}: too many are
          unlike others.
        </li>
      )}
      {(of.exceptions ?? []).map(({ ref, state, until, reason, href }) => (
        <li key={ref}>
          <Go href={href}>{ref}</Go> {state}
          {until !== null && ` until ${until.slice(0, 10)}`}: {reason}
        </li>
      ))}
    </ul>
  );
}

const SHOWN_MAX = 200;

function Sayings({ of }: { readonly of: Known }) {
  if (of.sayings.length === 0) return <div className="dim">No loaded feed names a package.</div>;
  const sorted = of.sayings.toSorted((a, b) => b.decided - a.decided || a.rank - b.rank);
  return (
    <>
      <Table.ScrollContainer minWidth={640}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Source</Table.Th>
              <Table.Th>Package</Table.Th>
              <Table.Th>Says</Table.Th>
              <Table.Th>Decides</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.slice(0, SHOWN_MAX).map((saying) => (
              <Table.Tr
                key={`${saying.feed} ${saying.ecosystem} ${saying.advisory} ${saying.packages[0]} ${saying.since} ${saying.says}`}
              >
                <Table.Td>
                  {saying.feed}
                  <div className="dim">{saying.advisory}</div>
                </Table.Td>
                <Table.Td>
                  {saying.packages.slice(0, 4).join(", ")}
                  <div className="dim">{releaseName(saying.ecosystem)}</div>
                </Table.Td>
                <Table.Td>
                  {saying.says}
                  <div className="dim">since {saying.since.slice(0, 10)}</div>
                </Table.Td>
                <Table.Td>{saying.why}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {sorted.length > SHOWN_MAX && <p className="dim">And {sorted.length - SHOWN_MAX} more.</p>}
      <details className="dim">
        <summary>Who decides where sources differ</summary>
        {of.precedence.map((name, at) => `${at + 1}. ${name}`).join("; ")}
      </details>
    </>
  );
}

function facts(of: Known): Parameters<typeof Facts>[0]["of"] {
  const ids = (list: Known["aliases"]): string =>
    list.length === 0 ? "none known" : list.map(({ id }) => id).join(", ");
  return [
    ["Status", of.status],
    ["Weaknesses", ids(of.weaknesses)],
    ["The same as", ids(of.aliases)],
    ["Covers or is about", ids(of.related)],
    ["Records", of.texts.map(({ feed }) => feed).join(", ") || "none"],
  ];
}
