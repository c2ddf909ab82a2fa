import { Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { hostsText, useExceptions } from "./exceptions.tsx";

/** What was decided about one vulnerability: who lets it stay open where, and how to live with it. */
export function StaysOpen({ vulnerability }: { readonly vulnerability: string }) {
  const go = useGo();
  const exceptions = useExceptions({ vulnerability });
  const issues = useAnswer({
    key: ["known-issues", "vulnerability", vulnerability],
    topics: ["known-issues"],
    load: (signal) =>
      ask(api.GET("/api/v1/known-issues", { params: { query: { vulnerability } }, signal })),
  });
  const request = actionFor(exceptions.data?.actions ?? [], "request");
  const asking = new URLSearchParams({ ask: "yes", vulnerability });
  return (
    <div style={{ marginBottom: 16 }}>
      <Panel title="Left open on purpose">
        {exceptions.data?.items.map((one) => (
          <Text key={one.id} size="sm" component="div">
            <Go href={one.href}>{one.ref}</Go>{" "}
            <StateWord group="exception" name={one.state} reason={one.closedReason} /> on{" "}
            {hostsText(one)}, until <Instant at={one.until} />; {one.owner} answers for it
          </Text>
        ))}
        {issues.data?.items.map((issue) => (
          <Text key={issue.id} size="sm" component="div">
            <Go href={issue.href}>{issue.ref}</Go> {issue.text.title}
          </Text>
        ))}
        {exceptions.data?.items.length === 0 && (
          <Text size="sm" c="dimmed">
            Nobody decided to leave it open anywhere.
          </Text>
        )}
        {request !== undefined && (
          <GuardedButton
            action={request}
            size="compact-sm"
            mt="xs"
            onClick={() => go(`/exceptions?${asking}`)}
          >
            {request.label}
          </GuardedButton>
        )}
      </Panel>
    </div>
  );
}
