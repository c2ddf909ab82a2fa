import { Table, Text } from "@mantine/core";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { useRoles } from "./grant-form.tsx";

/** Which role may what: the server's own table. */
export function RolesPart() {
  const roles = useRoles();
  return (
    <Answered of={roles} what="roles">
      {({ items }) => {
        const all = new Map(
          items.flatMap((role) => role.permissions.map((right) => [right.name, right.words])),
        );
        return (
          <>
            <Text size="sm" mb="sm">
              A role is granted everywhere or over a label expression. Nobody can grant a right that
              they do not hold, and whoever asks for a change never approves it, in any role.
            </Text>
            <Table.ScrollContainer
              minWidth={620}
              type="native"
              tabIndex={0}
              role="group"
              aria-label="Roles, to scroll"
            >
              <Table aria-label="Roles and rights" highlightOnHover>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Right</Table.Th>
                    {items.map((role) => (
                      <Table.Th key={role.name} title={role.words}>
                        {role.name}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {[...all].map(([right, words]) => (
                    <Table.Tr key={right}>
                      <Table.Td>
                        {words} <span className="mono dim">{right}</span>
                      </Table.Td>
                      {items.map((role) => (
                        <Table.Td key={role.name}>
                          {role.permissions.some(({ name }) => name === right) ? (
                            <Mark tone="good">yes</Mark>
                          ) : (
                            <span className="dim">no</span>
                          )}
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </>
        );
      }}
    </Answered>
  );
}
