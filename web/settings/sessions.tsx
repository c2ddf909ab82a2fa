import { Button, Group, Table, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";

type Session = Reply<"/api/v1/sessions">["items"][number];
const TOPICS = ["users"];

/** Every browser in which one is signed in, and a way to end what one does not know. */
export function SessionsPart() {
  const sessions = useAnswer({
    key: ["sessions"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/sessions", { signal })),
  });
  return (
    <>
      <Text size="sm" mb="sm">
        Browsers in which you are signed in now. Each ends by itself after 15 minutes of rest and
        after 8 hours at the latest. Programs use <Go href="/settings/tokens">tokens</Go>. Do you
        not know one of these? End it, then <Go href="/settings/password">change your password</Go>.
      </Text>
      <Answered of={sessions} what="sign-ins">
        {({ items }) => (
          <>
            <SessionTable items={items} />
            <EndOthers others={items.filter(({ isCurrent }) => !isCurrent).length} />
          </>
        )}
      </Answered>
    </>
  );
}

function SessionTable({ items }: { readonly items: readonly Session[] }) {
  return (
    <ScrolledTable
      name="Sign-ins"
      minWidth={560}
      heads={["Browser", "Address", "Signed in", "Last seen", "State"]}
    >
      {items.map((session) => (
        <Table.Tr key={session.id}>
          <Table.Td>{session.program}</Table.Td>
          <Table.Td>{session.address}</Table.Td>
          <Table.Td>
            <Instant at={session.startedAt} />
          </Table.Td>
          <Table.Td>
            <Instant at={session.seenAt} />
          </Table.Td>
          <Table.Td>
            {session.isCurrent ? <Mark tone="good">this one</Mark> : <End session={session} />}
          </Table.Td>
        </Table.Tr>
      ))}
    </ScrolledTable>
  );
}

function End({ session }: { readonly session: Session }) {
  const params = { path: { session: session.id } };
  const end = useDeed(() => ask(api.DELETE("/api/v1/sessions/{session}", { params })), TOPICS);
  return (
    <Group gap="xs">
      <Button
        size="compact-xs"
        variant="default"
        loading={end.isPending}
        onClick={() => end.mutate(undefined)}
        aria-label={`End ${session.program} at ${session.address}`}
      >
        End
      </Button>
      {end.isError && <Problem cause={end.error} />}
    </Group>
  );
}

function EndOthers({ others }: { readonly others: number }) {
  const end = useDeed(() => ask(api.POST("/api/v1/sessions/end-others", { body: {} })), TOPICS);
  if (others === 0) {
    return (
      <Text size="sm" c="dimmed" mt="sm">
        You are signed in nowhere else.
      </Text>
    );
  }
  return (
    <Group mt="sm">
      <Button
        size="xs"
        variant="default"
        loading={end.isPending}
        onClick={() => end.mutate(undefined)}
      >
        {others === 1 ? "End the other one" : `End all ${others} others`}
      </Button>
      {end.isError && <Problem cause={end.error} />}
    </Group>
  );
}
