import { Text } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask } from "../app/api.ts";
import type { Search } from "../app/search-state.ts";
import { wordFor } from "../app/words.ts";
import { asOfQuery } from "../intel/as-of.tsx";
import { Empty } from "../parts/empty.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { DeadlinePill } from "./deadline-pill.tsx";
import { type FixFirstItem, OpenCase } from "./open-case.tsx";
import { StageLine } from "./stages.tsx";

export const FIX_FIRST_TOPICS = ["findings", "hosts", "patches"] as const;

/** Names of the filters by which hosts are chosen; they stand in the URL. */
export const HOST_FILTERS = ["label", "runs", "team", "hosts"] as const;

export function hostsQuery(search: Search): Readonly<Record<string, string>> {
  return Object.fromEntries(
    HOST_FILTERS.flatMap((name) => {
      const value = search[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
}

export function fixFirstQuery(search: Search) {
  const { q = "", exploited = "", service = "" } = search;
  return {
    ...(q === "" ? {} : { q }),
    ...(service === "" ? {} : { service }),
    ...(exploited === "true" ? { exploited: "true" as const } : {}),
    ...hostsQuery(search),
    ...asOfQuery(search),
  };
}

/** Where one row leads: to its case, to what the update would do, or to what nothing clears. */
function hrefOf(item: FixFirstItem, search: Search): string {
  if (item.case !== null) return item.case.href;
  const { source, ecosystem, serviceNames } = item;
  if (serviceNames.length === 1) return `/services/${serviceNames[0]}`;
  if (item.remedy !== "update-offered") {
    return `/findings?by=vulnerability&q=${encodeURIComponent(source)}`;
  }
  return `/patches/update?${new URLSearchParams({ source, ecosystem, ...hostsQuery(search) })}`;
}

/** The updates that clear most risk, best first; each with its case, or the button that opens one. */
export function FixFirstList({ search }: { readonly search: Search }) {
  const query = fixFirstQuery(search);
  const isFiltered = Object.keys(query).length > 0;
  return (
    <>
      <Text size="xs" c="dimmed" mb={6}>
        Each update is to the newest version that the hosts' own sources offer: it holds the fixes
        before it. What mends a single finding is told with the finding, as the smallest version
        that does.
      </Text>
      <VirtualList
        label="updates"
        listKey={["fix-first", query]}
        topics={FIX_FIRST_TOPICS}
        load={(range) =>
          ask(api.GET("/api/v1/fix-first", { params: { query: { ...query, ...range } } }))
        }
        rowId={(item) => `${item.ecosystem} ${item.source} ${item.remedy}`}
        columns={columns}
        rowHeight={54}
        href={(item) => hrefOf(item, search)}
        empty={
          <Empty
            title={
              isFiltered ? "No update matches these filters" : "Nothing to fix in what is known"
            }
            {...(isFiltered ? {} : { command: "./fettle host scan --all --watch" })}
          >
            {isFiltered
              ? "Take one of the filters away to see more."
              : "Here stand the updates that clear most risk. That none does is worth as much as the inventory and the feeds behind it: look whether every host was scanned and every feed is fresh."}
          </Empty>
        }
      />
    </>
  );
}

const columns: readonly Column<FixFirstItem>[] = [
  {
    title: "Update",
    width: "minmax(0, 2fr)",
    cell: (item) => (
      <>
        <Text
          component="div"
          inherit
          truncate
          title={`${item.source}${item.sourceVersion === null ? "" : ` → ${item.sourceVersion}`}`}
        >
          {item.source}
          {item.sourceVersion !== null && ` → ${item.sourceVersion}`}
        </Text>
        <Text size="xs" c="dimmed" truncate component="div">
          <Mark tone={item.knownExploited.length > 0 ? "bad" : wordFor("remedy", item.remedy).tone}>
            {item.label}
          </Mark>
          {" · "}
          {releaseName(item.ecosystem)}
          {item.support !== null && item.support.state !== "supported" && (
            <>
              {" · "}
              <span title={item.support.sentence}>
                support {item.support.label} {item.support.endsAt?.slice(0, 10)}
              </span>
            </>
          )}
        </Text>
      </>
    ),
  },
  {
    title: "Of all risk",
    width: "112px",
    isWideOnly: true,
    cell: (item) =>
      item.place === null ? (
        <span className="dim" title={item.because}>
          not cleared
        </span>
      ) : (
        <span title={item.because}>
          <div>{percent(item.clears)}</div>
          <Text size="xs" c="dimmed" component="div">
            {percent(item.clearedSoFar)} so far
          </Text>
        </span>
      ),
  },
  {
    title: "Clears",
    width: "minmax(96px, 140px)",
    isWideOnly: true,
    cell: (item) => (
      <>
        <div>{plural(item.findingsCleared, "finding")}</div>
        <Text size="xs" c="dimmed" component="div" truncate title={item.vulnerabilities.join(", ")}>
          {plural(item.vulnerabilities.length, "flaw")}{" "}
          {item.services > 0
            ? `in ${item.services === 1 ? (item.serviceNames[0] ?? "1 service") : plural(item.services, "service")}`
            : `on ${plural(item.hosts, "host")}`}
        </Text>
      </>
    ),
  },
  {
    title: "Exploited",
    width: "112px",
    isWideOnly: true,
    cell: (item) =>
      item.knownExploited.length === 0 ? (
        <span className="dim">none known</span>
      ) : (
        <Mark tone="bad" reason={item.knownExploited.join(", ")}>
          {item.knownExploited.length} known
        </Mark>
      ),
  },
  {
    title: "EPSS",
    width: "56px",
    isNumber: true,
    isWideOnly: true,
    cell: (item) => item.epssMax?.toFixed(3) ?? "–",
  },
  {
    title: "Stage and deadline",
    width: "176px",
    isWideOnly: true,
    cell: (item) =>
      item.case === null ? (
        <span className="dim">no case yet</span>
      ) : (
        <>
          <div>
            <StageLine state={item.case.state} />
          </div>
          <CaseDeadline of={item.case} />
        </>
      ),
  },
  { title: "Case", width: "104px", cell: (item) => <OpenCase item={item} /> },
];

function CaseDeadline({ of }: { readonly of: NonNullable<FixFirstItem["case"]> }) {
  const { deadline, excepted } = of;
  return excepted?.isExcepted === true ? (
    <DeadlinePill at={excepted.effective} excepted={excepted.sentence} />
  ) : (
    <DeadlinePill at={deadline} />
  );
}

export function percent(share: number): string {
  const points = share * 100;
  return points > 0 && points < 0.1 ? "<0.1\u00a0%" : `${points.toFixed(1)}\u00a0%`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
