import { Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Panel } from "../parts/panel.tsx";

/** When the host can be patched next, and why not now, in the calendar's own words. */
export function HostNextWindow({ host }: { readonly host: string }) {
  const next = useAnswer({
    key: ["next-window", host],
    topics: ["calendar", "rollouts", "hosts"],
    load: (signal) => {
      const params = { path: { host }, query: {} };
      return ask(api.GET("/api/v1/hosts/{host}/next-window", { params, signal }));
    },
  });
  return (
    <Panel title="When it can be patched">
      <Answered of={next} what="the calendar">
        {(answer) => (
          <>
            <Text size="sm">{answer.sentence}</Text>
            {answer.told.map((told) => (
              <Text key={told} size="sm" c="dimmed">
                {told}
              </Text>
            ))}
          </>
        )}
      </Answered>
    </Panel>
  );
}
