import { api, ask } from "../app/api.ts";
import { useSearch } from "../app/search-state.ts";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterField, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Person, useHandles } from "../parts/person.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { HeadCheck } from "./head-check.tsx";
import { filterFrom, type LedgerEvent, namesOf, shortObject } from "./ledger-model.ts";

export function AuditPage() {
  const [search, set] = useSearch();
  const query = filterFrom(search);
  const handles = useHandles();
  const people = [...handles].map(([value, label]) => ({ value, label }));
  return (
    <>
      <PageHead
        title="Audit"
        sentence="What happened, who did it, and the proof that nothing was taken out or changed afterwards."
      />
      <div style={{ marginBottom: 14 }}>
        <HeadCheck />
      </div>
      <FilterBar>
        <FilterField search={search} set={set} name="type" label="Type, as in change.approved" />
        <FilterField search={search} set={set} name="about" label="About, as in host:ID" />
        <FilterChoice search={search} set={set} name="actor" label="Who" choices={people} />
        <FilterReset search={search} set={set} names={["type", "about", "actor"]} />
      </FilterBar>
      <VirtualList
        listKey={["audit", query]}
        topics={["audit"]}
        label="events, newest first"
        single="event"
        columns={columns}
        href={(event) => (event.index === null ? "/audit" : `/audit/${event.index}`)}
        rowId={(event) => event.id}
        load={async ({ skip, limit }) => {
          const asked = { ...query, skip, limit, order: "newest" as const };
          const list = await ask(api.GET("/api/v1/audit/events", { params: { query: asked } }));
          const names = await namesOf(list.items);
          return {
            ...list,
            items: list.items.map((event) => ({ ...event, name: names[event.object] })),
          };
        }}
        empty={
          <Empty title="No event is like that" command="fettle audit list">
            Every change of state writes an event. Clear the filters to see all of them; the same
            list in the terminal:
          </Empty>
        }
      />
    </>
  );
}

const columns: readonly Column<LedgerEvent & { readonly name: string | undefined }>[] = [
  { title: "Entry", width: "76px", cell: (event) => event.index ?? "soon", isWideOnly: true },
  { title: "When", width: "104px", cell: (event) => <Instant at={event.at} /> },
  {
    title: "Who",
    width: "minmax(80px, 130px)",
    cell: (event) => <Person subject={event.actor} />,
    isWideOnly: true,
  },
  {
    title: "What",
    width: "minmax(0, 3fr)",
    cell: (event) => <span title={event.type}>{event.sentence}</span>,
  },
  {
    title: "About",
    width: "minmax(120px, 170px)",
    cell: (event) => (
      <span className="dim" title={event.object}>
        {shortObject(event.object, event.name)}
      </span>
    ),
    isWideOnly: true,
  },
];
