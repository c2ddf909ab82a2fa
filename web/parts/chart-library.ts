import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export type EChartsOption = EChartsCoreOption;

/** Draws and follows the size of its box; returns how to end it. */
export function drawChart(box: HTMLElement, option: EChartsOption): () => void {
  const chart = init(box, null, { renderer: "svg" });
  chart.setOption(option);
  const sizes = new ResizeObserver(() => chart.resize());
  sizes.observe(box);
  return () => {
    sizes.disconnect();
    chart.dispose();
  };
}
