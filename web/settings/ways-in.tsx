import { Stack, Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";

/** A host's policy is worth nothing where somebody is root there without it. */
export function WaysInPart() {
  const ways = useAnswer({
    key: ["ways-in"],
    topics: ["hosts"],
    load: (signal) => ask(api.GET("/api/v1/ways-in", { signal })),
  });
  return (
    <Panel title="Second ways into hosts">
      <Answered of={ways} what="second ways into hosts">
        {({ hosts, signed, items }) => (
          <Stack gap="sm">
            <Text size="sm">
              What hosts judge by their own policies protects them only where nobody becomes root
              without it. {signed} of {hosts} hosts said under their own keys who else may.
            </Text>
            {items.length === 0 && <Text size="sm">None was found.</Text>}
            {items.map(({ kind, level, says, advice, named, hosts: count }) => (
              <div key={`${kind} ${level}`} style={{ overflowWrap: "anywhere" }}>
                <Mark tone={level}>{count === 1 ? "1 host" : `${count} hosts`}</Mark>
                <Text size="sm" fw={600}>
                  {says}
                </Text>
                <Text size="sm">
                  {named.join("; ")}
                  {named.length < count && "; …"}
                </Text>
                <Text size="sm">{advice}</Text>
              </div>
            ))}
          </Stack>
        )}
      </Answered>
    </Panel>
  );
}
