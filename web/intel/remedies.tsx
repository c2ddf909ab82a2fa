import { Group, Stack } from "@mantine/core";
import { releaseName } from "../../src/base/release-name.ts";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { wordFor } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { plural } from "../triage/fix-first-list.tsx";
import { OpenCase } from "../triage/open-case.tsx";
import { stageWord } from "../triage/stages.tsx";

/** The updates that clear it or why none does, and the cases opened for it so far. */
export function Remedies({ vulnerability }: { readonly vulnerability: string }) {
  const helps = useAnswer({
    key: ["remedies", vulnerability],
    topics: ["findings", "hosts", "patches"],
    load: async (signal) => {
      const query = { vulnerability };
      const [updates, cases] = await Promise.all([
        ask(api.GET("/api/v1/fix-first", { params: { query }, signal })),
        ask(api.GET("/api/v1/patches", { params: { query }, signal })),
      ]);
      return { updates: updates.items, cases: cases.items };
    },
  });
  return (
    <Answered of={helps} what="what helps">
      {({ updates, cases }) => (
        <Stack gap="sm">
          {updates.length === 0 && (
            <div className="dim">No host has it now, so nothing is to be done.</div>
          )}
          {updates.map((item) => (
            <div key={`${item.ecosystem} ${item.source} ${item.remedy}`}>
              <Group gap="sm" justify="space-between">
                <span>
                  <Mark tone={wordFor("remedy", item.remedy).tone}>{item.label}</Mark> {item.source}
                  {item.sourceVersion !== null && ` → ${item.sourceVersion}`}
                </span>
                <OpenCase item={item} />
              </Group>
              <div className="dim" style={{ fontSize: 12.5 }}>
                {releaseName(item.ecosystem)}; clears {plural(item.vulnerabilities.length, "flaw")}{" "}
                on {plural(item.hosts, "host")}
              </div>
            </div>
          ))}
          {cases.length > 0 && (
            <div>
              Cases:{" "}
              {cases.map((each, at) => (
                <span key={each.id}>
                  {at > 0 && ", "}
                  <Go href={`/patches/${each.ref}`}>{each.ref}</Go> ({stageWord(each.state)})
                </span>
              ))}
            </div>
          )}
        </Stack>
      )}
    </Answered>
  );
}
