import { Alert, Button, Group, NumberInput, Table, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { api, ask, onceKey, type Reply } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { RemoveButton } from "../parts/remove-button.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type Token = Reply<"/api/v1/tokens">["items"][number];
const TOPICS = ["tokens", "users"];
const DAYS_USUAL = 30;
const DAYS_MAX = 90;

/** One's own tokens for the command line and programs. */
export function TokensPart() {
  const [made, setMade] = useState<string | null>(null);
  const tokens = useAnswer({
    key: ["tokens"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/tokens", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm">
        A token works as you, for as long as you may. Revoking one revokes every token made with it.
      </Text>
      <NewToken onMade={setMade} />
      {made !== null && (
        <Alert
          color="teal"
          variant="outline"
          my="sm"
          title="Shown once: the server keeps only its digest"
          withCloseButton
          closeButtonLabel="I have it"
          onClose={() => setMade(null)}
        >
          <Command text={made} />
        </Alert>
      )}
      <Answered of={tokens} what="tokens">
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No tokens" command="./fettle login">
              The command line makes one when you sign in with it.
            </Empty>
          ) : (
            <TokenTable items={items} />
          )
        }
      </Answered>
    </>
  );
}

function NewToken({ onMade }: { readonly onMade: (token: string) => void }) {
  const make = useDeed(
    (body: { readonly title: string; readonly days: number }) =>
      ask(api.POST("/api/v1/tokens", { body, headers: onceKey() })),
    TOPICS,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const body = { title: String(fields.get("title")).trim(), days: Number(fields.get("days")) };
    make.mutate(body, {
      onSuccess: (made) => {
        form.reset();
        onMade(made.token);
      },
    });
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" mb="sm">
        <TextInput name="title" label="For what" placeholder="laptop, nightly report" required />
        <NumberInput
          name="days"
          label="Days"
          size="xs"
          w={90}
          min={1}
          max={DAYS_MAX}
          defaultValue={DAYS_USUAL}
        />
        <Button type="submit" loading={make.isPending}>
          Make a token
        </Button>
      </Group>
      {make.isError && <Problem cause={make.error} />}
    </form>
  );
}

function TokenTable({ items }: { readonly items: readonly Token[] }) {
  return (
    <ScrolledTable
      name="Tokens"
      minWidth={560}
      heads={["For what", "Limits", "Made", "Last used", "State"]}
    >
      {items.map((token) => (
        <Table.Tr key={token.id}>
          <Table.Td>{token.title}</Table.Td>
          <Table.Td>
            {token.limits === null
              ? "none: all that you may"
              : token.limits
                  .map(
                    (limit) => `${limit.role} ${limit.scope === "" ? "everywhere" : limit.scope}`,
                  )
                  .join(", ")}
          </Table.Td>
          <Table.Td>
            <Instant at={token.createdAt} />
          </Table.Td>
          <Table.Td>
            <Instant at={token.usedAt} />
          </Table.Td>
          <Table.Td>
            <TokenState token={token} />
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}

function TokenState({ token }: { readonly token: Token }) {
  const params = { path: { token: token.id } };
  if (token.revokedAt !== null) {
    return (
      <Mark tone="bad">
        revoked <Instant at={token.revokedAt} />
      </Mark>
    );
  }
  return (
    <Group gap="xs">
      <Mark tone="good">
        ends <Instant at={token.expiresAt} />
      </Mark>
      <RemoveButton
        what={token.title}
        word="Revoke"
        topics={TOPICS}
        act={() => ask(api.DELETE("/api/v1/tokens/{token}", { params }))}
      />
    </Group>
  );
}
