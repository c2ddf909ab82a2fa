import type { ReactNode } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import type { Search } from "../app/search-state.ts";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";

export type JudgedService = Reply<"/api/v1/services">["items"][number];

export const SERVICE_TOPICS = ["services", "findings", "hosts"];

export function serviceQuery(search: Search) {
  const { q = "", label = "" } = search;
  return { ...(q === "" ? {} : { q }), ...(label === "" ? {} : { label }) };
}

/** Services with what is wrong in them and on their hosts, by name or the worst first. */
export function ServiceList(props: {
  readonly search: Search;
  readonly order: "name" | "urgency";
  readonly add?: ReactNode;
}) {
  const { search, order, add } = props;
  const query = { ...serviceQuery(search), order };
  const isFiltered = Object.keys(query).length > 1;
  return (
    <VirtualList
      label="services"
      single="service"
      listKey={["services", query]}
      topics={SERVICE_TOPICS}
      load={(range) =>
        ask(api.GET("/api/v1/services", { params: { query: { ...query, ...range } } }))
      }
      rowId={(row) => row.service.id}
      columns={columns}
      href={(row) => `/services/${row.service.name}`}
      empty={
        isFiltered ? (
          <Empty title="No service matches these filters">Take one of them away.</Empty>
        ) : (
          <Empty
            title="No services yet"
            command="./fettle service add shop --team payments --hosts service=shop"
            action={add}
          >
            Here stands what you build and run: who answers for it, which hosts run it, and what is
            in it by its bills of materials and lock files, judged like the packages of hosts.
          </Empty>
        )
      }
    />
  );
}

function OnHosts({ row }: { readonly row: JudgedService }) {
  const { hostFindings: of, hostCount } = row;
  if (hostCount === 0) return <span className="dim">no hosts</span>;
  if (of === null) return <span className="dim">not shown</span>;
  if (of.exploited > 0) return <Mark tone="bad">{of.exploited} exploited</Mark>;
  return <>{of.open.toLocaleString("en")}</>;
}

const columns: readonly Column<JudgedService>[] = [
  {
    title: "Service",
    width: "minmax(0, 1.6fr)",
    cell: ({ service }) => (
      <>
        {service.name}
        {service.title !== "" && <span className="dim"> {service.title}</span>}
      </>
    ),
  },
  {
    title: "Team",
    width: "minmax(0, 1fr)",
    isWideOnly: true,
    cell: ({ service }) => service.team || <span className="dim">nobody named</span>,
  },
  {
    title: "Components",
    width: "minmax(130px, 168px)",
    cell: ({ state }) => (
      <Mark tone={state.state} reason={state.reason}>
        {state.label}
      </Mark>
    ),
  },
  {
    title: "Entries",
    width: "76px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.componentCount.toLocaleString("en"),
  },
  {
    title: "Not known",
    width: "88px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.unknownCount.toLocaleString("en"),
  },
  {
    title: "Hosts",
    width: "60px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.hostCount.toLocaleString("en"),
  },
  { title: "On its hosts", width: "116px", isWideOnly: true, cell: (row) => <OnHosts row={row} /> },
  {
    title: "Handed in",
    width: "104px",
    isWideOnly: true,
    cell: (row) => <Instant at={row.updatedAt} />,
  },
];
