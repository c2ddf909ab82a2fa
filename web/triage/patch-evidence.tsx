import { Table, Text } from "@mantine/core";
import { Go } from "../app/go.tsx";
import { Command } from "../parts/command.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import type { PatchReply } from "./patch-reply.ts";
import styles from "./triage.module.css";

/** Events shown at once; an export holds all of them. */
const SHOWN_ROWS = 200;

/** What anybody can check without trusting this server: the case's events in the log. */
export function PatchEvidence({ answer }: { readonly answer: PatchReply }) {
  const { timeline, earlier } = answer;
  const logged = timeline.filter((event) => event.index !== null);
  const waiting = timeline.length - logged.length;
  return (
    <div className={styles["split"]}>
      <Panel
        title={
          earlier === null
            ? `${logged.length} events in the log`
            : `The newest ${logged.length} events in the log`
        }
      >
        <Table.ScrollContainer minWidth={340}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Event</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Who</Table.Th>
                <Table.Th>When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {logged.slice(0, SHOWN_ROWS).map((event) => (
                <Table.Tr key={event.id}>
                  <Table.Td>
                    <Go href={`/audit/${event.index}`}>{event.index} and its proof</Go>
                  </Table.Td>
                  <Table.Td>{event.type}</Table.Td>
                  <Table.Td>
                    <Person subject={event.actor} />
                  </Table.Td>
                  <Table.Td>
                    <Instant at={event.at} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {logged.length > SHOWN_ROWS && (
          <Text size="sm" c="dimmed">
            The first {SHOWN_ROWS}; the export holds all.
          </Text>
        )}
        {waiting > 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            {waiting === 1 ? "One event waits" : `${waiting} events wait`} to be numbered; that
            takes moments.
          </Text>
        )}
      </Panel>
      <Panel title="Check it without this server">
        <Text size="sm" mb="sm">
          Each event is a leaf of one Merkle tree, in the log before anything is sent to a host. An
          export can be verified anywhere, offline:
        </Text>
        <Command text={"./fettle audit export ledger.jsonl\n./fettle audit verify ledger.jsonl"} />
      </Panel>
    </div>
  );
}
