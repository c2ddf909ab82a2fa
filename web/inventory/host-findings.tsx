import { Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import type { Tone } from "../app/words.ts";
import { AsOfChoice, asOfQuery, PastBanner } from "../intel/as-of.tsx";
import { Exposures } from "../intel/exposures.tsx";
import { Empty } from "../parts/empty.tsx";
import { ExploitedChoice, FilterBar, FilterField, FilterReset } from "../parts/filters.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";

type Finding = Reply<"/api/v1/hosts/{host}/findings">["items"][number];

/** What the host is vulnerable to, worst first, with why; and what nobody can tell of it. */
export function HostFindings({ host, id }: { readonly host: string; readonly id: string }) {
  const [search, set] = useSearch();
  const query = findingQuery(search);
  const topics = ["findings", `host:${id}`];
  const params = { path: { host }, query: { ...query, limit: 1 } };
  const first = useAnswer({
    key: ["host", host, "findings", query],
    topics,
    load: (signal) => ask(api.GET("/api/v1/hosts/{host}/findings", { params, signal })),
  });
  const isFiltered = Object.keys(query).length > 0;
  return (
    <>
      <FilterBar>
        <FilterField search={search} set={set} label="CVE, package or words" />
        <ExploitedChoice search={search} set={set} hasOthers />
        <AsOfChoice search={search} set={set} knownSince={first.data?.knownSince ?? null} />
        <FilterReset search={search} set={set} names={["q", "exploited", "asOf"]} />
      </FilterBar>
      {first.data !== undefined && first.data.asOf !== null && (
        <PastBanner set={set} asOf={first.data.asOf} knownSince={first.data.knownSince} />
      )}
      {first.data !== undefined && <NotKnown of={first.data} />}
      <VirtualList
        label="findings"
        listKey={["host", host, "findings", query]}
        topics={topics}
        load={(range) =>
          ask(
            api.GET("/api/v1/hosts/{host}/findings", {
              params: { path: { host }, query: { ...query, ...range } },
            }),
          )
        }
        rowId={(row) => `${row.vulnerability} ${row.ecosystem} ${row.source}`}
        columns={columns}
        href={(row) => row.href}
        rowHeight={54}
        empty={
          <Empty title={isFiltered ? "No finding matches these filters" : "Nothing was found"}>
            {isFiltered
              ? "Take one of the filters away to see more."
              : "No loaded feed names a flaw in what is installed here. What the feeds do not cover stands above."}
          </Empty>
        }
      />
      {query.asOf === undefined && (
        <div style={{ marginTop: 16 }}>
          <Panel title="From when to when it was exposed">
            <Exposures host={host} />
          </Panel>
        </div>
      )}
    </>
  );
}

function findingQuery(search: Search) {
  const { q = "", exploited = "" } = search;
  return {
    ...(q === "" ? {} : { q }),
    ...(exploited === "" ? {} : { exploited: exploited as "true" | "false" }),
    ...asOfQuery(search),
  };
}

function NotKnown({ of }: { readonly of: Reply<"/api/v1/hosts/{host}/findings"> }) {
  if (of.notKnown.length === 0 && !of.isMatching) return null;
  return (
    <Text size="sm" mb="sm" component="div">
      {of.isMatching && (
        <Mark tone="running">Packages are still being compared; the list is not final.</Mark>
      )}
      {of.notKnown.map((sentence) => (
        <div key={sentence}>
          <Mark tone="unknown">Not known</Mark> {sentence}
        </div>
      ))}
    </Text>
  );
}

function toneOf(finding: Finding): Tone {
  if (finding.isExploited) return "bad";
  return finding.fixedVersion === null ? "waiting" : "attention";
}

/** What is said against it on this host, whether it is set aside by that or not. */
function Filtered({ by }: { readonly by: NonNullable<Finding["filter"]> }) {
  const says = `${by.says.replaceAll("-", " ")}${by.justification === "" ? "" : `: ${by.justification}`}`;
  return (
    <Mark tone={by.isSetAside ? "good" : "waiting"} reason={`${says}. ${by.trust}`}>
      {by.isSetAside ? "set aside by" : by.isLowered ? "lowered by" : "not set aside by"}{" "}
      {by.kind === "vex" ? <Go href={`/vex/${by.source}`}>{by.source}</Go> : by.source},{" "}
      {by.says.replaceAll("-", " ")}{" "}
    </Mark>
  );
}

const columns: readonly Column<Finding>[] = [
  {
    title: "Vulnerability",
    width: "minmax(140px, 160px)",
    cell: (row) => (
      <Mark tone={toneOf(row)} reason={row.isExploited ? "Known exploited" : null}>
        {row.vulnerability}
      </Mark>
    ),
  },
  {
    title: "What and why",
    width: "minmax(0, 3fr)",
    cell: (row) => (
      <>
        {row.title !== "" && <div title={row.title}>{row.title}</div>}
        <Text size="xs" c="dimmed" truncate title={row.because} component="div">
          {row.filter !== null && <Filtered by={row.filter} />}
          {row.because}
        </Text>
      </>
    ),
  },
  {
    title: "Package",
    width: "minmax(90px, 0.8fr)",
    isWideOnly: true,
    cell: (row) => (
      <span title={row.packages.map((p) => `${p.name} ${p.version} ${p.arch}`).join("\n")}>
        {row.source}
        {row.packages.length > 1 && <span className="dim"> +{row.packages.length - 1}</span>}
      </span>
    ),
  },
  {
    title: "Fixed in",
    width: "minmax(100px, 1.6fr)",
    isWideOnly: true,
    cell: (row) =>
      row.fixedVersion === null ? (
        <span className="dim">{row.label}</span>
      ) : (
        <span title={row.label}>{row.fixedVersion}</span>
      ),
  },
  {
    title: "Due",
    width: "minmax(104px, 0.9fr)",
    isWideOnly: true,
    cell: (row) =>
      row.due === null ? (
        <span className="dim">–</span>
      ) : (
        <span title={row.due.sentence}>
          {row.due.at === null ? <span className="dim">no date</span> : <Instant at={row.due.at} />}
          {row.excepted !== null && (
            <div>
              <Go href={row.excepted.href}>excepted until {row.excepted.until.slice(0, 10)}</Go>
            </div>
          )}
          {row.excepted === null && row.standing?.name === "overdue" && (
            <div>
              <Mark tone={row.standing.tone}>{row.standing.label}</Mark>
            </div>
          )}
        </span>
      ),
  },
  {
    title: "CVSS",
    width: "52px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.cvss ?? "–",
  },
  {
    title: "EPSS",
    width: "60px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.epss?.toFixed(3) ?? "–",
  },
  { title: "Since", width: "90px", isWideOnly: true, cell: (row) => <Instant at={row.since} /> },
];
