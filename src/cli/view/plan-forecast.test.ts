import { expect, test } from "vitest";
import { kindsText } from "./plan-forecast.ts";

test("each kind of host has a row with what was measured there", () => {
  const text = "about 36 s; assumed as for the plan as a whole";
  const kind = {
    ...{ name: "Debian 12, agent, under 500 packages", hosts: 40, measuredJobs: 2 },
    ...({ basis: "source", isAssumed: true } as const),
    ...{ jobSeconds: 36, slowSeconds: 50, text },
  };
  const [head, row] = kindsText([kind]).split("\n");
  expect(head?.split(/ {2,}/).map((word) => word.trim())).toEqual([
    ...["KIND OF HOST", "HOSTS", "MEASURED", "TAKES"],
  ]);
  expect(row).toMatch(/^Debian 12, agent, under 500 packages +40 +2 {2}about 36 s; assumed/);
});
