import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";

export type Deferral = Reply<"/api/v1/deferrals">["items"][number];
export const DEFERRAL_TOPICS = ["deferrals", "patches"];

/** Updates that are put off, with what that was said to cost. */
export function Deferrals() {
  const [search, set] = useSearch();
  const state = wordsOf("deferral").find(({ name }) => name === search["put"])?.name as
    | Deferral["state"]
    | undefined;
  const query = state === undefined ? {} : { state };
  return (
    <>
      <FilterBar>
        <FilterChoice
          search={search}
          set={set}
          name="put"
          label="State"
          choices={choicesOf("deferral")}
        />
        <FilterReset search={search} set={set} names={["put"]} />
      </FilterBar>
      <VirtualList
        listKey={["deferrals", query]}
        topics={DEFERRAL_TOPICS}
        label="deferrals"
        single="deferral"
        columns={columns}
        rowId={(one) => one.id}
        load={({ skip, limit }) =>
          ask(
            api.GET("/api/v1/deferrals", {
              params: { query: { ...query, skip, limit: Math.min(limit, 200) } },
            }),
          )
        }
        empty={
          <Empty
            title="Nothing is put off"
            action={<Go href="/patches">Go to the patches</Go>}
            command='fettle deferral start P-1 --class test-backlog --reason "why" --owner ada --until 10d'
          >
            An update that has to wait is put off on its case, with a reason and an end. What that
            costs is told before; the deadline stays.
          </Empty>
        }
      />
    </>
  );
}

export function CancelDeferral({ deferral }: { readonly deferral: Deferral }) {
  if (deferral.state !== "active") return null;
  return (
    <ActionButton
      action={actionFor(deferral.actions, "cancel")}
      label="Cancel"
      topics={DEFERRAL_TOPICS}
      confirm={`${deferral.source} is not put off any more.`}
      asksReason
      act={(reason) =>
        ask(
          api.POST("/api/v1/deferrals/{deferral}/cancel", {
            params: { path: { deferral: deferral.ref } },
            body: { reason },
          }),
        )
      }
    />
  );
}

const columns: readonly Column<Deferral>[] = [
  { title: "Deferral", width: "78px", cell: (one) => one.ref },
  {
    title: "What",
    width: "minmax(120px, 2fr)",
    cell: (one) => (
      <>
        {one.patch !== null && <Go href={`/patches/${one.patch}`}>{one.patch}</Go>} {one.source}
      </>
    ),
  },
  {
    title: "Because",
    width: "minmax(120px, 2fr)",
    cell: (one) => <span title={one.reason}>{one.reasonLabel}</span>,
    isWideOnly: true,
  },
  {
    title: "State",
    width: "110px",
    cell: (one) => <StateWord group="deferral" name={one.state} reason={one.closedReason} />,
  },
  { title: "Until", width: "104px", cell: (one) => <Instant at={one.until} />, isWideOnly: true },
  {
    title: "Points",
    width: "84px",
    cell: (one) => one.cost.points.toLocaleString("en"),
    isNumber: true,
    isWideOnly: true,
  },
  { title: "Owner", width: "minmax(70px, 1fr)", cell: (one) => one.owner, isWideOnly: true },
];
