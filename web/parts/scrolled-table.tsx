import { Table } from "@mantine/core";
import type { ReactNode } from "react";

/** A table that scrolls sideways where the window is narrow, by keyboard too. */
export function ScrolledTable(props: {
  readonly name: string;
  readonly minWidth: number;
  readonly heads: readonly string[];
  /** Its rows. */
  readonly children: ReactNode;
}) {
  const { name, minWidth, heads, children } = props;
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      type="native"
      tabIndex={0}
      role="group"
      aria-label={`${name}, to scroll`}
    >
      <Table aria-label={name}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
