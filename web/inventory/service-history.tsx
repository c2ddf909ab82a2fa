import { Button, Table } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import styles from "./service.module.css";
import type { ShownService } from "./shown-service.ts";

type Row = Reply<"/api/v1/services/{service}/history">["items"][number];
type Diff = Reply<"/api/v1/services/{service}/diff">;

/** What was deployed and when; two states of an artifact can be compared. */
export function ServiceHistory({ of }: { readonly of: ShownService }) {
  const { service } = of.judged;
  const [search, set] = useSearch();
  const history = useAnswer({
    key: ["service", service.id, "history"],
    topics: [`service:${service.id}`, "services"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/services/{service}/history", {
          params: { path: { service: service.id } },
          signal,
        }),
      ),
  });
  const isAsked = (search["to"] ?? "") !== "";
  return (
    <Answered of={history} what="the history">
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing was ever handed in">
            Each version that is handed in stands here, to be compared with the one before.
          </Empty>
        ) : (
          <>
            {isAsked && <Compared service={service.id} search={search} />}
            <Rows
              items={items}
              onCompare={(row) =>
                set({ artifact: row.artifact, environment: row.environment, to: row.since })
              }
            />
          </>
        )
      }
    </Answered>
  );
}

function Rows(props: { readonly items: readonly Row[]; readonly onCompare: (row: Row) => void }) {
  return (
    <div style={{ overflowX: "auto" }}>
      <Table aria-label="What was deployed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Artifact</Table.Th>
            <Table.Th scope="col">Version</Table.Th>
            <Table.Th scope="col">Since</Table.Th>
            <Table.Th scope="col">Until</Table.Th>
            <Table.Th scope="col">Entries</Table.Th>
            <Table.Th scope="col">By</Table.Th>
            <Table.Th scope="col">
              <span className="dim">Compare</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.items.map((row) => (
            <Table.Tr key={`${row.artifact} ${row.environment} ${row.since}`}>
              <Table.Td title={row.documentName}>
                {row.artifact}
                {row.environment !== "" && <span className="dim"> in {row.environment}</span>}
              </Table.Td>
              <Table.Td>{row.version || <span className="dim">not said</span>}</Table.Td>
              <Table.Td>
                <Instant at={row.since} />
              </Table.Td>
              <Table.Td>{row.until === null ? "now" : <Instant at={row.until} />}</Table.Td>
              <Table.Td>{row.componentCount.toLocaleString("en")}</Table.Td>
              <Table.Td>
                <Person subject={row.putBy} />
              </Table.Td>
              <Table.Td>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`What changed in ${row.artifact} ${row.version}`}
                  onClick={() => props.onCompare(row)}
                >
                  What changed
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** What one change brought, against what was there right before it. */
function Compared({ service, search }: { readonly service: string; readonly search: Search }) {
  const { artifact = "main", environment = "", to = "" } = search;
  const diff = useAnswer({
    key: ["service", service, "diff", artifact, environment, to],
    topics: [`service:${service}`, "findings"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/services/{service}/diff", {
          params: { path: { service }, query: { artifact, environment, to } },
          signal,
        }),
      ),
  });
  return (
    <div className={styles["compared"]}>
      <Panel title="What changed">
        <Answered of={diff} what="the comparison">
          {(answer) => <DiffText of={answer} />}
        </Answered>
      </Panel>
    </div>
  );
}

function DiffText({ of }: { readonly of: Diff }) {
  const { before, after, came, went, changed, newFindings, clearedFindings } = of;
  const name = (one: NonNullable<Diff["before"]>): string => one.version || one.since;
  const isSame = came.length + went.length + changed.length === 0;
  return (
    <>
      <p style={{ marginTop: 0 }}>
        {after.artifact}: from {before === null ? "nothing" : name(before)} to {name(after)}.{" "}
        {isSame
          ? "The same entries."
          : `${came.length} came, ${went.length} went, ${changed.length} changed.`}
      </p>
      <Findings title="New findings" of={newFindings} />
      <Findings title="Cleared findings" of={clearedFindings} />
      <details open={came.length + went.length + changed.length <= 30}>
        <summary>Entries</summary>
        <ul className={styles["diff"]}>
          {came.map((one) => (
            <li key={`+${one.ecosystem}${one.name}`}>
              + {one.name} {one.versions.join(", ")}
            </li>
          ))}
          {went.map((one) => (
            <li key={`-${one.ecosystem}${one.name}`}>
              − {one.name} {one.versions.join(", ")}
            </li>
          ))}
          {changed.map((one) => (
            <li key={`~${one.ecosystem}${one.name}`}>
              {one.name} {one.before.join(", ")} → {one.versions.join(", ")}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Findings(props: { readonly title: string; readonly of: Diff["newFindings"] }) {
  if (props.of.length === 0) return null;
  return (
    <p>
      {props.title}:{" "}
      {props.of.map((one, at) => (
        <span key={one.id}>
          {at > 0 && ", "}
          <Go href={one.href}>{one.id}</Go>
          {one.isExploited && " (exploited)"}
        </span>
      ))}
    </p>
  );
}
