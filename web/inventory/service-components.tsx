import { releaseName } from "../../src/base/release-name.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterField, FilterReset } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import type { ShownService } from "./shown-service.ts";

type Component = Reply<"/api/v1/services/{service}/components">["items"][number];

/** Everything its documents name, also what nobody can judge, and how it got in. */
export function ServiceComponents({ of }: { readonly of: ShownService }) {
  const { service } = of.judged;
  const [search, set] = useSearch();
  const past = of.asOf === null ? {} : { asOf: of.asOf };
  const query = { ...componentQuery(search), ...past };
  const names = [...new Set(of.artifacts.map((one) => one.artifact))];
  return (
    <>
      <FilterBar>
        <FilterField search={search} set={set} label="Name, version or package URL" />
        <FilterChoice
          search={search}
          set={set}
          name="show"
          label="Which"
          choices={[
            { value: "vulnerable", label: "Vulnerable" },
            { value: "unknown", label: "Not judged" },
          ]}
        />
        {names.length > 1 && (
          <FilterChoice
            search={search}
            set={set}
            name="artifact"
            label="Artifact"
            choices={names.map((name) => ({ value: name, label: name }))}
          />
        )}
        <FilterReset search={search} set={set} names={["q", "show", "artifact"]} />
      </FilterBar>
      <VirtualList
        label="components"
        single="component"
        listKey={["service", service.id, "components", query]}
        topics={[`service:${service.id}`, "findings"]}
        load={(range) =>
          ask(
            api.GET("/api/v1/services/{service}/components", {
              params: { path: { service: service.id }, query: { ...query, ...range } },
            }),
          )
        }
        rowId={(row) => `${row.artifact} ${row.environment} ${row.name} ${row.version} ${row.purl}`}
        columns={columns}
        rowHeight={54}
        empty={
          <Empty title="No component matches">
            Take one of the filters away, or hand in what is in the service.
          </Empty>
        }
      />
    </>
  );
}

function componentQuery(search: Search) {
  const { q = "", show = "", artifact = "" } = search;
  return {
    ...(q === "" ? {} : { q }),
    ...(show === "vulnerable" || show === "unknown" ? { show: show as "vulnerable" } : {}),
    ...(artifact === "" ? {} : { artifact }),
  };
}

function Standing({ row }: { readonly row: Component }) {
  if (row.problem !== null) {
    return (
      <Mark tone="unknown" reason={row.problem}>
        not judged
      </Mark>
    );
  }
  if ((row.exploited ?? 0) > 0) return <Mark tone="bad">{row.exploited} exploited</Mark>;
  if ((row.findings ?? 0) > 0) {
    return <Mark tone="attention">{row.findings === 1 ? "1 flaw" : `${row.findings} flaws`}</Mark>;
  }
  return <span className="dim">nothing found</span>;
}

const columns: readonly Column<Component>[] = [
  {
    title: "Component",
    width: "minmax(0, 1.6fr)",
    cell: (row) => (
      <>
        <div title={row.purl || row.name}>{row.name}</div>
        <div className="dim" style={{ fontSize: 12.5 }} title={row.problem ?? row.chainText}>
          {row.problem ?? row.chainText}
        </div>
      </>
    ),
  },
  { title: "Version", width: "minmax(80px, 0.6fr)", cell: (row) => row.version },
  { title: "Standing", width: "124px", cell: (row) => <Standing row={row} /> },
  {
    title: "Ecosystem",
    width: "minmax(90px, 0.5fr)",
    isWideOnly: true,
    cell: (row) => releaseName(row.ecosystem) || <span className="dim">not known</span>,
  },
  {
    title: "Scope",
    width: "110px",
    isWideOnly: true,
    cell: (row) => row.scope || <span className="dim">not said</span>,
  },
  {
    title: "Artifact",
    width: "minmax(0, 0.8fr)",
    isWideOnly: true,
    cell: (row) => `${row.artifact}${row.environment === "" ? "" : ` in ${row.environment}`}`,
  },
];
