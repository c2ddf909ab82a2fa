import { Text } from "@mantine/core";
import { type DayLine, DayLines } from "../parts/day-lines.tsx";
import type { Overview } from "./overview-reply.ts";

type Day = NonNullable<Overview["trend"]>[number];

const lines: readonly DayLine<"findings" | "exploited" | "exploitedHosts">[] = [
  { key: "findings", name: "All known vulnerabilities", colour: "--running", pattern: "solid" },
  { key: "exploited", name: "Known exploited", colour: "--bad", pattern: "solid" },
  {
    key: "exploitedHosts",
    name: "Hosts with a known exploited one",
    colour: "--attention",
    pattern: "dashed",
  },
];

/** How much is known by the day. */
export function Trend({ days }: { readonly days: readonly Day[] }) {
  const known = days.filter((day) => day.findings !== null);
  if (known.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing is recorded yet. The line begins with the first inspection.
      </Text>
    );
  }
  return (
    <>
      <DayLines days={days} lines={lines} summary={summaryOf(known)} height={220} />
      <Text size="xs" c="dimmed">
        What hosts have; what services contain stands with each service.
      </Text>
    </>
  );
}

function summaryOf(known: readonly Day[]): string {
  const first = known[0];
  const last = known.at(-1);
  return `From ${first?.day} to ${last?.day}: vulnerabilities ${first?.findings} to ${last?.findings}, known exploited ${first?.exploited} to ${last?.exploited}.`;
}
