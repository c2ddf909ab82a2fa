import { Stack, Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { wordFor } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { WaysInPart } from "./ways-in.tsx";

/** The files that decide, byte for byte. They are changed in your Git, not here. */
export function PolicyPart() {
  const policy = useAnswer({
    key: ["policy"],
    topics: ["policy"],
    load: (signal) => ask(api.GET("/api/v1/policy", { signal })),
  });
  return (
    <Answered of={policy} what="policy files">
      {({ items }) => (
        <Stack gap="md">
          <Text size="sm">
            Policy lives in files, so that each decision can name its file, rule and version. These
            are in force now. <code>fettle policy plan FILE</code> shows what another text would
            change, <code>fettle policy apply FILE</code> puts it in force.
          </Text>
          <WaysInPart />
          {items.map((file) => (
            <Panel key={`${file.kind} ${file.digest}`} title={file.name}>
              <Text size="sm" mb="sm">
                {file.decides}
              </Text>
              {file.problem !== null && (
                <Text size="sm" mb="sm" component="div">
                  <Mark tone="bad">{file.problem}</Mark>
                </Text>
              )}
              <Facts
                of={[
                  [
                    "Where from",
                    `${wordFor("policyOrigin", file.origin).label}${file.file === null ? "" : ` (${file.file})`}`,
                  ],
                  [
                    "SHA-256",
                    <span key="digest" className="mono" style={{ overflowWrap: "anywhere" }}>
                      {file.digest}
                    </span>,
                  ],
                  [
                    "In force since",
                    file.since === null ? (
                      "the first start"
                    ) : (
                      <Instant key="since" at={file.since} />
                    ),
                  ],
                  ...(file.applied === null
                    ? []
                    : ([
                        ["By", <Person key="by" subject={file.applied.by} />],
                        ["Because", file.applied.reason],
                      ] as const)),
                ]}
              />
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
              <pre className="text" tabIndex={0} style={{ maxHeight: 360, marginTop: 12 }}>
                {file.text}
              </pre>
            </Panel>
          ))}
        </Stack>
      )}
    </Answered>
  );
}
