import { expect, test, vi } from "vitest";

vi.stubGlobal("window", {});
const { relativeText } = await import("../../web/parts/instant.tsx");

const DAY = 86_400_000;

test.each([
  [40 * DAY, "in 40 days"],
  [89.6 * DAY, "in 90 days"],
  [DAY, "tomorrow"],
  [-3 * DAY, "3 days ago"],
  [-455 * DAY, "15 mo. ago"],
  [-800 * DAY, "2 yr. ago"],
  [5 * 60_000, "in 5 min."],
  [-23 * 3_600_000, "23 hr. ago"],
  [50_000, "in 1 min."],
  [44_000, "in a moment"],
  [-10, "just now"],
])("%d ms reads %s", (distance, told) => {
  expect(relativeText(1_800_000_000_000 + distance, 1_800_000_000_000)).toBe(told);
});
