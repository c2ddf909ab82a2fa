import { Button, Stack, Table, Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer, useDeed } from "../app/queries.ts";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { ScrolledTable } from "../parts/scrolled-table.tsx";
import { SignText } from "../parts/sign-text.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import { useRestore } from "./restore-banner.tsx";

type Restore = NonNullable<NonNullable<ReturnType<typeof useRestore>["data"]>["open"]>;

/** After an older database was put back: what is known, what is left to look at, and two signatures. */
export function RestorePage() {
  const { data, error } = useRestore();
  if (error !== null) return <Problem cause={error} />;
  if (data === undefined) return null;
  const { open } = data;
  if (open === null) {
    return (
      <>
        <PageHead title="Restore" />
        <Empty title="The database is as new as its log">No restore is open.</Empty>
      </>
    );
  }
  const missing = open.newest.size - open.now.size;
  return (
    <>
      <PageHead
        title="Restore"
        sentence={
          missing > 0
            ? `${missing} entries of the log are not here. Put the ledger folder back that has them, and start the server again.`
            : "The log is whole again. Look at what was not done again; then two approvers sign."
        }
      />
      <Stack gap="md">
        <Standing open={open} />
        {missing === 0 && <Sign open={open} />}
        <Left />
      </Stack>
    </>
  );
}

function Standing({ open }: { readonly open: Restore }) {
  const replayed = Object.entries(open.replayed ?? {}).filter(([, count]) => count > 0);
  const head = ({ size, root }: Restore["now"]) => (
    <span title={root}>
      {size} entries, root <span className="mono">{root.slice(0, 12)}</span>
    </span>
  );
  return (
    <Panel title="What is known">
      <Facts
        of={[
          ["Noticed", <Instant key="at" at={open.openedAt} />],
          ["Put back", head(open.old)],
          ["Newest head", head(open.newest)],
          ["Log now", head(open.now)],
          ...(open.problem === null ? [] : ([["Not replayed", open.problem]] as const)),
          ...replayed.map(([what, count]) => [capital(what), String(count)] as const),
          ["Rollouts halted", String(open.held)],
          ["Hosts that have to report first", String(open.unknown)],
          ...(open.witnessesAhead.length === 0
            ? []
            : ([["Witnesses ahead of it", open.witnessesAhead.join(", ")]] as const)),
        ]}
      />
    </Panel>
  );
}

const capital = (text: string): string =>
  text === "entries" ? "Entries written back" : text.slice(0, 1).toUpperCase() + text.slice(1);

function Sign({ open }: { readonly open: Restore }) {
  const keys = useAnswer({
    key: ["keys"],
    topics: ["users"],
    load: (signal) => ask(api.GET("/api/v1/keys", { signal })),
  });
  const draft = useDeed(
    () => ask(api.POST("/api/v1/restore/statement", { body: {} })),
    ["restore"],
  );
  const finish = useDeed(
    () => ask(api.POST("/api/v1/restore/finish", { body: {} })),
    ["restore", "rollouts"],
  );
  const signed = open.signatures.filter((one) => one.counts).length;
  const { document } = open;
  return (
    <Panel title={`Signatures: ${signed} of ${open.need}`}>
      {open.signatures.map((one) => (
        <Text size="sm" key={one.signer}>
          {one.signer} ({one.keyClass}) <Instant at={one.at} />
          {one.counts ? "" : ", counts no more"}
        </Text>
      ))}
      {document === null && (
        <Button mt="xs" loading={draft.isPending} onClick={() => draft.mutate(undefined)}>
          Write the text to sign
        </Button>
      )}
      {document !== null && <TextBlock label="The text that is signed" text={document} />}
      {document !== null && signed < open.need && (
        <SignText
          namespace="fettle-restore-v1"
          text={document}
          file="restore.txt"
          verb="Sign"
          keys={keys.data?.items ?? []}
          command="fettle restore sign --key ~/.ssh/id_ed25519"
          topics={["restore"]}
          send={(given) =>
            ask(api.POST("/api/v1/restore/signatures", { body: { document, ...given } }))
          }
        />
      )}
      {signed >= open.need && (
        <Button mt="xs" loading={finish.isPending} onClick={() => finish.mutate(undefined)}>
          Let the server go on
        </Button>
      )}
      {draft.isError && <Problem cause={draft.error} />}
      {finish.isError && <Problem cause={finish.error} />}
    </Panel>
  );
}

/** Nothing of it is in force; people do again what they still want. */
function Left() {
  const { data, error } = useAnswer({
    key: ["restore", "left"],
    topics: ["restore"],
    load: (signal) => ask(api.GET("/api/v1/restore/left", { signal })),
  });
  if (error !== null) return <Problem cause={error} />;
  if (data === undefined) return null;
  return (
    <Panel title={`Not done again: ${data.total}`}>
      {data.total === 0 ? (
        <Text size="sm">Nothing is left to look at.</Text>
      ) : (
        <ScrolledTable
          name="Not done again"
          minWidth={600}
          heads={["Entry", "When", "About", "What"]}
        >
          {data.items.map((one) => (
            <Table.Tr key={one.index}>
              <Table.Td>{one.index}</Table.Td>
              <Table.Td>
                <Instant at={one.at} />
              </Table.Td>
              <Table.Td className="mono">{one.object}</Table.Td>
              <Table.Td>{one.says}</Table.Td>
            </Table.Tr>
          ))}
        </ScrolledTable>
      )}
    </Panel>
  );
}
