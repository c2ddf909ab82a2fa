import { lazy, Suspense } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { choicesOf } from "../app/words.ts";
import { ServiceList } from "../inventory/service-list.tsx";
import { CsvLink } from "../parts/csv-link.tsx";
import {
  ExploitedChoice,
  FilterBar,
  FilterChoice,
  FilterField,
  FilterReset,
} from "../parts/filters.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { FixFirstList, fixFirstQuery, plural } from "../triage/fix-first-list.tsx";
import { AsOfChoice, asOfQuery, PastBanner } from "./as-of.tsx";
import { FindingGroups, groupQuery } from "./finding-groups.tsx";
import { Gaps } from "./gaps.tsx";
import { ServiceChoice } from "./service-choice.tsx";

const FindingTrend = lazy(() =>
  import("./finding-trend.tsx").then((file) => ({ default: file.FindingTrend })),
);

const filters = ["q", "exploited", "state", "service", "team", "runs", "asOf"] as const;

/** What is vulnerable and where: by the update that clears it, by vulnerability, by service or host. */
export function FindingsPage() {
  const [search, set] = useSearch();
  const all = useSums(search);
  const asOf = all?.findings.asOf ?? null;
  const knownSince = all?.findings.knownSince ?? null;
  const by = search["by"] ?? "action";
  return (
    <>
      <PageHead
        title="Findings"
        sentence={all !== null && <Sentence of={all} />}
        actions={<ListFile by={by} search={search} />}
      />
      {asOf !== null && (
        <PastBanner
          set={set}
          asOf={asOf}
          knownSince={knownSince}
          nothingKnown={all?.findings.nothingKnown ?? null}
        />
      )}
      {all !== null && asOf === null && <Gaps of={all.findings} />}
      <FilterBar>
        <FilterField search={search} set={set} label="CVE, package or words" />
        {by !== "service" && <ExploitedChoice search={search} set={set} />}
        {by !== "action" && by !== "service" && (
          <FilterChoice
            search={search}
            set={set}
            name="state"
            label="Remedy"
            choices={choicesOf("listedFinding")}
          />
        )}
        {by !== "service" && <ServiceChoice search={search} set={set} />}
        {by !== "service" && by !== "time" && (
          <FilterField search={search} set={set} name="team" label="Team" isShort />
        )}
        {by === "vulnerability" && asOf === null && (
          <FilterChoice
            search={search}
            set={set}
            name="runs"
            label="What runs"
            choices={[{ value: "true", label: "counted by host" }]}
          />
        )}
        <AsOfChoice search={search} set={set} knownSince={knownSince} />
        <FilterReset search={search} set={set} names={filters} />
      </FilterBar>
      <UrlTabs
        label="Findings by"
        param="by"
        tabs={[
          { name: "action", title: "By action", page: () => <FixFirstList search={search} /> },
          {
            name: "vulnerability",
            title: "By vulnerability",
            page: () => <FindingGroups group="vulnerability" search={search} />,
          },
          {
            name: "service",
            title: "By service",
            page: () => <ServiceList search={search} order="urgency" />,
          },
          {
            name: "host",
            title: "By host",
            page: () => <FindingGroups group="host" search={search} />,
          },
          {
            name: "time",
            title: "Over time",
            page: () => (
              <Suspense fallback={<div style={{ height: 300 }} />}>
                <FindingTrend />
              </Suspense>
            ),
          },
        ]}
      />
    </>
  );
}

/** The list in sight as a file; services and the curve have none. */
function ListFile({ by, search }: { readonly by: string; readonly search: Search }) {
  if (by === "action") return <CsvLink path="/api/v1/fix-first" query={fixFirstQuery(search)} />;
  if (by !== "vulnerability" && by !== "host") return null;
  return <CsvLink path="/api/v1/findings" query={groupQuery(by, search)} />;
}

interface Sums {
  readonly findings: Reply<"/api/v1/findings">;
  readonly exploited: number;
  readonly actions: Reply<"/api/v1/fix-first">;
}

/** The whole, whatever the filters choose. */
function useSums(search: Search): Sums | null {
  const topics = ["findings", "hosts", "feeds"];
  const one = { limit: 1, ...asOfQuery(search) };
  const sums = useAnswer({
    key: ["findings", "sums", one],
    topics,
    load: async (signal) => {
      const [findings, exploited, actions] = await Promise.all([
        ask(api.GET("/api/v1/findings", { params: { query: one }, signal })),
        ask(api.GET("/api/v1/findings", { params: { query: { ...one, kev: "true" } }, signal })),
        ask(api.GET("/api/v1/fix-first", { params: { query: one }, signal })),
      ]);
      return { findings, exploited: exploited.total, actions };
    },
  });
  return sums.data ?? null;
}

/** What threatens the fleet, and which one update does most against it. */
function Sentence({ of }: { readonly of: Sums }) {
  const { findings, exploited, actions } = of;
  const { coverage, total } = findings;
  const [best] = actions.items;
  if (findings.nothingKnown !== null) return <>{findings.nothingKnown}</>;
  if (coverage.hostCount === 0) return <>No host was inspected yet, so nothing is known.</>;
  if (total === 0) {
    return (
      <>
        Nothing found in the data that is loaded
        {coverage.coveredCount !== null && `, over ${plural(coverage.coveredCount, "package")}`} on{" "}
        {plural(coverage.hostCount, "host")}.
      </>
    );
  }
  return (
    <>
      <Go href="/findings?by=vulnerability">
        {total === 1
          ? "1 vulnerability reaches"
          : `${total.toLocaleString("en")} vulnerabilities reach`}
      </Go>{" "}
      the fleet
      {exploited > 0 && (
        <>
          ,{" "}
          <Go href="/findings?by=vulnerability&exploited=true">
            {exploited.toLocaleString("en")} of them known to be exploited
          </Go>
        </>
      )}
      .
      {best?.remedy === "update-offered" && (
        <>
          {" "}
          <Go href={best.case?.href ?? `/findings?q=${encodeURIComponent(best.source)}`}>
            One update of {best.source} clears {plural(best.findingsCleared, "finding")} on{" "}
            {plural(best.hosts, "host")}
          </Go>
          .
        </>
      )}
    </>
  );
}
