import { useMemo } from "react";
import { Chart } from "./chart.tsx";

export interface DayLine<Key extends string> {
  readonly key: Key;
  readonly name: string;
  /** The name of a colour of `app.css`. */
  readonly colour: string;
  readonly pattern: "solid" | "dashed" | "dotted";
}

const POINTS_SHOWN_BELOW = 4;

/** Numbers by the day as steps; days that nobody recorded are gaps, not zeros. */
export function DayLines<Key extends string>(props: {
  readonly days: readonly (Readonly<Record<Key, number | null>> & { readonly day: string })[];
  readonly lines: readonly DayLine<Key>[];
  readonly summary: string;
  readonly height: number;
}) {
  const { days, lines, summary, height } = props;
  const option = useMemo(() => {
    const [first] = lines;
    const known = first === undefined ? [] : days.filter((day) => day[first.key] !== null);
    return {
      ...dayAxes(days),
      series: lines.map(({ key, name, colour, pattern }) => ({
        name,
        type: "line" as const,
        step: "end" as const,
        // A line of one known day would be a point that nobody sees.
        showSymbol: known.length < POINTS_SHOWN_BELOW,
        // Also of a day whose label has no room on a narrow screen.
        showAllSymbol: true,
        data: days.map((day) => day[key]),
        lineStyle: { color: colourOf(colour), width: 2, type: pattern },
        itemStyle: { color: colourOf(colour) },
      })),
    };
  }, [days, lines]);
  return <Chart option={option} summary={summary} height={height} />;
}

/** All but the lines of a chart by the day. */
export function dayAxes(days: readonly { readonly day: string }[]) {
  const text = { color: colourOf("--unknown"), fontSize: 11 };
  return {
    animation: false,
    grid: { left: 60, right: 16, top: 56, bottom: 26 },
    legend: { top: 0, left: 0, textStyle: { ...text, fontSize: 12 }, itemHeight: 8 },
    tooltip: { trigger: "axis" as const },
    xAxis: {
      type: "category" as const,
      data: days.map((day) => day.day.slice(5)),
      axisLabel: text,
      boundaryGap: false,
    },
    yAxis: {
      type: "value" as const,
      minInterval: 1,
      axisLabel: text,
      splitLine: { lineStyle: { color: colourOf("--line") } },
    },
  };
}

/** A colour of `app.css` as it is now, light or dark. */
export function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
