import { useEffect, useRef } from "react";
import type { EChartsOption } from "./chart-library.ts";

/** A chart with its figures said in words for who does not see it. The library comes when needed. */
export function Chart(props: {
  readonly option: EChartsOption;
  /** The same in words. */
  readonly summary: string;
  readonly height: number;
}) {
  const { option, summary, height } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isGone = false;
    let end = () => {};
    void import("./chart-library.ts").then(({ drawChart }) => {
      if (!isGone && box.current !== null) end = drawChart(box.current, option);
    });
    return () => {
      isGone = true;
      end();
    };
  }, [option]);
  return (
    <div
      ref={box}
      role="img"
      aria-label={summary}
      style={{ height, width: "100%", overflow: "hidden" }}
    />
  );
}
