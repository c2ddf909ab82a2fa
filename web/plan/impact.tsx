import { Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./plan.module.css";
import type { Plan } from "./plan-model.ts";

type Told = Reply<"/api/v1/plans/{plan}/impact">;

/** What the plan touches beside what it changes; what is not known stands there too. */
export function Impact({ plan }: { readonly plan: Plan }) {
  const impact = useAnswer({
    key: ["plan", plan.digest, "impact"],
    topics: ["hosts"],
    load: (signal) => {
      const params = { path: { plan: plan.digest } };
      return ask(api.GET("/api/v1/plans/{plan}/impact", { params, signal }));
    },
  });
  return (
    <Answered of={impact} what="the impact">
      {(of) => (
        <Stack gap="md">
          <Text>{of.sentence}</Text>
          <ul className={styles["findings"]} aria-label="Not known">
            {of.unknown.map((text) => (
              <li key={text}>
                <Mark tone="unknown">{text}</Mark>
              </li>
            ))}
          </ul>
          <Panel title="Packages that change">
            <Packages of={of} />
          </Panel>
          <Panel title="Services, teams and owners">
            <Services of={of} />
          </Panel>
          <Panel title="Installed packages that depend on them">
            <Dependents of={of} />
          </Panel>
          <Panel title="In memory now">
            <Memory of={of} />
          </Panel>
          {(of.conffiles ?? []).length > 0 && (
            <Panel title="Configuration files that were edited">
              <Lines
                of={(of.conffiles ?? []).map(({ path, name, state }) => ({
                  key: path,
                  line: (
                    <>
                      <span className="mono">{path}</span>{" "}
                      <span className="dim">
                        of {name}, {state}; kept as it is
                      </span>
                    </>
                  ),
                }))}
              />
            </Panel>
          )}
        </Stack>
      )}
    </Answered>
  );
}

function Packages({ of }: { readonly of: Told }) {
  return (
    <div className={styles["scroll"]}>
      <Table aria-label="Packages that change">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Package</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th>To</Table.Th>
            <Table.Th>Hosts</Table.Th>
            <Table.Th>Mind</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.packages.map(({ verb, name, from, to, hosts, jump }) => (
            <Table.Tr key={`${verb}${name}${from}${to}`}>
              <Table.Td>{verb === "upgrade" ? name : `${verb} ${name}`}</Table.Td>
              <Table.Td className="mono">{from}</Table.Td>
              <Table.Td className="mono">{to}</Table.Td>
              <Table.Td>{hosts.toLocaleString("en")}</Table.Td>
              <Table.Td>{jump !== null && <Mark tone="attention">{jump}</Mark>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Services({ of }: { readonly of: Told }) {
  if (of.services.length === 0) return <Text c="dimmed">No service is known to run there.</Text>;
  return (
    <Lines
      of={of.services.map(({ name, title, team, owners, hosts, neededBy }) => ({
        key: name,
        line: (
          <>
            <Go href={`/services/${name}`}>{title === "" ? name : title}</Go> on {hostsText(hosts)}{" "}
            <span className="dim">
              · {team}
              {owners.length > 0 && `: ${owners.join(", ")}`}
              {neededBy.length > 0 && ` · needed by ${neededBy.join(", ")}`}
            </span>
          </>
        ),
      }))}
      more={of.moreServices}
    />
  );
}

const NAMES_MAX = 12;

function Dependents({ of: { dependents, reachedMax } }: { readonly of: Told }) {
  if (dependents === null) return <Text c="dimmed">Not kept when this plan was made.</Text>;
  if (dependents.length === 0) return <Text c="dimmed">Not known of any of its hosts.</Text>;
  return (
    <>
      <Lines
        of={dependents.map(({ name, countMax, first }) => ({
          key: name,
          line: (
            <>
              <b>{name}</b> {countMax === 0 ? "none" : `up to ${countMax}`}{" "}
              <span className="dim">{namesText(first, countMax)}</span>
            </>
          ),
        }))}
      />
      <Text size="sm" c="dimmed" mt="xs">
        However far away: up to {reachedMax?.toLocaleString("en")} packages on one host.
      </Text>
    </>
  );
}

function Memory({ of: { memory, restarts } }: { readonly of: Told }) {
  return (
    <>
      <Lines
        of={memory.users.map(({ package: name, hosts, processes }) => ({
          key: name,
          line: (
            <>
              <b>{name}</b> on {hostsText(hosts)}{" "}
              <span className="dim">{namesText(processes, processes.length)}</span>
            </>
          ),
        }))}
      />
      <Text size="sm" c="dimmed" mt="xs">
        The plan restarts {restarts.length === 0 ? "nothing" : restarts.join(", ")}. What else has
        the old files in memory keeps them until somebody restarts it, and the host says so.
      </Text>
    </>
  );
}

function Lines(props: {
  readonly of: readonly { readonly key: string; readonly line: ReactNode }[];
  readonly more?: number;
}) {
  const { of, more = 0 } = props;
  return (
    <ul className={styles["stops"]}>
      {of.map(({ key, line }) => (
        <li key={key}>{line}</li>
      ))}
      {more > 0 && <li>and {more.toLocaleString("en")} more</li>}
    </ul>
  );
}

function namesText(rows: readonly { readonly name: string }[], all: number): string {
  const shown = rows.slice(0, NAMES_MAX).map((row) => row.name);
  const rest = all - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest.toLocaleString("en")} more` : ""}`;
}
