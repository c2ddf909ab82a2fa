import { Stack, Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { type DayLine, DayLines } from "../parts/day-lines.tsx";
import { Empty } from "../parts/empty.tsx";
import { Panel } from "../parts/panel.tsx";

type Trend = Reply<"/api/v1/findings/trend">;

const DAYS = 90;
const topics = ["findings", "hosts", "feeds"];

/** How findings moved by the day. */
export function FindingTrend() {
  const trend = useAnswer({
    key: ["findings", "trend"],
    topics,
    load: (signal) =>
      ask(api.GET("/api/v1/findings/trend", { params: { query: { days: DAYS } }, signal })),
  });
  return (
    <Answered of={trend} what="how findings moved">
      {(answer) =>
        answer.days.every((day) => day.findings === null) ? (
          <Empty title="Nothing is known yet" command="fettle host scan --all">
            {answer.sentence}
          </Empty>
        ) : (
          <>
            <Text size="sm" mb="sm">
              {answer.sentence}
            </Text>
            <Stack gap="md">
              <Panel title="Open by day">
                <Curves of={answer} lines={open} />
              </Panel>
              <Panel title="Vulnerabilities that came and went">
                <Curves of={answer} lines={moved} />
              </Panel>
            </Stack>
            <Text size="xs" c="dimmed" mt="md">
              {answer.counts} Each day as it was known at its end in UTC. What is overdue is counted
              by the dates of now.
            </Text>
          </>
        )
      }
    </Answered>
  );
}

type Line = DayLine<Exclude<keyof Trend["days"][number], "day">>;

const open: readonly Line[] = [
  { key: "findings", name: "Vulnerabilities", colour: "--running", pattern: "solid" },
  { key: "exploited", name: "Known exploited", colour: "--bad", pattern: "solid" },
  { key: "sources", name: "Source packages", colour: "--unknown", pattern: "dotted" },
  { key: "hosts", name: "Exposed hosts", colour: "--attention", pattern: "dashed" },
  { key: "overdue", name: "Overdue on hosts", colour: "--bad", pattern: "dashed" },
];
const moved: readonly Line[] = [
  { key: "opened", name: "New", colour: "--attention", pattern: "solid" },
  { key: "closed", name: "Closed", colour: "--good", pattern: "dashed" },
];

function Curves({ of, lines }: { readonly of: Trend; readonly lines: readonly Line[] }) {
  const known = of.days.filter((day) => day.findings !== null);
  const [first, last] = [known[0], known.at(-1)];
  const told = lines.map(({ key, name }) => `${name} ${first?.[key] ?? 0} to ${last?.[key] ?? 0}`);
  const summary = `From ${first?.day} to ${last?.day}: ${told.join(", ")}.`;
  return <DayLines days={of.days} lines={lines} summary={summary} height={230} />;
}
