import { Group, SegmentedControl, Text } from "@mantine/core";
import { useMemo } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Chart } from "../parts/chart.tsx";
import { colourOf, dayAxes } from "../parts/day-lines.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./debt.module.css";

type Debt = Reply<"/api/v1/debt">;

/** What stays open although it should not: how much, whose it is, and what clears most of it. */
export function DebtPage() {
  const [search, set] = useSearch();
  const by = search["by"] ?? "team";
  const days = search["days"] ?? "60";
  const debt = useAnswer({
    key: ["debt", by, days],
    topics: ["findings", "exceptions", "deferrals", "hosts"],
    load: (signal) =>
      ask(api.GET("/api/v1/debt", { params: { query: { by, days: Number(days) } }, signal })),
  });
  return (
    <>
      <PageHead title="Debt" sentence={debt.data?.sentence ?? "\u00a0"} />
      <FilterBar>
        <SegmentedControl
          aria-label="Told apart by"
          size="xs"
          value={by}
          onChange={(value) => set({ by: value })}
          data={(debt.data?.labels ?? [by]).map((label) => ({
            value: label,
            label: `by ${label}`,
          }))}
        />
        <SegmentedControl
          aria-label="Days back"
          size="xs"
          value={days}
          onChange={(value) => set({ days: value })}
          data={["30", "60", "180"].map((value) => ({ value, label: `${value} days` }))}
        />
      </FilterBar>
      <Answered of={debt} what="debt">
        {(answer) => <Shown debt={answer} />}
      </Answered>
    </>
  );
}

function Shown({ debt }: { readonly debt: Debt }) {
  if (debt.curve.every((day) => day.points === null)) {
    return (
      <Empty title="Nothing is known yet" command="fettle host scan --all">
        Debt follows from what hosts had and what was known of it, day by day. It begins with the
        first inspection.
      </Empty>
    );
  }
  return (
    <>
      <Group gap="lg" mb="md">
        {debt.standing.map(({ name, tone, label, findings }) => (
          <Mark key={name} tone={tone}>
            <b>{findings.toLocaleString("en")}</b> {label}
          </Mark>
        ))}
        {debt.unknownHosts > 0 && (
          <Mark tone="unknown">
            of <Go href="/hosts?fresh=unknown">{debt.unknownHosts.toLocaleString("en")}</Go>{" "}
            {debt.unknownHosts === 1 ? "host" : "hosts"} nothing is known
          </Mark>
        )}
      </Group>
      <Panel title="Points by day">
        <Curve debt={debt} />
      </Panel>
      <div className={styles["split"]}>
        <Groups debt={debt} />
        <Contributors debt={debt} />
      </div>
      <Text size="xs" c="dimmed" mt="md">
        Weighed by {debt.policy.file}. What was on which host, what was known of it, and what was
        excepted or put off are those of each day; weights, dates and labels are those of today.
      </Text>
    </>
  );
}

const colours = { overdue: "--bad", deferred: "--running", excepted: "--attention" } as const;
const patterns = { overdue: "solid", deferred: "dashed", excepted: "dotted" } as const;

function Curve({ debt }: { readonly debt: Debt }) {
  const option = useMemo(() => optionFor(debt), [debt]);
  const known = debt.curve.filter((day) => day.points !== null);
  const [first, last] = [known[0], known.at(-1)];
  const summary = `From ${first?.day} to ${last?.day}: ${first?.points} to ${last?.points} points.`;
  return <Chart option={option} summary={summary} height={250} />;
}

function optionFor({ curve, kinds }: Debt) {
  return {
    ...dayAxes(curve),
    series: kinds.map(({ name, label }) => ({
      name: label,
      type: "line" as const,
      stack: "debt",
      step: "end" as const,
      showSymbol: curve.filter((day) => day.points !== null).length < 3,
      showAllSymbol: true,
      data: curve.map((day) => day.split?.[name] ?? null),
      areaStyle: { opacity: 0.18, color: colourOf(colours[name]) },
      lineStyle: { color: colourOf(colours[name]), width: 2, type: patterns[name] },
      itemStyle: { color: colourOf(colours[name]) },
    })),
  };
}

function Groups({ debt }: { readonly debt: Debt }) {
  return (
    <Panel title={`By ${debt.by}`}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">{debt.by}</th>
            <th scope="col">Points</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {debt.groups.map((group) => (
            <tr key={group.label}>
              <th scope="row">
                {group.name === null ? (
                  <span className="dim">{group.label}</span>
                ) : (
                  <Go href={`/hosts?label=${encodeURIComponent(`${debt.by}=${group.name}`)}`}>
                    {group.label}
                  </Go>
                )}
                <div className="dim">{splitText(debt, group.split)}</div>
              </th>
              <td>{group.points.toLocaleString("en")}</td>
              <td>{signed(group.change)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Contributors({ debt }: { readonly debt: Debt }) {
  if (debt.contributors.length === 0) {
    return (
      <Panel title="What weighs most">
        <Text size="sm" c="dimmed">
          Nothing weighs anything today.
        </Text>
      </Panel>
    );
  }
  return (
    <Panel title="What weighs most">
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Points</th>
            <th scope="col">Hosts</th>
          </tr>
        </thead>
        <tbody>
          {debt.contributors.map((one) => (
            <tr key={`${one.ecosystem} ${one.source}`}>
              <th scope="row">
                <Go href={one.href}>{one.source}</Go>
                <div className="dim">{one.clears}</div>
                {one.services.length > 0 && (
                  <div className="dim">In {one.services.slice(0, 4).join(", ")}</div>
                )}
              </th>
              <td title={splitText(debt, one.split)}>{one.points.toLocaleString("en")}</td>
              <td>{one.hosts.toLocaleString("en")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function splitText(debt: Debt, split: Debt["groups"][number]["split"]): string {
  const parts = debt.kinds
    .filter(({ name }) => split[name] > 0)
    .map(({ name, label }) => `${split[name].toLocaleString("en")} ${label}`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

function signed(change: number): string {
  return change > 0 ? `+${change.toLocaleString("en")}` : change.toLocaleString("en");
}
