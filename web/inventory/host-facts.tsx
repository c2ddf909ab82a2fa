import { Stack, Table } from "@mantine/core";
import type { ReactNode } from "react";
import { systemName } from "../../src/base/release-name.ts";
import { actionFor } from "../parts/actions.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark, StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { HostAgent } from "./host-agent.tsx";
import { HostMissed } from "./host-missed.tsx";
import type { HostReply } from "./host-model.ts";
import { HostNextWindow } from "./host-next-window.tsx";
import { HostServices } from "./host-services.tsx";
import { HostWaysIn } from "./host-ways-in.tsx";
import styles from "./inventory.module.css";
import { LabelEditor } from "./labels.tsx";

/** What the host is, how it is reached, and what runs on it. */
export function HostFacts({ answer }: { readonly answer: HostReply }) {
  const { host, facts } = answer;
  return (
    <div className={styles["two"]}>
      <Stack gap="md">
        <Panel title="Identity">
          <Facts of={identity(host)} />
        </Panel>
        {host.way.kind === "agent" && <HostAgent host={host.id} />}
        {host.way.kind !== "local" && <HostWaysIn host={host.id} />}
        {facts !== null && (
          <>
            <Panel title="System">
              <Facts of={system(host, facts)} />
            </Panel>
            <Panel title="Package sources">
              <Sources facts={facts} />
            </Panel>
          </>
        )}
      </Stack>
      <Stack gap="md">
        <Panel title="Labels">
          <LabelEditor
            host={host.id}
            labels={host.labels}
            action={actionFor(host.actions, "edit")}
          />
        </Panel>
        <HostNextWindow host={host.id} />
        <HostMissed host={host.name} id={host.id} />
        <HostServices host={host.id} />
        {facts === null ? (
          <Empty title="Nothing is known of it yet" command={`./fettle host scan ${host.name}`}>
            The first scan tells what it runs: its system, packages, services and package sources.
          </Empty>
        ) : (
          <>
            <Panel title="Still running replaced code">
              <Restarts facts={facts} />
            </Panel>
            <Panel title="Services">
              <Services facts={facts} />
            </Panel>
          </>
        )}
      </Stack>
    </div>
  );
}

type Host = HostReply["host"];
type HostFactsReply = NonNullable<HostReply["facts"]>;

function identity(host: Host): readonly (readonly [string, ReactNode])[] {
  const { way } = host;
  const shown =
    way.kind === "local"
      ? "this machine, looked at only"
      : way.kind === "agent"
        ? "agent: the host calls in itself, and checks everything by its own policy"
        : `ssh ${way.user}@${way.address}, port ${way.port}`;
  return [
    [
      "Id on documents",
      <span key="id" className="mono">
        {host.protocolId}
      </span>,
    ],
    ["Way", shown],
    ...(way.kind !== "ssh"
      ? []
      : ([
          [
            "Host program",
            way.program === "piped"
              ? "sent over the login each time: a stolen server owns this host"
              : "installed there, behind a forced command",
          ],
          ["Private key file", way.identityFile ?? "the server's own agent"],
          ["Pinned host keys", <PinnedKeys key="keys" keys={way.hostKeys} />],
        ] as const)),
    ["Mode", host.mode === "managed" ? "managed: may be patched" : "inspect only: never changed"],
    ["Enrolled", host.isEnrolled ? "yes: its results are signed by its own key" : "no"],
    ["Added", <Instant key="added" at={host.createdAt} />],
  ];
}

function PinnedKeys(props: {
  readonly keys: readonly { readonly type: string; readonly fingerprint: string }[];
}) {
  return props.keys.map((key) => (
    <div key={key.fingerprint}>
      {key.type} <span className="mono">{key.fingerprint}</span>
    </div>
  ));
}

function system(host: Host, facts: HostFactsReply): readonly (readonly [string, ReactNode])[] {
  const { kernelRunning, kernelInstalled, lists, held, notes } = facts;
  return [
    [
      "System",
      host.system === null
        ? "not known"
        : `${systemName(host.system)} (${host.system.codename}), ${host.system.arch}`,
    ],
    [
      "Kernel",
      kernelInstalled === null || kernelInstalled === kernelRunning
        ? kernelRunning
        : `${kernelRunning} runs, ${kernelInstalled} is installed`,
    ],
    ["Up for", uptime(facts.uptimeSeconds)],
    [
      "Package lists",
      <span key="lists">
        {{ ok: "read", stale: "stale", none: "none: offers are unknown" }[lists.state]}
        {lists.newestAt !== null && (
          <>
            , newest <Instant at={lists.newestAt} />
          </>
        )}
      </span>,
    ],
    ["Held back", held.length === 0 ? "no package" : held.join(", ")],
    ...notes.map((note, at) => [`Note ${at + 1}`, note] as const),
  ];
}

function uptime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return days === 1 ? "1 day" : `${days} days`;
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours} h` : `${Math.floor(seconds / 60)} min`;
}

function Restarts({ facts }: { readonly facts: HostFactsReply }) {
  if (facts.restarts.length === 0)
    return <div className="dim">No process, as far as was seen.</div>;
  return (
    <Plain
      heads={["Unit or process", "Pid", "File"]}
      rows={facts.restarts.map((r) => [r.unit, String(r.pid), r.file])}
    />
  );
}

function Sources({ facts }: { readonly facts: HostFactsReply }) {
  if (facts.sources.length === 0) return <div className="dim">None: nothing can be offered.</div>;
  return (
    <Plain
      heads={["From", "Suite", "Signature"]}
      rows={facts.sources.map((source) => [
        `${source.uri} ${source.components}`,
        source.suite,
        source.isSigned ? (
          <Mark key="signed" tone="good">
            checked
          </Mark>
        ) : (
          <Mark key="unsigned" tone="bad">
            not checked
          </Mark>
        ),
      ])}
    />
  );
}

function Services({ facts }: { readonly facts: HostFactsReply }) {
  if (facts.services.length === 0) return <div className="dim">None were seen.</div>;
  return (
    <Plain
      heads={["Unit", "State"]}
      rows={facts.services.map((service) => [
        service.unit,
        <StateWord key="state" group="service" name={service.state} />,
      ])}
    />
  );
}

/** A short table; longer ones scroll within their panel. */
export function Plain(props: {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
}) {
  return (
    <Table.ScrollContainer minWidth={300} mah={320}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {props.heads.map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: what hosts tell need not be distinct.
            <Table.Tr key={at}>
              {row.map((cell, column) => (
                <Table.Td key={props.heads[column]} style={{ overflowWrap: "anywhere" }}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
