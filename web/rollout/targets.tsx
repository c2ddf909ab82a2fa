import { Title } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf } from "../app/words.ts";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { ringName } from "../parts/ring-name.ts";
import { Sentence } from "../parts/sentence.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { type Rollout, type Standing, StandingMark, type Target } from "./standing.tsx";
import { WaveChoice } from "./wave-line.tsx";

/** Every host of the rollout, each with where it stands and why. */
export function Targets({ rollout }: { readonly rollout: Rollout }) {
  const [search, set] = useSearch();
  const { wave, standing } = search;
  const rings = new Map(rollout.waves.map((one) => [one.number, one.ring]));
  const query = {
    ...(wave === undefined ? {} : { wave: Number(wave) }),
    ...(standing === undefined ? {} : { standing: standing as Standing }),
  };
  return (
    <section aria-label="Hosts">
      <Title order={2} mb="xs">
        Hosts
      </Title>
      <FilterBar>
        <WaveChoice search={search} set={set} waves={rollout.waves} />
        <FilterChoice
          search={search}
          set={set}
          name="standing"
          label="Stands at"
          choices={choicesOf("standing")}
        />
        <FilterReset search={search} set={set} names={["wave", "standing"]} />
      </FilterBar>
      <VirtualList
        listKey={["rollout", rollout.id, "targets", query]}
        href={(target) =>
          `/rollouts/${rollout.ref}?${new URLSearchParams({ ...search, host: target.name })}`
        }
        label="hosts"
        single="host"
        columns={columnsFor(rings)}
        topics={[`rollout:${rollout.id}`]}
        rowId={(target) => target.host}
        load={({ skip, limit }) =>
          ask(
            api.GET("/api/v1/rollouts/{rollout}/targets", {
              params: { path: { rollout: rollout.id }, query: { ...query, skip, limit } },
            }),
          )
        }
        empty={
          <Empty title="No host stands there now">
            Another choice above shows the others; the picture says how many there are of each.
          </Empty>
        }
      />
    </section>
  );
}

function columnsFor(rings: ReadonlyMap<number, string>): readonly Column<Target>[] {
  return [
    { title: "Host", width: "minmax(120px, 1.2fr)", cell: (target) => target.name },
    {
      title: "Wave",
      width: "110px",
      cell: (target) => ringName(rings.get(target.wave) ?? `${target.wave}`),
      isWideOnly: true,
    },
    {
      title: "Stands at",
      width: "minmax(130px, 150px)",
      cell: (target) => <StandingMark standing={target.standing} />,
    },
    {
      title: "Attempt",
      width: "70px",
      cell: (target) => target.attempt,
      isNumber: true,
      isWideOnly: true,
    },
    {
      title: "Why",
      width: "minmax(0, 4fr)",
      cell: (target) => (
        <span title={target.sentence}>
          <Sentence text={target.sentence} />
        </span>
      ),
      isWideOnly: true,
    },
  ];
}
