import { Group, Modal, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FormEnd } from "../parts/form-end.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type Asked = Reply<"/api/v1/erasures">["items"][number];
const TOPICS = ["records", "users"];

/** Who is to be erased (GDPR Art. 17): one person asks, another does it, and a hold stands against it. */
export function ErasuresPanel() {
  const [isOpen, setOpen] = useState(false);
  const asked = useAnswer({
    key: ["erasures"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/erasures", { signal })),
  });
  return (
    <Panel title="People who are to be erased">
      <Answered of={asked} what="erasures">
        {({ items, actions }) => (
          <>
            <Group justify="space-between" mb="sm">
              <Text size="sm">
                One administrator asks, another erases. Names go, also out of the log; what was
                signed stays signed.
              </Text>
              <ActionButton
                action={actionFor(actions, "ask")}
                label="Ask to erase somebody"
                act={async () => setOpen(true)}
                topics={[]}
              />
            </Group>
            {items.length === 0 ? (
              <Empty
                title="Nobody is to be erased"
                command="./fettle user erase HANDLE --reason TEXT"
              >
                What is held on a person is exported with: fettle user records HANDLE FILE
              </Empty>
            ) : (
              <AskedTable items={items} />
            )}
            {isOpen && <EraseForm onClose={() => setOpen(false)} />}
          </>
        )}
      </Answered>
    </Panel>
  );
}

function AskedTable({ items }: { readonly items: readonly Asked[] }) {
  return (
    <ScrolledTable
      name="People who are to be erased"
      minWidth={640}
      heads={["Handle", "Asked", "Why", "Actions"]}
    >
      {items.map((one) => (
        <AskedRow key={one.subject} of={one} />
      ))}
    </ScrolledTable>
  );
}

function AskedRow({ of }: { readonly of: Asked }) {
  const params = { path: { user: of.subject } };
  return (
    <Table.Tr>
      <Table.Td className="mono">{of.handle}</Table.Td>
      <Table.Td>
        <Instant at={of.askedAt} /> by <Person subject={of.askedBy} />
      </Table.Td>
      <Table.Td>{of.reason}</Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <ActionButton
            action={actionFor(of.actions, "erase")}
            label="Erase for good"
            confirm={`${of.handle} is signed out and erased: name, keys' titles, sign-ins, and what was sealed about them in the log. Nobody can bring it back.`}
            act={() => ask(api.POST("/api/v1/users/{user}/erasure", { params, body: {} }))}
            topics={TOPICS}
            isDangerous
          />
          <ActionButton
            action={actionFor(of.actions, "withdraw")}
            label="Keep"
            act={() => ask(api.DELETE("/api/v1/users/{user}/erasure", { params }))}
            topics={TOPICS}
          />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function EraseForm({ onClose }: { readonly onClose: () => void }) {
  const erase = useDeed((fields: FormData) => {
    const user = String(fields.get("handle")).trim();
    const body = { reason: String(fields.get("reason")).trim() };
    const params = { path: { user } };
    return ask(api.POST("/api/v1/users/{user}/erasure", { params, body }));
  }, TOPICS);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    erase.mutate(new FormData(event.currentTarget), { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title="Ask to erase somebody">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput name="handle" label="Handle" placeholder="carol" required data-autofocus />
          <Textarea name="reason" label="Why" description="Ten characters at least." required />
          <FormEnd deed={erase} label="Ask" isDialog onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
