import { Text } from "@mantine/core";
import { useMemo } from "react";
import { Chart } from "../parts/chart.tsx";
import type { Overview } from "./overview.tsx";

type Day = NonNullable<Overview["trend"]>[number];

const lines = [
  ["findings", "All known vulnerabilities", "--running", "solid"],
  ["exploited", "Known exploited", "--bad", "solid"],
  ["exploitedHosts", "Hosts with a known exploited one", "--attention", "dashed"],
] as const;

const POINTS_SHOWN_BELOW = 4;

/** Days that nobody recorded are gaps, not zeros. */
export function Trend({ days }: { readonly days: readonly Day[] }) {
  const option = useMemo(() => optionFor(days), [days]);
  const known = days.filter((day) => day.findings !== null);
  if (known.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing is recorded yet. The line begins with the first inspection.
      </Text>
    );
  }
  return <Chart option={option} summary={summaryOf(known)} height={220} />;
}

function summaryOf(known: readonly Day[]): string {
  const first = known[0];
  const last = known.at(-1);
  return `From ${first?.day} to ${last?.day}: vulnerabilities ${first?.findings} to ${last?.findings}, known exploited ${first?.exploited} to ${last?.exploited}.`;
}

function optionFor(days: readonly Day[]) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const known = days.filter((day) => day.findings !== null).length;
  const text = { color: colour("--unknown"), fontSize: 11 };
  return {
    animation: false,
    grid: { left: 44, right: 16, top: 56, bottom: 26 },
    legend: { top: 0, left: 0, textStyle: { ...text, fontSize: 12 }, itemHeight: 8 },
    tooltip: { trigger: "axis" },
    xAxis: {
      type: "category",
      data: days.map((day) => day.day.slice(5)),
      axisLabel: text,
      boundaryGap: false,
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: text,
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series: lines.map(([key, name, variable, type]) => ({
      name,
      type: "line",
      step: "end",
      // A line of one known day would be a point that nobody sees.
      showSymbol: known < POINTS_SHOWN_BELOW,
      data: days.map((day) => day[key]),
      lineStyle: { color: colour(variable), width: 2, type },
      itemStyle: { color: colour(variable) },
    })),
  };
}
