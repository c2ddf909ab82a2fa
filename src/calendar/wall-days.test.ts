import { describe, expect, it } from "vitest";
import { dayNumber, wallDay, weekOfYear } from "./wall-days.ts";

describe("days on the wall", () => {
  it("are the days that the platform's own calendar has, from year 1 to 9999", () => {
    const [first, last] = [
      Date.parse("0001-01-01") / 86_400_000,
      Date.UTC(9999, 11, 31) / 86_400_000,
    ];
    for (let number = first; number <= last; number += number % 97 === 0 ? 1 : 13) {
      const day = wallDay(number);
      const text = new Date(number * 86_400_000).toISOString();
      const shown = [day.year, day.month, day.day].map((part) => String(part).padStart(2, "0"));
      if (shown.join("-").padStart(10, "0") !== text.slice(0, 10)) throw new Error(text);
      const weekday = (new Date(number * 86_400_000).getUTCDay() + 6) % 7;
      if (day.weekday !== weekday) throw new Error(`${text} is weekday ${day.weekday}`);
      if (dayNumber(day.year, day.month, day.day) !== number)
        throw new Error(`${text} counts wrong`);
    }
  });

  it("know where in month and year they stand", () => {
    expect(wallDay(dayNumber(2024, 2, 29))).toMatchObject({
      yearDay: 60,
      monthLength: 29,
      yearLength: 366,
    });
    expect(wallDay(dayNumber(2100, 12, 31))).toMatchObject({ yearDay: 365, yearLength: 365 });
    expect(dayNumber(2026, 14, 1)).toBe(dayNumber(2027, 2, 1));
  });

  it("lie in the weeks of ISO 8601 where weeks begin on Monday", () => {
    expect(weekOfYear(wallDay(dayNumber(2021, 1, 3)), 0)).toEqual({ week: 53, weeks: 53 });
    expect(weekOfYear(wallDay(dayNumber(2024, 12, 30)), 0)).toEqual({ week: 1, weeks: 52 });
    expect(weekOfYear(wallDay(dayNumber(1997, 5, 12)), 0)).toEqual({ week: 20, weeks: 52 });
  });
});
