import { SegmentedControl } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { AskedOfMe, useAsked } from "./asked.tsx";
import type { ListedChange } from "./change-model.ts";

export function ChangesPage() {
  const [search, set] = useSearch();
  const { patch } = search;
  const isMine = search["waiting"] === "me";
  const state = wordsOf("change").find(({ name }) => name === search["state"])?.name as
    | ListedChange["state"]
    | undefined;
  const query = {
    ...(isMine ? { waiting: "me" as const } : {}),
    ...(state === undefined ? {} : { state }),
    ...(patch === undefined ? {} : { patch }),
  };
  return (
    <>
      <PageHead title="Changes" sentence={<Verdict />} />
      <FilterBar>
        <SegmentedControl
          aria-label="Which changes"
          size="xs"
          value={isMine ? "me" : "all"}
          onChange={(value) => set({ waiting: value === "me" ? "me" : "" })}
          data={[
            { value: "all", label: "All" },
            { value: "me", label: "Wait for me" },
          ]}
        />
        <FilterChoice
          search={search}
          set={set}
          name="state"
          label="State"
          choices={choicesOf("change")}
        />
        {patch !== undefined && <span className="dim">of one patch</span>}
        <FilterReset search={search} set={set} names={["state", "waiting", "patch"]} />
      </FilterBar>
      {isMine && <AskedOfMe />}
      <VirtualList
        listKey={["changes", query]}
        topics={["changes"]}
        label="changes"
        single="change"
        columns={columns}
        href={(change) => `/changes/${change.number}`}
        rowId={(change) => change.id}
        load={({ skip, limit }) =>
          ask(api.GET("/api/v1/changes", { params: { query: { ...query, skip, limit } } }))
        }
        empty={<NoChange isMine={isMine} isFiltered={Object.keys(query).length > 0} />}
      />
    </>
  );
}

function Verdict() {
  const inbox = useAnswer({
    key: ["changes", "waiting"],
    topics: ["changes"],
    load: (signal) =>
      ask(api.GET("/api/v1/changes", { params: { query: { waiting: "me" } }, signal })),
  });
  const asked = useAnswer({
    key: ["exceptions", "waiting"],
    topics: ["exceptions"],
    load: (signal) =>
      ask(api.GET("/api/v1/exceptions", { params: { query: { waiting: "me" } }, signal })),
  });
  const others = useAsked().data?.items.length ?? 0;
  const count = inbox.data?.total;
  const exceptions = asked.data?.total ?? 0;
  if (count === undefined) return <>&nbsp;</>;
  const also = (
    <>
      {exceptions > 0 && (
        <>
          {" "}
          <Go href="/exceptions?waiting=me">
            {exceptions} {exceptions === 1 ? "exception waits" : "exceptions wait"}
          </Go>{" "}
          for your decision.
        </>
      )}
      {others > 0 && (
        <>
          {" "}
          <Go href="/changes?waiting=me">
            {others === 1 ? "1 person asks" : `${others} more ask`} for your word
          </Go>
          , to lend rights or to go on.
        </>
      )}
    </>
  );
  if (count === 0) {
    const isQuiet = exceptions === 0 && others === 0;
    return isQuiet ? <>Nothing waits for your approval.</> : <>No change waits.{also}</>;
  }
  return (
    <>
      <Go href="/changes?waiting=me">
        {count} {count === 1 ? "change waits" : "changes wait"}
      </Go>{" "}
      for your approval. Read exactly what is signed before you sign it.{also}
    </>
  );
}

function NoChange(props: { readonly isMine: boolean; readonly isFiltered: boolean }) {
  if (props.isMine) {
    return (
      <Empty title="No change waits for you" action={<Go href="/changes">Show all changes</Go>}>
        A change waits here when somebody else asked for it, you may approve for all of its hosts,
        and you have not signed it yet.
      </Empty>
    );
  }
  if (props.isFiltered) {
    return <Empty title="No change is like that">Clear the filters to see all of them.</Empty>;
  }
  return (
    <Empty
      title="Nobody has asked for a change yet"
      action={<Go href="/patches">Go to the patches</Go>}
      command={'fettle change request --plan DIGEST --reason "why"'}
    >
      A change asks people to approve one plan. Plan a patch, then ask for approval there, or:
    </Empty>
  );
}

const columns: readonly Column<ListedChange>[] = [
  { title: "Change", width: "84px", cell: (change) => change.number },
  {
    title: "What",
    width: "minmax(140px, 3fr)",
    cell: (change) => (
      <>
        {change.title}
        {change.class === "emergency" && <b style={{ color: "var(--bad)" }}> emergency</b>}
      </>
    ),
  },
  {
    title: "State",
    width: "124px",
    cell: (change) => <StateWord group="change" name={change.state} />,
  },
  { title: "Risk", width: "72px", cell: (change) => change.level, isWideOnly: true },
  {
    title: "Approvals",
    width: "86px",
    cell: (change) => `${change.approvals} of ${change.need}`,
    isWideOnly: true,
  },
  {
    title: "Hosts",
    width: "70px",
    cell: (change) => change.risk.hosts.toLocaleString("en"),
    isNumber: true,
    isWideOnly: true,
  },
  {
    title: "Asked by",
    width: "minmax(80px, 1fr)",
    cell: (change) => change.requester,
    isWideOnly: true,
  },
  {
    title: "Asked",
    width: "110px",
    cell: (change) => <Instant at={change.requestedAt} />,
    isWideOnly: true,
  },
  {
    title: "Expires",
    width: "110px",
    cell: (change) => <Instant at={change.expiresAt} />,
    isWideOnly: true,
  },
];
