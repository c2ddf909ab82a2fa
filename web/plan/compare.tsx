import { Table, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { hostsText } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice } from "../parts/filters.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

type Diff = Reply<"/api/v1/plans/{plan}/diff/{other}">;

/** What this plan does differently from an earlier one of the same case. */
export function Compare({ plan }: { readonly plan: Plan }) {
  const [search, set] = useSearch();
  const { patch, digest } = plan;
  const plans = useAnswer({
    key: ["plans", patch],
    topics: ["plans"],
    load: (signal) => ask(api.GET("/api/v1/plans", { params: { query: { patch } }, signal })),
  });
  return (
    <Answered of={plans} what="other plans">
      {({ items }) => {
        const others = items.filter((one) => one.digest !== digest);
        if (others.length === 0) {
          return (
            <Empty title="There is no other plan of this case" command="fettle plan diff FROM TO">
              When the case is planned again, what changed between the two stands here.
            </Empty>
          );
        }
        const choices = others.map((one) => {
          const made = new Date(one.createdAt).toLocaleString("en-GB");
          return { value: one.digest, label: `${one.digest.slice(0, 12)}, ${made}` };
        });
        const other = others.find((one) => one.digest === search["with"]);
        return (
          <>
            <FilterBar>
              <FilterChoice search={search} set={set} name="with" label="Plan" choices={choices} />
            </FilterBar>
            {other === undefined ? (
              <Text c="dimmed">Choose the plan to compare with.</Text>
            ) : (
              <DiffOf from={other.digest} to={digest} />
            )}
          </>
        );
      }}
    </Answered>
  );
}

function DiffOf({ from, to }: { readonly from: string; readonly to: string }) {
  const diff = useAnswer({
    key: ["diff", from, to],
    topics: [],
    load: (signal) => {
      const params = { path: { plan: from, other: to } };
      return ask(api.GET("/api/v1/plans/{plan}/diff/{other}", { params, signal }));
    },
  });
  return (
    <Answered of={diff} what="the differences">
      {(shown) => <Differences diff={shown} />}
    </Answered>
  );
}

function Differences({ diff }: { readonly diff: Diff }) {
  const rows: readonly (readonly [string, string, string])[] = [
    ...diff.fields.map((one) => [one.field, one.from, one.to] as const),
    ...diff.waves.map((one) => [ringName(one.ring), one.from, one.to] as const),
    ...diff.ringChanged.map((one) => [one.host, `ring ${one.from}`, `ring ${one.to}`] as const),
    ...diff.steps.map((one) => [one.step, hostsText(one.from), hostsText(one.to)] as const),
    ...diff.hostsAdded.map((host) => [host, "not in the plan", "in the plan"] as const),
    ...diff.hostsRemoved.map((host) => [host, "in the plan", "not in the plan"] as const),
    ...(diff.orderChangedAt === null
      ? []
      : [["order", "", `another from ${diff.orderChangedAt} on`] as const]),
  ];
  return (
    <>
      <ul className={styles["findings"]} aria-label="What changes">
        {diff.story.map((text) => (
          <li key={text}>
            <Sentence text={text} />
          </li>
        ))}
      </ul>
      {rows.length > 0 && <Exactly rows={rows} />}
    </>
  );
}

function Exactly({ rows }: { readonly rows: readonly (readonly [string, string, string])[] }) {
  return (
    <div className={styles["scroll"]}>
      <Table aria-label="Differences">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What</Table.Th>
            <Table.Th>There</Table.Th>
            <Table.Th>Here</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([what, there, here]) => (
            <Table.Tr key={`${what}${there}`}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>
                <Sentence text={there} />
              </Table.Td>
              <Table.Td>
                <Sentence text={here} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
