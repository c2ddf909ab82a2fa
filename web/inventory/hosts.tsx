import type { ReactNode } from "react";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { type Action, actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { CsvLink } from "../parts/csv-link.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterField, FilterReset } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { AddHost } from "./add-host.tsx";
import { HostFacets } from "./host-facets.tsx";
import {
  HOST_TOPICS,
  type HostList,
  hostFilters,
  hostQuery,
  type ShownHost,
} from "./host-model.ts";
import { ImportHosts } from "./import-hosts.tsx";
import { LabelList } from "./labels.tsx";
import { Scans } from "./scans.tsx";
import { StartScan } from "./start-scan.tsx";

/** All hosts, each in four separate respects. */
export function HostsPage() {
  const [search, set] = useSearch();
  const query = hostQuery(search);
  const first = useAnswer({
    key: ["hosts", "counts", query],
    topics: HOST_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/hosts", { params: { query: { ...query, limit: 1 } }, signal })),
  });
  const isFiltered = Object.keys(query).length > 0;
  const actions = first.data?.actions ?? [];
  const add = actionFor(actions, "add");
  return (
    <>
      <PageHead
        title="Hosts"
        sentence={first.data && <Sentence of={first.data} isFiltered={isFiltered} />}
        actions={
          <>
            <CsvLink path="/api/v1/hosts" query={query} />
            <StartScan
              action={actionFor(actions, "scan")}
              total={first.data?.total ?? 0}
              query={query}
            />
            <Opening action={actionFor(actions, "import")} onOpen={() => set({ add: "list" })} />
            <Opening action={add} isPrimary onOpen={() => set({ add: "host" })} />
          </>
        }
      />
      <Scans />
      <Answered of={first} what="hosts">
        {(answer) => <HostFacets facets={answer.facets} search={search} set={set} />}
      </Answered>
      <FilterBar>
        <FilterField search={search} set={set} label="Name, address or label" />
        <FilterField
          search={search}
          set={set}
          name="label"
          label="Labels, as in env=prod,!canary"
        />
        <FilterReset search={search} set={set} names={hostFilters} />
      </FilterBar>
      <Rows
        search={search}
        isFiltered={isFiltered}
        add={<Opening action={add} isPrimary onOpen={() => set({ add: "host" })} />}
      />
      {search["add"] === "host" && <AddHost onClose={() => set({ add: "" })} />}
      {search["add"] === "list" && <ImportHosts onClose={() => set({ add: "" })} />}
    </>
  );
}

/** A button that opens a form, as far as the API allows what the form does. */
function Opening(props: {
  readonly action: Action | undefined;
  readonly isPrimary?: boolean;
  readonly onOpen: () => void;
}) {
  const { action, isPrimary, onOpen } = props;
  if (action === undefined) return null;
  return (
    <GuardedButton
      action={action}
      {...(isPrimary === true ? { variant: "filled" } : {})}
      onClick={onOpen}
    >
      {action.label}
    </GuardedButton>
  );
}

/** What needs somebody, in words; each number leads to its hosts. */
function Sentence(props: { readonly of: HostList; readonly isFiltered: boolean }) {
  const { of, isFiltered } = props;
  const { facets, total } = of;
  if (total === 0) return null;
  const hosts = total === 1 ? "1 host" : `${total.toLocaleString("en")} hosts`;
  const parts = [
    [facets.risk.bad, "with a known exploited flaw", "risk=bad"],
    [facets.reach.bad, "unreachable", "reach=bad"],
    [facets.fresh.attention, "with a stale inventory", "fresh=attention"],
    [facets.fresh.unknown, "never inspected", "fresh=unknown"],
  ] as const;
  const told = parts.filter(([count]) => count > 0);
  return (
    <>
      {isFiltered ? `${hosts} chosen` : hosts}
      {told.map(([count, words, filter], at) => (
        <span key={filter}>
          {at === 0 ? ": " : ", "}
          <Go href={`/hosts?${filter}`}>
            {count.toLocaleString("en")} {words}
          </Go>
        </span>
      ))}
      {told.length === 0 &&
        facets.risk.unknown === 0 &&
        ": all inspected lately, none with a known exploited flaw"}
      .
    </>
  );
}

function Rows(props: {
  readonly search: Search;
  readonly isFiltered: boolean;
  readonly add: ReactNode;
}) {
  const { search, isFiltered, add } = props;
  const query = hostQuery(search);
  return (
    <VirtualList
      label="hosts"
      listKey={["hosts", query]}
      topics={HOST_TOPICS}
      load={(range) => ask(api.GET("/api/v1/hosts", { params: { query: { ...query, ...range } } }))}
      rowId={(host) => host.id}
      columns={columns}
      href={(host) => `/hosts/${host.name}`}
      empty={isFiltered ? <NoneChosen /> : <NoHosts add={add} />}
    />
  );
}

function NoneChosen() {
  return (
    <Empty title="No host matches these filters">
      Take one of the filters away, or write the label expression another way: env=prod, service in
      (web,db), !canary.
    </Empty>
  );
}

function NoHosts({ add }: { readonly add: ReactNode }) {
  return (
    <Empty
      title="No hosts yet"
      command="./fettle host add web-1 --ssh root@192.0.2.10"
      action={add}
    >
      Here stands every machine that is looked after: whether it answers, how fresh its inventory
      is, whether it waits for a restart and what threatens it. Hosts are reached over SSH; nothing
      is installed on them for looking.
    </Empty>
  );
}

const columns: readonly Column<ShownHost>[] = [
  { title: "Host", width: "minmax(0, 1.4fr)", cell: (host) => host.name },
  {
    title: "Risk",
    width: "minmax(120px, 152px)",
    cell: (host) => <StateMark of={host.states.risk} />,
  },
  { title: "Findings", width: "84px", isNumber: true, isWideOnly: true, cell: findings },
  {
    title: "Reach",
    width: "118px",
    isWideOnly: true,
    cell: (host) => <StateMark of={host.states.reachable} />,
  },
  {
    title: "Inventory",
    width: "130px",
    isWideOnly: true,
    cell: (host) => <StateMark of={host.states.fresh} />,
  },
  {
    title: "Restart",
    width: "150px",
    isWideOnly: true,
    cell: (host) => <StateMark of={host.states.reboot} />,
  },
  {
    title: "Labels",
    width: "minmax(0, 1.4fr)",
    isWideOnly: true,
    cell: (host) => <LabelList labels={host.labels} />,
  },
];

function findings({ findings: of }: ShownHost) {
  if (of === null) return <span className="dim">not known</span>;
  return of.open.toLocaleString("en");
}

function StateMark({ of }: { readonly of: ShownHost["states"]["risk"] }) {
  return (
    <Mark tone={of.state} reason={of.reason}>
      {of.label}
    </Mark>
  );
}
