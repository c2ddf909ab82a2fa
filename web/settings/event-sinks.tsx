import { Table, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type Sink = Reply<"/api/v1/event-sinks">["items"][number];
const TOPICS = ["audit"];

/** Who else is told of every event, and how far each of them is. */
export function EventSinksPart() {
  const sinks = useAnswer({
    key: ["event-sinks"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/event-sinks", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm">
        Every event of the ledger also goes to these, in its order and at least once. They stand in
        the server's configuration file, their secrets in files of their own.
      </Text>
      <Answered of={sinks} what="receivers of events">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody else is told">
              Name a syslog server, an OpenTelemetry collector or a webhook under events.to in
              fettle.yaml, then start the server again. The documentation (docs/events.md) shows
              each form.
            </Empty>
          ) : (
            <SinkTable items={items} />
          )
        }
      </Answered>
    </>
  );
}

function SinkTable({ items }: { readonly items: readonly Sink[] }) {
  return (
    <ScrolledTable
      name="Receivers of events"
      minWidth={760}
      heads={["Name", "Where", "Which events", "Sent", "Behind", "State", "Actions"]}
    >
      {items.map((sink) => (
        <Table.Tr key={sink.name}>
          <Table.Td>{sink.name}</Table.Td>
          <Table.Td>
            {sink.kind}
            <div className="mono dim">{sink.address}</div>
          </Table.Td>
          <Table.Td className="mono">{sink.events.join(" ")}</Table.Td>
          <Table.Td>
            {sink.sent.toLocaleString("en")}
            {sink.refused > 0 && (
              <div className="dim">{sink.refused.toLocaleString("en")} refused for good</div>
            )}
          </Table.Td>
          <Table.Td>{sink.behind.toLocaleString("en")}</Table.Td>
          <Table.Td>
            <SinkState sink={sink} />
          </Table.Td>
          <Table.Td>
            <ActionButton
              action={actionFor(sink.actions, "test")}
              label="Try it out"
              act={() => {
                const params = { path: { sink: sink.name } };
                return ask(api.POST("/api/v1/event-sinks/{sink}/test", { params }));
              }}
              topics={TOPICS}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}

function SinkState({ sink }: { readonly sink: Sink }) {
  if (sink.problem !== null) {
    return (
      <>
        <Mark tone="bad">
          since <Instant at={sink.problemSince} />
        </Mark>
        <div className="dim">{sink.problem}</div>
      </>
    );
  }
  if (sink.sentAt === null) return <span className="dim">nothing was sent yet</span>;
  return (
    <Mark tone="good">
      took one <Instant at={sink.sentAt} />
    </Mark>
  );
}
