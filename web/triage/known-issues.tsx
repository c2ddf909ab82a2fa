import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterField, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { ISSUE_TOPICS, type KnownIssue } from "./listed-issue.ts";
import { WriteKnownIssue } from "./write-known-issue.tsx";

/** What will not be patched, and how to live with it. */
export function KnownIssuesPage() {
  const [search, set] = useSearch();
  const state = wordsOf("knownIssue").find(({ name }) => name === search["state"])?.name as
    | KnownIssue["state"]
    | undefined;
  const query = { q: search["q"] ?? "", ...(state === undefined ? {} : { state }) };
  const head = useAnswer({
    key: ["known-issues", "head"],
    topics: ISSUE_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/known-issues", { params: { query: { limit: 1 } }, signal })),
  });
  const add = actionFor(head.data?.actions ?? [], "add");
  const isWriting = search["write"] === "yes";
  const count = head.data?.total;
  return (
    <>
      <PageHead
        title="Known issues"
        sentence={
          count === undefined
            ? "\u00a0"
            : `${count === 0 ? "Nothing is" : count === 1 ? "One defect is" : `${count} defects are`} known that will not be patched. Each says how to live with it.`
        }
        actions={
          add !== undefined &&
          !isWriting && (
            <GuardedButton action={add} onClick={() => set({ write: "yes" })}>
              {add.label}
            </GuardedButton>
          )
        }
      />
      {isWriting && <WriteKnownIssue onClose={() => set({ write: "" })} />}
      <FilterBar>
        <FilterField search={search} set={set} label="Title, package or vulnerability" />
        <FilterChoice
          search={search}
          set={set}
          name="state"
          label="State"
          choices={choicesOf("knownIssue")}
        />
        <FilterReset search={search} set={set} names={["q", "state"]} />
        <a href="/api/v1/known-issues/feed.atom" className="dim">
          Atom feed
        </a>
      </FilterBar>
      <VirtualList
        listKey={["known-issues", query]}
        topics={ISSUE_TOPICS}
        label="known issues"
        single="known issue"
        columns={columns}
        href={(issue) => issue.href}
        rowId={(issue) => issue.id}
        load={({ skip, limit }) =>
          ask(
            api.GET("/api/v1/known-issues", {
              params: { query: { ...query, skip, limit: Math.min(limit, 200) } },
            }),
          )
        }
        empty={
          search["q"] === undefined && state === undefined ? (
            <Empty
              title="No known issues"
              command='fettle known-issue add --title "…" --subject cups --affected "before 2.4.10" --workaround-file note.md'
            >
              A defect that will not be patched is written down here with its workaround, and
              published to whoever has to live with it.
            </Empty>
          ) : (
            <Empty title="No known issue is like that">Clear the filters to see all of them.</Empty>
          )
        }
      />
    </>
  );
}

const columns: readonly Column<KnownIssue>[] = [
  { title: "Issue", width: "70px", cell: (issue) => issue.ref },
  { title: "What", width: "minmax(140px, 3fr)", cell: (issue) => issue.text.title },
  {
    title: "Affects",
    width: "minmax(120px, 2fr)",
    cell: (issue) => `${issue.text.subject} ${issue.text.affected}`,
    isWideOnly: true,
  },
  {
    title: "State",
    width: "112px",
    cell: (issue) => <StateWord group="knownIssue" name={issue.state} />,
  },
  { title: "For", width: "100px", cell: (issue) => issue.text.audience, isWideOnly: true },
  {
    title: "Changed",
    width: "110px",
    cell: (issue) => <Instant at={issue.movedAt} />,
    isWideOnly: true,
  },
];
