import { Alert, Group, Stack } from "@mantine/core";
import { durationToText } from "../../src/base/instant.ts";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { choicesOf, wordsOf } from "../app/words.ts";
import { ActionButton } from "../parts/actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar, FilterChoice, FilterReset } from "../parts/filters.tsx";
import { ClockTime, Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";

import { Asked } from "./rollout-head.tsx";

type Row = Reply<"/api/v1/rollouts">["items"][number];

export function RolloutsPage() {
  const [search, set] = useSearch();
  const { change } = search;
  const state = wordsOf("rollout").find(({ name }) => name === search["state"])?.name as
    | Row["state"]
    | undefined;
  const query = {
    ...(change === undefined ? {} : { change }),
    ...(state === undefined ? {} : { state }),
  };
  return (
    <>
      <PageHead title="Rollouts" sentence={<Verdict />} actions={<HaltEverything />} />
      <ScopeHalts />
      <FilterBar>
        <FilterChoice
          search={search}
          set={set}
          name="state"
          label="State"
          choices={choicesOf("rollout")}
        />
        {change !== undefined && <span className="dim">of {change}</span>}
        <FilterReset search={search} set={set} names={["state", "change"]} />
      </FilterBar>
      <VirtualList
        listKey={["rollouts", query]}
        topics={["rollouts"]}
        label="rollouts"
        single="rollout"
        columns={columns}
        href={(row) => `/rollouts/${row.ref}`}
        rowId={(row) => row.id}
        load={({ skip, limit }) =>
          ask(api.GET("/api/v1/rollouts", { params: { query: { ...query, skip, limit } } }))
        }
        empty={
          Object.keys(query).length > 0 ? (
            <Empty title="No rollout is like that">Clear the filters to see all of them.</Empty>
          ) : (
            <Empty
              title="Nothing has been rolled out yet"
              action={<Go href="/changes">Go to the changes</Go>}
              command="fettle rollout start C-1"
            >
              A rollout carries out an approved change, wave by wave. Start one from its change, or:
            </Empty>
          )
        }
      />
    </>
  );
}

/** The one line that answers what goes on now. */
function Verdict() {
  const of = (state: "running" | "halted") => ({
    key: ["rollouts", "count", state],
    topics: ["rollouts"],
    load: (signal: AbortSignal) =>
      ask(api.GET("/api/v1/rollouts", { params: { query: { state, limit: 1 } }, signal })),
  });
  const running = useAnswer(of("running")).data?.total;
  const halted = useAnswer(of("halted")).data?.total;
  if (running === undefined || halted === undefined) return <>&nbsp;</>;
  return (
    <>
      {running === 0 ? "Nothing runs" : <Go href="/rollouts?state=running">{running} running</Go>}
      {halted === 0 ? (
        ", nothing is halted."
      ) : (
        <>
          , <Go href="/rollouts?state=halted">{halted} halted</Go>: each waits for a person.
        </>
      )}
    </>
  );
}

function useHalts() {
  return useAnswer({
    key: ["halts"],
    topics: ["rollouts"],
    load: (signal) => ask(api.GET("/api/v1/halts", { signal })),
  });
}

const topics = ["rollouts"];

function HaltEverything() {
  const action = useHalts().data?.actions.find(({ verb }) => verb === "halt-all");
  return (
    <ActionButton
      action={action}
      label={action?.label ?? "Halt everything"}
      topics={topics}
      asksReason
      isDangerous
      confirm="Nothing starts on any host until two people lift the halt. Hosts at work finish by themselves."
      act={(reason) =>
        ask(api.POST("/api/v1/halts", { body: { scope: "all", freeze: false, reason } }))
      }
    />
  );
}

/** Halts that reach further than one rollout stand above everything. */
function ScopeHalts() {
  const items = useHalts().data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Alert color="red" variant="outline" mb="sm" title="Halted beyond single rollouts">
      <Stack gap="xs">
        {items.map((halt) => (
          <ScopeHalt key={halt.scope} halt={halt} />
        ))}
      </Stack>
    </Alert>
  );
}

function ScopeHalt({ halt }: { readonly halt: Reply<"/api/v1/halts">["items"][number] }) {
  const { scope, since, asked, actions } = halt;
  const actionFor = (verb: string) => actions.find((action) => action.verb === verb);
  return (
    <div>
      {scope === "all" ? "Everything is halted" : `${scope.replace(":", " ")} is halted`} since{" "}
      <Instant at={since} />; nothing starts there.
      {asked !== null && <Asked by={asked} />}
      <Group gap="xs" mt={4}>
        <ActionButton
          action={actionFor("lift")}
          label="Lift"
          topics={topics}
          asksReason
          confirm="Asks to lift it. Somebody else who may approve has to agree, unless the change policy asks for nobody else."
          act={(reason) => ask(api.POST("/api/v1/halts/lift", { body: { scope, reason } }))}
        />
        {asked !== null && (
          <ActionButton
            action={actionFor("agree")}
            label="Agree to lift"
            topics={topics}
            asksReason
            isPrimary
            confirm="Rollouts go on there, as another person asked."
            act={(reason) =>
              ask(api.POST("/api/v1/halts/lift/agreement", { body: { scope, reason } }))
            }
          />
        )}
      </Group>
    </div>
  );
}

const columns: readonly Column<Row>[] = [
  { title: "Rollout", width: "90px", cell: (row) => row.ref },
  { title: "What", width: "minmax(140px, 3fr)", cell: (row) => row.title },
  {
    title: "State",
    width: "110px",
    cell: (row) => <StateWord group="rollout" name={row.state} />,
  },
  {
    title: "Change",
    width: "90px",
    cell: (row) => <Go href={`/changes/${row.change}`}>{row.change}</Go>,
    isWideOnly: true,
  },
  {
    title: "Patch",
    width: "90px",
    cell: (row) => <Go href={`/patches/${row.patch}`}>{row.patch}</Go>,
    isWideOnly: true,
  },
  {
    title: "Started",
    width: "130px",
    cell: (row) => <ClockTime at={row.startedAt} />,
    isWideOnly: true,
  },
  {
    title: "Took",
    width: "110px",
    cell: (row) =>
      row.endedAt === null ? (
        <span className="dim">goes on</span>
      ) : (
        durationToText(Date.parse(row.endedAt) - Date.parse(row.startedAt))
      ),
    isWideOnly: true,
  },
];
