import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { type Search, useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterField, FilterReset } from "../parts/filters.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";

type Installed = NonNullable<Reply<"/api/v1/hosts/{host}/packages">["items"]>[number];
type Offer = NonNullable<Reply<"/api/v1/hosts/{host}/offers">["items"]>[number];

interface Row extends Installed {
  /** Versions that its sources offer beside the installed one; null when offers are unknown. */
  readonly offered: readonly Offer[] | null;
}

/** What is installed on the host, and what its own sources offer beside it. */
export function HostPackages({ host, id }: { readonly host: string; readonly id: string }) {
  const topics = [`host:${id}`, "hosts"];
  const params = { path: { host } };
  const packages = useAnswer({
    key: ["host", host, "packages"],
    topics,
    load: async (signal) => {
      const [installed, offers] = await Promise.all([
        ask(api.GET("/api/v1/hosts/{host}/packages", { params, signal })),
        ask(api.GET("/api/v1/hosts/{host}/offers", { params, signal })),
      ]);
      return {
        set: `${installed.packageSet} ${offers.offerSet}`,
        rows: rowsOf(installed.items, offers.items),
        areOffersKnown: offers.items !== null,
      };
    },
  });
  return (
    <Answered of={packages} what="packages">
      {({ rows, set, areOffersKnown }) =>
        rows === null ? (
          <Empty title="What is installed is not known" command={`./fettle host scan ${host}`}>
            The first scan that succeeds lists every package with its version and source.
          </Empty>
        ) : (
          <PackageList rows={rows} set={set} areOffersKnown={areOffersKnown} />
        )
      }
    </Answered>
  );
}

function PackageList(props: {
  readonly rows: readonly Row[];
  readonly set: string;
  readonly areOffersKnown: boolean;
}) {
  const [search, set] = useSearch();
  const chosen = props.rows.filter((row) => isChosen(row, search));
  const withOffer = props.rows.filter((row) => (row.offered?.length ?? 0) > 0).length;
  return (
    <>
      <p style={{ margin: "0 0 10px" }}>
        {props.rows.length.toLocaleString("en")} packages installed;{" "}
        {props.areOffersKnown
          ? `its sources offer another version of ${withOffer.toLocaleString("en")}.`
          : "what its sources offer is not known: no package lists were read."}
      </p>
      <FilterBar>
        <FilterField search={search} set={set} label="Package or source" />
        <FilterChoice
          search={search}
          set={set}
          name="offered"
          label="Offered or all"
          choices={[{ value: "yes", label: "Another version offered" }]}
        />
        <FilterReset search={search} set={set} names={["q", "offered"]} />
      </FilterBar>
      <VirtualList
        label="packages"
        listKey={[props.set, search["q"], search["offered"]]}
        topics={[]}
        load={async ({ skip, limit }) => ({
          items: chosen.slice(skip, skip + limit),
          total: chosen.length,
        })}
        rowId={(row) => `${row.name} ${row.arch} ${row.version}`}
        columns={columns}
        empty={<Empty title="No package matches">Take one of the filters away.</Empty>}
      />
    </>
  );
}

function rowsOf(
  installed: readonly Installed[] | null,
  offers: readonly Offer[] | null,
): readonly Row[] | null {
  if (installed === null) return null;
  const byName = Map.groupBy(offers ?? [], (offer) => `${offer.name} ${offer.arch}`);
  return installed.map((item) => {
    const all = byName.get(`${item.name} ${item.arch}`) ?? [];
    const others = all.filter((offer) => offer.version !== item.version);
    return { ...item, offered: offers === null ? null : others };
  });
}

function isChosen(row: Row, search: Search): boolean {
  const text = (search["q"] ?? "").toLowerCase();
  if (search["offered"] === "yes" && (row.offered?.length ?? 0) === 0) return false;
  return row.name.toLowerCase().includes(text) || row.source.toLowerCase().includes(text);
}

const columns: readonly Column<Row>[] = [
  { title: "Package", width: "minmax(0, 1.4fr)", cell: (row) => row.name },
  { title: "Installed", width: "minmax(0, 1.4fr)", cell: (row) => row.version },
  {
    title: "Also offered",
    width: "minmax(0, 2fr)",
    cell: (row) => {
      if (row.offered === null) return <span className="dim">not known</span>;
      if (row.offered.length === 0) return <span className="dim">–</span>;
      const [first] = row.offered;
      const all = row.offered.map((o) => `${o.version} from ${o.origin} ${o.suite}`).join("\n");
      return (
        <span title={all}>
          {first?.version} <span className="dim">{first?.suite}</span>
        </span>
      );
    },
  },
  { title: "Source", width: "minmax(0, 1fr)", isWideOnly: true, cell: (row) => row.source },
  { title: "Arch", width: "64px", isWideOnly: true, cell: (row) => row.arch },
];
