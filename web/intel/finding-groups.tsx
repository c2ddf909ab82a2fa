import { Text } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import type { paths } from "../../src/client/schema.d.ts";
import { api, ask, type Reply } from "../app/api.ts";
import type { Search } from "../app/search-state.ts";
import { wordFor, wordsOf } from "../app/words.ts";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import { asOfQuery } from "./as-of.tsx";

type Row = Reply<"/api/v1/findings">["items"][number];
type ListedState = NonNullable<
  NonNullable<paths["/api/v1/findings"]["get"]["parameters"]["query"]>["state"]
>;
type Group = "vulnerability" | "host";

/** Findings, one row a vulnerability or one a host; what is exploited first. */
export function FindingGroups({
  group,
  search,
}: {
  readonly group: Group;
  readonly search: Search;
}) {
  const query = groupQuery(group, search);
  const showsRuntime = query.runtime !== undefined;
  const { asOf } = asOfQuery(search);
  const isFiltered = Object.keys(query).length > (showsRuntime ? 2 : 1);
  return (
    <VirtualList
      label={group === "host" ? "hosts" : "vulnerabilities"}
      listKey={["findings", query]}
      topics={["findings", "hosts"]}
      load={(range) =>
        ask(api.GET("/api/v1/findings", { params: { query: { ...query, ...range } } }))
      }
      rowId={(row) => row.key}
      columns={
        group === "host" ? hostColumns : showsRuntime ? runtimeColumns : vulnerabilityColumns
      }
      href={(row) =>
        group === "host"
          ? `/hosts/${row.key}?tab=findings${asOf === undefined ? "" : `&asOf=${asOf}`}`
          : `/vulnerabilities/${row.key}`
      }
      empty={
        isFiltered ? (
          <Empty title="Nothing matches these filters">Take one of them away to see more.</Empty>
        ) : (
          <Empty
            title="Nothing found in the data that is loaded"
            command="./fettle feed load --network"
          >
            Here stands every known flaw of what the hosts have installed. It needs hosts that were
            scanned and feeds that are fresh; what is missing of both stands above.
          </Empty>
        )
      }
    />
  );
}

/** What the list of these groups asks for; its file asks the same. */
export function groupQuery(group: Group, search: Search) {
  const showsRuntime = group === "vulnerability" && search["runs"] === "true";
  return {
    ...{ group, ...findingQuery(search) },
    ...(showsRuntime ? { runtime: "true" as const } : {}),
  };
}

function findingQuery(search: Search) {
  const { q = "", exploited = "", state = "", service = "", team = "" } = search;
  const isKnown = wordsOf("listedFinding").some(({ name }) => name === state);
  return {
    ...(q === "" ? {} : { search: q }),
    ...(service === "" ? {} : { service }),
    ...(team === "" ? {} : { team }),
    ...(exploited === "true" ? { kev: "true" as const } : {}),
    ...(search["filtered"] === "true" ? { filtered: "true" as const } : {}),
    ...(isKnown ? { state: state as ListedState } : {}),
    ...asOfQuery(search),
  };
}

function States({ row }: { readonly row: Row }) {
  const [first] = row.states;
  if (first === undefined) return null;
  const others = row.states.length - 1;
  return (
    <span title={row.states.map((state) => wordFor("finding", state).label).join(", ")}>
      <StateWord group="finding" name={first} />
      {others > 0 && <span className="dim"> +{others}</span>}
      {row.loweredHostCount > 0 && (
        <span className="dim"> lowered on {row.loweredHostCount} by what runs</span>
      )}
    </span>
  );
}

function Exploited({ row }: { readonly row: Row }) {
  if (row.knownExploitedCount === 0) return <span className="dim">not known</span>;
  return (
    <Mark tone="bad">
      {row.vulnerabilityCount === 1 ? "known" : `${row.knownExploitedCount} known`}
    </Mark>
  );
}

const scores: readonly Column<Row>[] = [
  {
    title: "EPSS",
    width: "60px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.epss?.toFixed(3) ?? "–",
  },
  {
    title: "CVSS",
    width: "52px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.cvss ?? "–",
  },
];

const since: Column<Row> = {
  title: "Since",
  width: "90px",
  isWideOnly: true,
  cell: (row) => <Instant at={row.since} />,
};

const vulnerabilityColumns: readonly Column<Row>[] = [
  {
    title: "Vulnerability",
    width: "minmax(128px, 1.8fr)",
    cell: (row) => (
      <>
        {row.key}
        {row.title !== "" && (
          <Text span size="xs" c="dimmed" ml={8} title={row.title}>
            {row.title}
          </Text>
        )}
      </>
    ),
  },
  { title: "Exploited", width: "96px", cell: (row) => <Exploited row={row} /> },
  ...scores,
  {
    title: "Hosts",
    width: "70px",
    isNumber: true,
    cell: (row) => row.hostCount.toLocaleString("en"),
  },
  {
    title: "Services",
    width: "76px",
    isNumber: true,
    isWideOnly: true,
    cell: (row) => row.serviceCount.toLocaleString("en"),
  },
  {
    title: "In",
    width: "minmax(0, 1.4fr)",
    isWideOnly: true,
    cell: (row) => {
      const text = row.sources
        .map((s) =>
          `${s.source} (${releaseName(s.ecosystem)}) ${s.fixedVersions.join(" or ")}`.trim(),
        )
        .join("\n");
      return <span title={text}>{[...new Set(row.sources.map((s) => s.source))].join(", ")}</span>;
    },
  },
  { title: "Remedy", width: "150px", isWideOnly: true, cell: (row) => <States row={row} /> },
  since,
];

/** On how many hosts the running system speaks against it; nothing is set aside by it. */
const runtimeColumn: Column<Row> = {
  title: "What runs",
  width: "minmax(0, 1.8fr)",
  cell: (row) => {
    const said = (row.runtime ?? []).map(
      (one) => `${one.label} on ${plural(one.hostCount, "host")}`,
    );
    if (said.length === 0) return <span className="dim">nothing against it</span>;
    return <span title={said.join("\n")}>{said.join(", ")}</span>;
  },
};

/** What runs is told in words, so it takes the room of what was not asked for. */
const runtimeColumns = [
  ...vulnerabilityColumns.filter(({ title }) => title !== since.title && title !== "Services"),
  runtimeColumn,
];

const hostColumns: readonly Column<Row>[] = [
  { title: "Host", width: "minmax(0, 2fr)", cell: (row) => row.key },
  {
    title: "Team",
    width: "minmax(0, 1fr)",
    isWideOnly: true,
    cell: (row) => row.team ?? <span className="dim">none</span>,
  },
  { title: "Exploited", width: "110px", cell: (row) => <Exploited row={row} /> },
  ...scores,
  {
    title: "Flaws",
    width: "minmax(0, 1fr)",
    isWideOnly: true,
    cell: (row) => plural(row.vulnerabilityCount, "flaw"),
  },
  {
    title: "In",
    width: "minmax(0, 1fr)",
    isWideOnly: true,
    cell: (row) => plural(row.packageCount, "package"),
  },
  { title: "Remedy", width: "160px", isWideOnly: true, cell: (row) => <States row={row} /> },
  since,
];
