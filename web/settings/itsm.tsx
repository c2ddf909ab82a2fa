import { Table, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type System = Reply<"/api/v1/itsm">["items"][number];
const TOPICS = ["changes"];

/** Where changes are mirrored, and how far each system is. */
export function ItsmPart() {
  const systems = useAnswer({
    key: ["itsm"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/itsm", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm">
        Every change becomes a record in these. What its state there says can hold the change; it
        never approves one.
      </Text>
      <Answered of={systems} what="ITSM systems">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Changes are mirrored nowhere">
              Add ServiceNow, Jira or a signed webhook: fettle itsm add. The documentation
              (docs/itsm.md) shows the settings of each.
            </Empty>
          ) : (
            <SystemTable items={items} />
          )
        }
      </Answered>
    </>
  );
}

function SystemTable({ items }: { readonly items: readonly System[] }) {
  return (
    <ScrolledTable
      name="ITSM systems"
      minWidth={760}
      heads={["Name", "Where", "Records", "Behind", "Given up", "Differ", "State", "Actions"]}
    >
      {items.map((system) => (
        <Table.Tr key={system.name}>
          <Table.Td>{system.name}</Table.Td>
          <Table.Td>
            {system.kind}
            <div className="mono dim">{system.url}</div>
          </Table.Td>
          {[system.records, system.behind, system.dead, system.conflicts].map((count, at) => (
            <Table.Td key={["records", "behind", "dead", "differ"][at]}>
              {count.toLocaleString("en")}
            </Table.Td>
          ))}
          <Table.Td>
            {system.problem === null ? (
              <Mark tone="good">no problem</Mark>
            ) : (
              <>
                <Mark tone="bad">
                  since <Instant at={system.problemSince} />
                </Mark>
                <div className="dim">{system.problem}</div>
              </>
            )}
          </Table.Td>
          <Table.Td>
            <ActionButton
              action={actionFor(system.actions, "test")}
              label="Try it out"
              topics={TOPICS}
              act={() => {
                const params = { path: { system: system.name } };
                return ask(api.POST("/api/v1/itsm/{system}/test", { params }));
              }}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}
