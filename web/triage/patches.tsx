import { Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { Empty } from "../parts/empty.tsx";
import {
  ExploitedChoice,
  FilterBar,
  FilterChoice,
  FilterField,
  FilterReset,
} from "../parts/filters.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { DeadlinePill } from "./deadline-pill.tsx";
import {
  FIX_FIRST_TOPICS,
  FixFirstList,
  HOST_FILTERS,
  hostsQuery,
  percent,
  plural,
} from "./fix-first-list.tsx";
import { ForecastMark, useForecasts } from "./forecast.tsx";
import { Outcome } from "./priority-path.tsx";
import { StageLine } from "./stages.tsx";
import { ReleaseTrains } from "./trains.tsx";

/** What to fix first and how far each case is; beside it every case there ever was. */
export function PatchesPage() {
  const first = useAnswer({
    key: ["fix-first", "sum"],
    topics: FIX_FIRST_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/fix-first", { params: { query: { limit: 1 } }, signal })),
  });
  return (
    <>
      <PageHead title="Patches" sentence={first.data && <Sentence of={first.data} />} />
      <UrlTabs
        label="Which patches"
        tabs={[
          { name: "queue", title: "Queue, fix first", page: () => <Queue /> },
          { name: "order", title: "Open cases, first things first", page: () => <OpenCases /> },
          { name: "trains", title: "Release trains", page: () => <ReleaseTrains /> },
          { name: "cases", title: "All cases", page: () => <Cases /> },
        ]}
      />
    </>
  );
}

/** The one thing to do next: the best row, in words. */
function Sentence({ of }: { readonly of: Reply<"/api/v1/fix-first"> }) {
  const { offered, items } = of;
  const [best] = items;
  if (best === undefined) return null;
  if (offered.updates === 0) {
    return <>No update is offered for any of the {plural(of.total, "affected package")} yet.</>;
  }
  const exploited =
    offered.exploited === 0
      ? ""
      : `, ${plural(offered.exploited, "known exploited flaw")} among them`;
  const href = best.case?.href ?? `/findings?by=vulnerability&q=${encodeURIComponent(best.source)}`;
  return (
    <>
      {plural(offered.updates, "update")} on offer would clear {plural(offered.findings, "finding")}
      {exploited}. First:{" "}
      <Go href={href}>
        {best.source}, which clears {plural(best.findingsCleared, "finding")} on{" "}
        {plural(best.hosts, "host")}
      </Go>
      .
    </>
  );
}

function Queue() {
  const [search, set] = useSearch();
  return (
    <>
      <FilterBar>
        <FilterField search={search} set={set} label="Package or CVE" />
        <ExploitedChoice search={search} set={set} />
        <FilterField search={search} set={set} name="label" label="Hosts: env=prod" isShort />
        <FilterField search={search} set={set} name="team" label="Team" isShort />
        <FilterField search={search} set={set} name="runs" label="Service" isShort />
        <FilterReset search={search} set={set} names={["q", "exploited", ...HOST_FILTERS]} />
      </FilterBar>
      <Uncleared search={search} />
      <FixFirstList search={search} />
    </>
  );
}

/** What all updates together clear on these hosts, and what none of them does. */
function Uncleared({ search }: { readonly search: Search }) {
  const query = { limit: 1, ...hostsQuery(search) };
  const answer = useAnswer({
    key: ["fix-first", "uncleared", query],
    topics: FIX_FIRST_TOPICS,
    load: (signal) => ask(api.GET("/api/v1/fix-first", { params: { query }, signal })),
  });
  const { data } = answer;
  if (data === undefined || data.uncleared.length === 0) return null;
  return (
    <Text size="sm" mb="xs" c="dimmed">
      Updates on offer clear {percent(data.offered.clearable)} of the known risk. No update clears{" "}
      {data.uncleared.map((one, at) => (
        <span key={one.remedy}>
          {at > 0 && "; "}
          {plural(one.findings, "finding")} of {plural(one.sources, "package")} ({one.label},{" "}
          {percent(one.share)})
        </span>
      ))}
      .
    </Text>
  );
}

/** The open cases in the order of the priority table. */
function OpenCases() {
  const forecasts = useForecasts();
  const shown: readonly Column<Case>[] = [
    ...columns.filter(({ title }) => title !== "Clears"),
    {
      title: "Forecast",
      width: "130px",
      isWideOnly: true,
      cell: (item) => <ForecastMark item={forecasts.get(item.ref)} />,
    },
  ];
  return (
    <VirtualList
      label="open cases"
      listKey={["patches", "priority"]}
      topics={["patches"]}
      load={(range) =>
        ask(
          api.GET("/api/v1/patches", {
            params: { query: { order: "priority" as const, ...range } },
          }),
        )
      }
      rowId={(item) => item.id}
      columns={shown}
      href={(item) => `/patches/${item.ref}`}
      empty={
        <Empty title="No case is open" action={<Go href="/patches">See what to fix first</Go>}>
          Open cases stand here in the order of the priority policy: outcome, deadline, likelihood
          of exploitation, reach.
        </Empty>
      }
    />
  );
}

type Case = Reply<"/api/v1/patches">["items"][number];

function Cases() {
  const [search, set] = useSearch();
  const query = caseQuery(search);
  const isFiltered = Object.keys(query).length > 0;
  return (
    <>
      <FilterBar>
        <FilterField search={search} set={set} label="Title or CVE" />
        <FilterChoice
          search={search}
          set={set}
          name="state"
          label="State"
          choices={choicesOf("patch")}
        />
        <FilterReset search={search} set={set} names={["q", "state"]} />
      </FilterBar>
      <VirtualList
        label="cases"
        listKey={["patches", query]}
        topics={["patches"]}
        load={(range) =>
          ask(api.GET("/api/v1/patches", { params: { query: { ...query, ...range } } }))
        }
        rowId={(item) => item.id}
        columns={columns}
        href={(item) => `/patches/${item.ref}`}
        empty={
          isFiltered ? (
            <Empty title="No case matches these filters">Take one of them away to see more.</Empty>
          ) : (
            <Empty
              title="No cases yet"
              command="./fettle patch open openssl"
              action={<Go href="/patches">See what to fix first</Go>}
            >
              A case carries one update from its advisory to the proof that every host has it. Open
              one from a row of the queue.
            </Empty>
          )
        }
      />
    </>
  );
}

function caseQuery(search: Search) {
  const { q = "", state = "" } = search;
  const isKnown = wordsOf("patch").some(({ name }) => name === state);
  return {
    ...(q === "" ? {} : { q }),
    ...(isKnown ? { state: state as Case["state"] } : {}),
  };
}

const columns: readonly Column<Case>[] = [
  { title: "Case", width: "64px", cell: (item) => item.ref },
  {
    title: "Title",
    width: "minmax(0, 3fr)",
    cell: (item) => <span title={item.title}>{item.title}</span>,
  },
  {
    title: "Stage",
    width: "minmax(130px, 200px)",
    cell: (item) => <StageLine state={item.state} />,
  },
  {
    title: "Deadline",
    width: "160px",
    isWideOnly: true,
    cell: (item) => (
      <DeadlinePill
        at={item.excepted?.isExcepted === true ? item.excepted.effective : item.deadline.at}
        isOver={item.state === "closed" || item.state === "dropped"}
        excepted={item.excepted?.isExcepted === true ? item.excepted.sentence : null}
      />
    ),
  },
  {
    title: "Priority",
    width: "96px",
    isWideOnly: true,
    cell: (item) => <Outcome of={item.priority} />,
  },
  {
    title: "Urgency",
    width: "130px",
    isWideOnly: true,
    cell: (item) => (
      <>
        {item.urgency}{" "}
        <Text span c="dimmed" size="xs">
          {item.route}
        </Text>
      </>
    ),
  },
  {
    title: "Clears",
    width: "90px",
    isWideOnly: true,
    cell: (item) => plural(item.vulnerabilities.length, "flaw"),
  },
];
