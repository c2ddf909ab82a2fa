import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import styles from "./support.module.css";
import { SupportEntryRow } from "./support-entry.tsx";
import { SupportTimeline } from "./support-timeline.tsx";

type Register = Reply<"/api/v1/support">;

const states = [
  { value: "ended", label: "Ended" },
  { value: "extended", label: "Extended only" },
  { value: "ends-soon", label: "Ends soon" },
  { value: "supported", label: "Supported" },
  { value: "unknown", label: "Not known" },
];
const kinds = [
  { value: "system", label: "Operating systems" },
  { value: "runtime", label: "Runtimes and servers" },
];
const orders = [{ value: "modernisation", label: "By modernisation" }];
const names = ["state", "kind", "order"] as const;

/** What hosts run and how long anybody mends it: what ended first, who owns it, what was decided. */
export function SupportPage() {
  const [search, set] = useSearch();
  const query = Object.fromEntries(
    names.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])),
  );
  const register = useAnswer({
    key: ["support", query],
    topics: ["hosts", "feeds", "findings"],
    load: (signal) => ask(api.GET("/api/v1/support", { params: { query }, signal })),
  });
  return (
    <>
      <PageHead
        title="End of support"
        sentence={register.data !== undefined && sentence(register.data)}
      />
      <FilterBar>
        <FilterChoice search={search} set={set} name="state" label="State" choices={states} />
        <FilterChoice search={search} set={set} name="kind" label="Kind" choices={kinds} />
        <FilterChoice
          search={search}
          set={set}
          name="order"
          label="Order by age"
          choices={orders}
        />
        <FilterReset search={search} set={set} names={names} />
      </FilterBar>
      <Answered of={register} what="what is supported">
        {(answer) => <Entries of={answer} />}
      </Answered>
    </>
  );
}

function Entries({ of }: { readonly of: Register }) {
  const { items, feed } = of;
  const all = Object.values(of.counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) {
    return (
      <Empty title="Nothing is known of what hosts run" command="./fettle host scan --all">
        After the first inspection each release and runtime stands here, with the day until which it
        is supported.
      </Empty>
    );
  }
  return (
    <>
      {feed.state !== "fresh" && (
        <section className={styles["note"]} aria-label="Support dates">
          <Mark tone={feed.state === "stale" ? "attention" : "unknown"}>
            {feed.state === "stale" ? "Old dates" : "No dates"}
          </Mark>{" "}
          {feed.state === "stale"
            ? `The support dates are old: ${feed.why}.`
            : "No support dates are loaded: fettle feed load takes those of endoflife.date."}
        </section>
      )}
      {items.length === 0 && <div className="dim">Nothing of the kind.</div>}
      {items.length > 0 && <SupportTimeline entries={items} />}
      {items.map((entry) => (
        <SupportEntryRow key={`${entry.product} ${entry.cycle} ${entry.carrier}`} entry={entry} />
      ))}
      {of.unknownHosts > 0 && (
        <p className="dim">{plural(of.unknownHosts, "host")} never inspected, so not counted.</p>
      )}
    </>
  );
}

function sentence({ counts }: Register): string {
  const { ended = 0, extended = 0, unknown = 0 } = counts;
  const soon = counts["ends-soon"] ?? 0;
  const known = [
    ended === 0 ? "" : `${plural(ended, "release")} nobody supports any more`,
    soon === 0 ? "" : `${soon} soon`,
    extended === 0 ? "" : `${extended} on longer support only`,
  ].filter((part) => part !== "");
  const parts = [
    known.length === 0 ? "" : `${known.join(", ")}.`,
    unknown === 0 ? "" : `Of ${plural(unknown, "release")} nothing is known.`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "Everything that hosts run is supported." : parts.join(" ");
}
