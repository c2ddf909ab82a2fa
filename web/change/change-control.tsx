import { Group, SegmentedControl, Stack, Table } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";
import { TemplatesPanel } from "./templates.tsx";

type Measures = Reply<"/api/v1/change-measures">;
type Duty = Reply<"/api/v1/change-duties">["items"][number];

/** How well changes go, what emergencies still owe, and which plans are well known. */
export function ChangeControlPage() {
  return (
    <>
      <PageHead
        title="Change control"
        sentence="How changes went, what emergencies still owe, and the templates of standard changes."
      />
      <Stack gap="md">
        <MeasuresPanel />
        <Duties />
        <TemplatesPanel />
      </Stack>
    </>
  );
}

const SPANS = ["30", "90", "365"] as const;

function MeasuresPanel() {
  const [search, set] = useSearch();
  const days = SPANS.find((one) => one === search["days"]) ?? "90";
  const measures = useAnswer({
    key: ["change-measures", days],
    topics: ["changes"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/change-measures", { params: { query: { days: Number(days) } }, signal }),
      ),
  });
  return (
    <Panel title="How changes went">
      <Group mb="sm">
        <SegmentedControl
          aria-label="How far back"
          size="xs"
          value={days}
          onChange={(value) => set({ days: value === "90" ? "" : value })}
          data={SPANS.map((value) => ({ value, label: `${value} days` }))}
        />
      </Group>
      <Answered of={measures} what="how changes went">
        {(known) => <MeasureFacts of={known} />}
      </Answered>
    </Panel>
  );
}

function MeasureFacts({ of }: { readonly of: Measures }) {
  if (of.ended === 0) {
    return <p className="dim">No change ended in these {of.days} days, so nothing is known.</p>;
  }
  return (
    <Facts
      of={[
        ["Ended", of.ended.toLocaleString("en")],
        ["Successful", shareText(of.successful)],
        ["Emergencies", shareText(of.emergency)],
        ["Backed out", shareText(of.backedOut)],
        ["From request to end", hoursText(of.leadSeconds)],
      ]}
    />
  );
}

function shareText(share: number | null): string {
  return share === null ? "not known" : `${(share * 100).toFixed(1)} %`;
}

function hoursText(seconds: number | null): string {
  if (seconds === null) return "not known";
  const hours = seconds / 3600;
  return hours < 48
    ? `${hours.toFixed(1)} hours on average`
    : `${(hours / 24).toFixed(1)} days on average`;
}

function Duties() {
  const duties = useAnswer({
    key: ["change-duties"],
    topics: ["changes"],
    load: (signal) =>
      ask(api.GET("/api/v1/change-duties", { params: { query: { limit: 100 } }, signal })),
  });
  return (
    <Panel title="What emergencies owe">
      <Answered of={duties} what="what emergencies owe">
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim">Nothing: no emergency waits for its decision or its review.</p>
          ) : (
            <ScrolledTable
              name="Duties"
              minWidth={520}
              heads={["Change", "What", "Owed", "Due", "State"]}
            >
              {items.map((one) => (
                <DutyRow key={`${one.change} ${one.kind}`} of={one} />
              ))}
            </ScrolledTable>
          )
        }
      </Answered>
    </Panel>
  );
}

function DutyRow({ of }: { readonly of: Duty }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Go href={`/changes/${of.change}`}>{of.change}</Go>
      </Table.Td>
      <Table.Td>{of.title}</Table.Td>
      <Table.Td>{of.kind}</Table.Td>
      <Table.Td>
        <Instant at={of.dueAt} />
      </Table.Td>
      <Table.Td>
        <Mark tone={of.isOverdue ? "bad" : "waiting"}>{of.isOverdue ? "overdue" : "open"}</Mark>
      </Table.Td>
    </Table.Tr>
  );
}
