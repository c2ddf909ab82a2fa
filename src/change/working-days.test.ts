import { expect, test } from "vitest";
import { instantToText } from "../base/instant.ts";
import { workingDaysAfter } from "./working-days.ts";

const rule = {
  zone: "Europe/Berlin",
  days: ["monday", "tuesday", "wednesday", "thursday", "friday"] as (
    | "monday"
    | "tuesday"
    | "wednesday"
    | "thursday"
    | "friday"
  )[],
  holidays: ["2026-12-25"],
};

test.each([
  [
    "a Monday and two days is the end of Wednesday",
    "2026-11-16T09:00:00Z",
    2,
    "2026-11-18T23:00:00Z",
  ],
  [
    "a Friday and two days is the end of Tuesday",
    "2026-11-20T09:00:00Z",
    2,
    "2026-11-24T23:00:00Z",
  ],
  ["a Saturday counts from Monday on", "2026-11-21T09:00:00Z", 1, "2026-11-23T23:00:00Z"],
  ["late evening in UTC is the next day there", "2026-11-16T23:30:00Z", 1, "2026-11-18T23:00:00Z"],
  ["a holiday is no working day", "2026-12-24T09:00:00Z", 1, "2026-12-28T23:00:00Z"],
  ["the clocks going back make the day longer", "2026-10-23T09:00:00Z", 1, "2026-10-26T23:00:00Z"],
])("%s", (_what, from, days, due) => {
  expect(instantToText(workingDaysAfter(rule, Date.parse(from), days))).toBe(
    instantToText(Date.parse(due)),
  );
});
