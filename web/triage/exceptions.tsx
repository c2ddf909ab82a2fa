import { SegmentedControl } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { AskException } from "./ask-exception.tsx";
import { Deferrals } from "./deferrals.tsx";

export type Listed = Reply<"/api/v1/exceptions">["items"][number];
type State = Listed["state"];

/** What stays open on purpose: excepted with somebody's approval, or put off. */
export function ExceptionsPage() {
  const [search, set] = useSearch();
  const head = useExceptions({});
  const action = actionFor(head.data?.actions ?? [], "request");
  const isAsking = search["ask"] === "yes";
  return (
    <>
      <PageHead
        title="Exceptions"
        sentence={<Verdict />}
        actions={
          action !== undefined &&
          !isAsking && (
            <GuardedButton action={action} onClick={() => set({ ask: "yes" })}>
              {action.label}
            </GuardedButton>
          )
        }
      />
      {isAsking && <AskException onClose={() => set(closed)} />}
      <UrlTabs
        label="What stays open on purpose"
        tabs={[
          { name: "exceptions", title: "Excepted", page: () => <List /> },
          { name: "deferrals", title: "Put off", page: () => <Deferrals /> },
        ]}
      />
    </>
  );
}

const closed = {
  ask: "",
  vulnerability: "",
  source: "",
  ecosystem: "",
  hosts: "",
  by: "",
  patch: "",
};

export function useExceptions(query: {
  readonly waiting?: "me";
  readonly patch?: string;
  readonly vulnerability?: string;
}) {
  return useAnswer({
    key: ["exceptions", "some", query],
    topics: ["exceptions"],
    load: (signal) =>
      ask(api.GET("/api/v1/exceptions", { params: { query: { ...query, limit: 100 } }, signal })),
  });
}

function Verdict() {
  const all = useExceptions({});
  const mine = useExceptions({ waiting: "me" });
  if (all.data === undefined || mine.data === undefined) return <>&nbsp;</>;
  const { approved, requested } = all.data.counts;
  const waiting = mine.data.total;
  return (
    <>
      <Go href="/exceptions?state=approved">{approved} in force</Go>,{" "}
      <Go href="/exceptions?state=requested">{requested} asked for</Go>
      {waiting === 0 ? (
        ", none of them for you to decide."
      ) : (
        <>
          , <Go href="/exceptions?waiting=me">{waiting} for you to decide</Go>.
        </>
      )}{" "}
      Excepted findings stay in sight and are counted apart.
    </>
  );
}

function List() {
  const [search, set] = useSearch();
  const isMine = search["waiting"] === "me";
  const state = wordsOf("exception").find(({ name }) => name === search["state"])?.name as
    | State
    | undefined;
  const query = {
    ...(isMine ? { waiting: "me" as const } : {}),
    ...(state === undefined ? {} : { state }),
  };
  return (
    <>
      <FilterBar>
        <SegmentedControl
          aria-label="Which exceptions"
          size="xs"
          value={isMine ? "me" : "all"}
          onChange={(value) => set({ waiting: value === "me" ? "me" : "", state: "" })}
          data={[
            { value: "all", label: "All" },
            { value: "me", label: "Wait for me" },
          ]}
        />
        {!isMine && (
          <FilterChoice
            search={search}
            set={set}
            name="state"
            label="State"
            choices={choicesOf("exception")}
          />
        )}
        <FilterReset search={search} set={set} names={["state", "waiting"]} />
      </FilterBar>
      <VirtualList
        listKey={["exceptions", query]}
        topics={["exceptions"]}
        label="exceptions"
        single="exception"
        columns={columns}
        href={(one) => one.href}
        rowId={(one) => one.id}
        load={({ skip, limit }) =>
          ask(
            api.GET("/api/v1/exceptions", {
              params: { query: { ...query, skip, limit: Math.min(limit, 200) } },
            }),
          )
        }
        empty={<NoException isMine={isMine} isFiltered={state !== undefined} />}
      />
    </>
  );
}

function NoException(props: { readonly isMine: boolean; readonly isFiltered: boolean }) {
  if (props.isMine) {
    return (
      <Empty title="Nothing waits for you" action={<Go href="/exceptions">Show all</Go>}>
        An exception waits here when somebody else asked for it and your right to approve reaches
        every host that it could reach.
      </Empty>
    );
  }
  if (props.isFiltered) {
    return <Empty title="No exception is like that">Clear the filters to see all of them.</Empty>;
  }
  return (
    <Empty
      title="Nothing is excepted"
      command="fettle exception request --vulnerability CVE-… --selector env=legacy --check"
    >
      What cannot be fixed in time can be excepted for at most 90 days: with an owner, something
      that protects meanwhile, and the approval of somebody else. It ends by itself.
    </Empty>
  );
}

export function hostsText(of: {
  readonly selector: string | null;
  readonly hosts: readonly { readonly name: string }[];
}): string {
  if (of.selector !== null) return of.selector === "" ? "all hosts" : of.selector;
  const [first, ...more] = of.hosts;
  return more.length === 0 ? (first?.name ?? "") : `${first?.name} and ${more.length} more`;
}

const columns: readonly Column<Listed>[] = [
  { title: "Exception", width: "88px", cell: (one) => one.ref },
  { title: "What", width: "minmax(140px, 3fr)", cell: (one) => one.title },
  {
    title: "Hosts",
    width: "minmax(110px, 2fr)",
    cell: (one) => hostsText(one),
    isWideOnly: true,
  },
  {
    title: "State",
    width: "minmax(132px, 1fr)",
    cell: (one) => <StateWord group="exception" name={one.state} reason={one.closedReason} />,
  },
  { title: "Until", width: "104px", cell: (one) => <Instant at={one.until} />, isWideOnly: true },
  { title: "Owner", width: "minmax(80px, 1fr)", cell: (one) => one.owner, isWideOnly: true },
  {
    title: "Renewal",
    width: "70px",
    cell: (one) => one.renewal,
    isNumber: true,
    isWideOnly: true,
  },
];
