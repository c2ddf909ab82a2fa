import { Table, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import {
  hostsToText,
  parseStatement,
  permitToText,
  revertToText,
} from "../../src/plan/statement.ts";
import { Facts } from "../parts/facts.tsx";
import { ClockTime } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { ringName } from "../parts/ring-name.ts";
import { TextBlock } from "../parts/text-block.tsx";
import styles from "./change.module.css";
import { type Change, digestOf, hostsText } from "./change-model.ts";

/** Exactly what a signature would cover: its effects, its meaning, and its very bytes. */
export function Signed({ change }: { readonly change: Change }) {
  const { signed } = change;
  return (
    <Panel title="What exactly is signed">
      <DigestCheck change={change} />
      <div className={styles["scroll"]}>
        <Table aria-label="Package moves">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Does</Table.Th>
              <Table.Th>Package</Table.Th>
              <Table.Th>From</Table.Th>
              <Table.Th>To</Table.Th>
              <Table.Th ta="right">Hosts</Table.Th>
              <Table.Th>File</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {signed.moves.map((move) => (
              <Table.Tr key={`${move.verb}${move.name}${move.arch}${move.from}${move.to}`}>
                <Table.Td>{move.verb}</Table.Td>
                <Table.Td>
                  <b>{move.name}</b>:{move.arch}
                </Table.Td>
                <Table.Td className="mono">{move.from}</Table.Td>
                <Table.Td className="mono">{move.to}</Table.Td>
                <Table.Td ta="right">{move.hosts.toLocaleString("en")}</Table.Td>
                <Table.Td className={`mono ${styles["file"]}`} title={move.sha256}>
                  {move.sha256.slice(0, 8)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <OtherSteps change={change} />
      <Waves change={change} />
      <Statement text={change.statement} />
    </Panel>
  );
}

type Check = { readonly computed: string | null } | "computing";

/** The browser computes the digest of the bytes that it shows, and compares. */
function DigestCheck({ change }: { readonly change: Change }) {
  const [check, setCheck] = useState<Check>("computing");
  useEffect(() => {
    let isOld = false;
    void digestOf(change.statement).then((computed) => {
      if (!isOld) setCheck({ computed });
    });
    return () => {
      isOld = true;
    };
  }, [change.statement]);
  return (
    <div className={styles["check"]} role="status">
      {verdictOf(check, change)}
      <div className="mono">{change.plan}</div>
      <Text size="xs" c="dimmed" mt={4}>
        The tables below are counted by the server from the documents under this digest. A check
        that trusts the server in nothing recomputes them on your own machine:{" "}
        <span className="mono">fettle change show {change.number}</span>
      </Text>
    </div>
  );
}

function verdictOf(check: Check, change: Change) {
  if (check === "computing") return <Mark tone="waiting">computing the digest …</Mark>;
  if (check.computed === null) {
    return (
      <Mark tone="unknown">
        <span className={styles["wrap"]}>
          not checked here: this page came over plain http, so the browser has no cryptography
        </span>
      </Mark>
    );
  }
  if (check.computed !== change.plan) {
    return (
      <Mark tone="bad">
        <b className={styles["wrap"]}>
          The bytes below are not the plan. Do not sign; tell whoever runs the server.
        </b>
      </Mark>
    );
  }
  return (
    <Mark tone="good">
      <span className={styles["wrap"]}>
        This browser computed SHA-256 over the bytes below: it is the plan's digest.
      </span>
    </Mark>
  );
}

function OtherSteps({ change }: { readonly change: Change }) {
  const { restarts, probes, others, hosts, hostsWithoutUndo } = change.signed;
  const lines = [
    ...restarts.map((one) => `restarts ${one.unit} on ${hostsText(one.hosts)}`),
    ...probes.map((one) => `asks the health check ${one.name} on ${hostsText(one.hosts)}`),
    ...others.map((one) => `${one.step} on ${hostsText(one.hosts)}`),
    ...(hostsWithoutUndo === 0
      ? [`every one of ${hostsText(hosts)} has its way back in the plan`]
      : [`no way back on ${hostsWithoutUndo} of ${hostsText(hosts)}`]),
  ];
  return (
    <ul className={styles["steps"]}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function Waves({ change }: { readonly change: Change }) {
  return (
    <div className={styles["scroll"]}>
      <Table aria-label="Waves">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Wave</Table.Th>
            <Table.Th ta="right">Hosts</Table.Th>
            <Table.Th>Not before</Table.Th>
            <Table.Th>Not after</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {change.signed.waves.map((wave) => (
            <Table.Tr key={wave.number}>
              <Table.Td>
                {wave.number} · {ringName(wave.ring)}
              </Table.Td>
              <Table.Td ta="right">{wave.hosts.toLocaleString("en")}</Table.Td>
              <Table.Td>
                <ClockTime at={wave.notBefore} />
              </Table.Td>
              <Table.Td>
                <ClockTime at={wave.notAfter} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** The bytes themselves, and what the parser that hosts' rules come from reads in them. */
function Statement({ text }: { readonly text: string }) {
  const parsed = parseStatement(text);
  return (
    <>
      <Title order={3} size="h5" mt="md" mb="xs">
        The bytes
      </Title>
      {parsed.ok ? (
        <Facts
          of={[
            ["Hosts", hostsToText(parsed.value.hosts)],
            ["Attempts", String(parsed.value.attempts)],
            ["Permit", permitToText(parsed.value.permit)],
            ["Revert", revertToText(parsed.value.revert)],
            [
              "Replaces",
              parsed.value.supersedes.map((one) => one.slice(0, 12)).join(", ") || "no plan",
            ],
          ]}
        />
      ) : (
        <Mark tone="bad">
          <b>
            Line {parsed.line} cannot be read: {parsed.why}. Do not sign.
          </b>
        </Mark>
      )}
      <div className={styles["bytes"]}>
        <TextBlock label="The statement, byte by byte" text={text} />
      </div>
    </>
  );
}
