import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { FilterBar, FilterField, FilterReset } from "../parts/filters.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { ServiceForm } from "./service-form.tsx";
import { SERVICE_TOPICS, ServiceList, serviceQuery } from "./service-list.tsx";

/** All services: who answers for them and how they stand. */
export function ServicesPage() {
  const [search, set] = useSearch();
  const query = serviceQuery(search);
  const first = useAnswer({
    key: ["services", "counts", query],
    topics: SERVICE_TOPICS,
    load: (signal) =>
      ask(api.GET("/api/v1/services", { params: { query: { ...query, limit: 1 } }, signal })),
  });
  const add = actionFor(first.data?.actions ?? [], "add");
  const button = add !== undefined && (
    <GuardedButton
      action={add}
      {...(add.allowed ? { variant: "filled" } : {})}
      onClick={() => set({ add: "service" })}
    >
      {add.label}
    </GuardedButton>
  );
  return (
    <>
      <PageHead
        title="Services"
        sentence={first.data && <Sentence of={first.data} />}
        actions={button}
      />
      <FilterBar>
        <FilterField search={search} set={set} label="Name, title or team" />
        <FilterField
          search={search}
          set={set}
          name="label"
          label="Labels, as in tier=0,!internal"
        />
        <FilterReset search={search} set={set} names={["q", "label"]} />
      </FilterBar>
      <ServiceList search={search} order="name" add={button} />
      {search["add"] === "service" && <ServiceForm of={null} onClose={() => set({ add: "" })} />}
    </>
  );
}

function Sentence({ of }: { readonly of: Reply<"/api/v1/services"> }) {
  const { total, counts } = of;
  if (total === 0) return null;
  const services = total === 1 ? "1 service" : `${total.toLocaleString("en")} services`;
  const parts = [
    [counts.bad, "with a known exploited component"],
    [counts.attention, "with a vulnerable one"],
    [counts.unknown, "of which not all is known"],
  ] as const;
  const told = parts.filter(([count]) => count > 0);
  return (
    <>
      {services}
      {told.map(([count, words], at) => (
        <span key={words}>
          {at === 0 ? ": " : ", "}
          {count.toLocaleString("en")} {words}
        </span>
      ))}
      {told.length === 0 && ": all of their components are known and none is vulnerable"}.{" "}
      <Go href="/findings?by=service">The worst first</Go>
    </>
  );
}
