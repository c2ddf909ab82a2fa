import { api, ask } from "../app/api.ts";
import { useSearch } from "../app/search-state.ts";
import { Empty } from "../parts/empty.tsx";
import { FilterBar } from "../parts/filters.tsx";
import { ringName } from "../parts/ring-name.ts";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { WaveChoice } from "../rollout/wave-line.tsx";
import type { Plan, PlanHost } from "./plan-model.ts";

/** Every host of the plan, in the order in which they start. */
export function PlanHosts({ plan }: { readonly plan: Plan }) {
  const [search, set] = useSearch();
  const { wave } = search;
  const query = wave === undefined ? {} : { wave: Number(wave) };
  return (
    <>
      <FilterBar>
        <WaveChoice search={search} set={set} waves={plan.waves} />
      </FilterBar>
      <VirtualList
        listKey={["plan", plan.digest, "hosts", query]}
        topics={[]}
        label="hosts"
        single="host"
        columns={columns}
        href={(host) => `/hosts/${host.host}`}
        rowId={(host) => host.host}
        load={({ skip, limit }) =>
          ask(
            api.GET("/api/v1/plans/{plan}/hosts", {
              params: { path: { plan: plan.digest }, query: { ...query, skip, limit } },
            }),
          )
        }
        empty={<Empty title="No host of yours is here">Others may lie outside your scope.</Empty>}
      />
    </>
  );
}

const columns: readonly Column<PlanHost>[] = [
  { title: "Host", width: "minmax(120px, 2fr)", cell: (host) => host.name },
  { title: "Starts as", width: "90px", cell: (host) => host.index + 1, isNumber: true },
  { title: "Wave", width: "minmax(80px, 1fr)", cell: (host) => ringName(host.ring) },
  {
    title: "Body",
    width: "140px",
    cell: (host) => <span className="mono">{host.body.slice(0, 12)}</span>,
    isWideOnly: true,
  },
];
