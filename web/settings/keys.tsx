import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { api, ask, onceKey } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { wordFor } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { type ApproverKey, makePasskey } from "../parts/passkey.ts";
import { Problem } from "../parts/problem.tsx";
import { RemoveButton } from "../parts/remove-button.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

const TOPICS = ["keys", "users"];

/** The keys with which one approves; hosts check their signatures themselves. */
export function KeysPart() {
  const keys = useAnswer({
    key: ["keys"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/keys", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm" maw="80ch">
        You approve a change with your own signature over its exact bytes. Hosts in protected rings
        check that signature themselves, so a stolen server cannot approve for you. Keep the private
        half away from this server; a key on a hardware token counts as stronger. The passkey with
        which you sign in is another one, so that no sign-in can be passed off as an approval.
      </Text>
      <AddPasskey />
      <AddKey />
      <Answered of={keys} what="keys">
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              title="No approver key yet"
              command="ssh-keygen -t ed25519 -f ~/.ssh/fettle-approve"
            >
              Make a passkey above, or a key, and paste the line of its .pub file; or run ./fettle
              key add.
            </Empty>
          ) : (
            <KeyTable items={items} />
          )
        }
      </Answered>
    </>
  );
}

/** In two steps: the server asks once, the browser and its key answer. */
function AddPasskey() {
  const make = useDeed(async () => {
    const path = "/api/v1/keys/passkey-challenges";
    const asked = await ask(api.POST(path, { headers: onceKey() }));
    const body = await makePasskey(asked);
    return ask(api.POST("/api/v1/keys/passkeys", { body, headers: onceKey() }));
  }, TOPICS);
  return (
    <div>
      <Group gap="sm" mb="xs">
        <Button loading={make.isPending} onClick={() => make.mutate(undefined)}>
          Make a passkey for approvals
        </Button>
        <Text size="sm" c="dimmed" maw="70ch">
          Kept by this device or a security key, and bound to this page. Hosts count it as class
          page: enough where their ring demands no signature from outside.
        </Text>
      </Group>
      {make.data !== undefined && (
        <Text size="sm" mb="sm" role="status">
          {make.data.fingerprint} is your passkey. Hosts do not know it until their next policy
          names it; compare this fingerprint when that policy is signed.
        </Text>
      )}
      {make.isError && <Problem cause={make.error} />}
    </div>
  );
}

function AddKey() {
  const add = useDeed(
    (line: string) => ask(api.POST("/api/v1/keys", { body: { line }, headers: onceKey() })),
    TOPICS,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const line = String(new FormData(form).get("line")).trim();
    add.mutate(line, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" mb="sm">
        <TextInput
          name="line"
          label="Public key"
          placeholder="ssh-ed25519 AAAA… comment"
          required
          style={{ flex: "1 1 260px", maxWidth: 620 }}
        />
        <Button type="submit" loading={add.isPending}>
          Add key
        </Button>
      </Group>
      {add.isError && <Problem cause={add.error} />}
    </form>
  );
}

function KeyTable({ items }: { readonly items: readonly ApproverKey[] }) {
  return (
    <ScrolledTable
      name="Approver keys"
      minWidth={600}
      heads={["Title", "Kind", "Fingerprint", "Added", "State"]}
    >
      {items.map((key) => (
        <Table.Tr key={key.id}>
          <Table.Td>{key.title}</Table.Td>
          <Table.Td>{wordFor("keyClass", key.class).label}</Table.Td>
          <Table.Td className="mono">{key.fingerprint}</Table.Td>
          <Table.Td>
            <Instant at={key.addedAt} />
          </Table.Td>
          <Table.Td>
            <KeyState of={key} />
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}

function KeyState({ of }: { readonly of: ApproverKey }) {
  if (of.removedAt !== null) {
    return (
      <Mark tone="bad">
        removed <Instant at={of.removedAt} />
      </Mark>
    );
  }
  return (
    <Group gap="xs">
      <Mark tone="good">in use</Mark>
      <RemoveButton
        what={of.title}
        topics={TOPICS}
        act={() => ask(api.DELETE("/api/v1/keys/{key}", { params: { path: { key: of.id } } }))}
      />
    </Group>
  );
}
