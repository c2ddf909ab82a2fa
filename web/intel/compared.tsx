import { Table } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import type { Reply } from "../app/api.ts";
import { StateWord } from "../parts/mark.tsx";

type Compared = Reply<"/api/v1/findings/{vulnerability}">["packages"][number];

/** Every distinct package it was compared with: the verdict, whose word decided, and the comparison. */
export function Compared({ packages }: { readonly packages: readonly Compared[] }) {
  if (packages.length === 0) {
    return (
      <div className="dim">No installed package is of a source that any feed names for it.</div>
    );
  }
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Package</Table.Th>
            <Table.Th>Verdict</Table.Th>
            <Table.Th>Fixed in</Table.Th>
            <Table.Th style={{ textAlign: "right" }}>Hosts</Table.Th>
            <Table.Th>Because</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {packages.map((p) => (
            <Table.Tr key={`${p.ecosystem} ${p.name} ${p.version} ${p.arch}`}>
              <Table.Td>
                {p.name} {p.version}
                <div className="dim" style={{ fontSize: 12.5 }}>
                  {releaseName(p.ecosystem)}, {p.arch}
                  {p.source !== p.name && `, source ${p.source}`}
                </div>
              </Table.Td>
              <Table.Td>
                <StateWord group="finding" name={p.state} />
              </Table.Td>
              <Table.Td>{p.fixedVersion ?? "–"}</Table.Td>
              <Table.Td style={{ textAlign: "right" }}>{p.hostCount.toLocaleString("en")}</Table.Td>
              <Table.Td>
                {p.because.text}
                <div className="dim" style={{ fontSize: 12.5 }}>
                  {`${p.because.feed} ${p.because.advisory}`.trim()}
                  {p.because.comparedWith !== null && `: ${comparison(p.because)}`}
                </div>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const signs: Readonly<Record<string, string>> = {
  lower: "is lower than",
  equal: "equals",
  higher: "is higher than",
  "not-comparable": "cannot be compared with",
  "not-compared": "was not compared with",
};

function comparison({
  packageName,
  installed,
  comparison: how,
  comparedWith,
}: Compared["because"]) {
  return `${packageName} ${installed} ${signs[how] ?? how} ${comparedWith}`;
}
