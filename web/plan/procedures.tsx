import { Group, Select, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, Refusals } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

type Told = Reply<"/api/v1/plans/{plan}/procedures">;

/** How the plan is taken back, and who has answered that they read it. */
export function Procedures({ plan }: { readonly plan: Plan }) {
  const procedures = useAnswer({
    key: ["plan", plan.digest, "procedures"],
    topics: [`plan:${plan.digest}`],
    load: (signal) => {
      const params = { path: { plan: plan.digest } };
      return ask(api.GET("/api/v1/plans/{plan}/procedures", { params, signal }));
    },
  });
  return (
    <Answered of={procedures} what="the rollback procedures">
      {(of) =>
        of.parties.length === 0 ? (
          <Text c="dimmed">
            The policy of this plan asks nobody to acknowledge a rollback procedure.
          </Text>
        ) : (
          <Stack gap="md">
            <Standing of={of} />
            <Acknowledged of={of} />
            <Buttons plan={plan} of={of} />
            {of.procedures.map(({ name, current }) =>
              current === null ? null : (
                <Document key={name} name={name} version={current.version} />
              ),
            )}
          </Stack>
        )
      }
    </Answered>
  );
}

function Standing({ of: { missing } }: { readonly of: Told }) {
  return (
    <ul className={styles["findings"]} aria-label="What keeps the plan from starting">
      {missing.length === 0 && (
        <li>
          <Mark tone="good">Everybody whom the policy asks has acknowledged it.</Mark>
        </li>
      )}
      {missing.map((text) => (
        <li key={text}>
          <Mark tone="attention">{text}</Mark>
        </li>
      ))}
    </ul>
  );
}

function Acknowledged({ of }: { readonly of: Told }) {
  if (of.acknowledged.length === 0) return null;
  const nameOf = (digest: string) =>
    of.procedures.find(({ current }) => current?.digest === digest)?.name ?? "an older text";
  return (
    <div className={styles["scroll"]}>
      <Table aria-label="Acknowledged">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>For</Table.Th>
            <Table.Th>By</Table.Th>
            <Table.Th>Procedure</Table.Th>
            <Table.Th>When</Table.Th>
            <Table.Th>Said</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.acknowledged.map(({ as: party, by, digest, at, reason }) => (
            <Table.Tr key={`${by}${digest}`}>
              <Table.Td>{party}</Table.Td>
              <Table.Td>{by}</Table.Td>
              <Table.Td>{nameOf(digest)}</Table.Td>
              <Table.Td>
                <Instant at={at} />
              </Table.Td>
              <Table.Td>{reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Buttons({ plan, of }: { readonly plan: Plan; readonly of: Told }) {
  const digests = of.procedures.flatMap(({ current }) => current?.digest ?? []);
  const params = { path: { plan: plan.digest } };
  const offered = of.parties.map((party) => ({
    party,
    action: of.actions.find(({ verb }) => verb === `acknowledge-${party}`),
  }));
  return (
    <>
      <Group gap="xs">
        {offered.map(({ party, action }) => (
          <ActionButton
            key={party}
            action={action}
            label={action?.label ?? party}
            topics={[`plan:${plan.digest}`, "changes"]}
            asksReason
            confirm={`You answer for ${party} that you read the procedures below and that they will work.`}
            act={(reason) => {
              const body = { as: party, procedures: [...new Set(digests)], reason };
              return ask(api.POST("/api/v1/plans/{plan}/acknowledgements", { params, body }));
            }}
          />
        ))}
      </Group>
      <Refusals of={offered.flatMap(({ action }) => action ?? [])} />
      <Attach plan={plan} of={of} />
    </>
  );
}

/** Adds one to those that are attached; what the policy names stays whatever is attached. */
function Attach({ plan, of }: { readonly plan: Plan; readonly of: Told }) {
  const [name, setName] = useState<string | null>(null);
  const known = useAnswer({
    key: ["procedures"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/procedures", { params: { query: {} }, signal })),
  });
  const has = new Set(of.procedures.map((one) => one.name));
  const others = (known.data?.items ?? []).filter((one) => !has.has(one.name));
  const action = of.actions.find(({ verb }) => verb === "attach-procedure");
  if (others.length === 0 || action === undefined) return null;
  return (
    <Group gap="xs" align="flex-end">
      <Select
        label="Another procedure"
        placeholder="Its name"
        data={others.map((one) => one.name)}
        value={name}
        onChange={setName}
        searchable
      />
      {name !== null && (
        <ActionButton
          action={action}
          label={action.label}
          topics={[`plan:${plan.digest}`, "changes"]}
          act={async () => {
            const params = { path: { plan: plan.digest } };
            const body = { names: [...of.attached, name] };
            await ask(api.POST("/api/v1/plans/{plan}/procedures", { params, body }));
            setName(null);
          }}
        />
      )}
    </Group>
  );
}

/** Exactly the version whose digest is acknowledged. */
function Document(props: { readonly name: string; readonly version: number }) {
  const { name, version } = props;
  const document = useAnswer({
    key: ["procedure", name, version],
    topics: [],
    load: (signal) => {
      const params = { path: { procedure: name }, query: { version } };
      return ask(api.GET("/api/v1/procedures/{procedure}", { params, signal }));
    },
  });
  return (
    <Panel title={`${name}, version ${version}`}>
      <Answered of={document} what="the procedure">
        {({ text }) => <TextBlock label={`Text of ${name}`} text={text} />}
      </Answered>
    </Panel>
  );
}
