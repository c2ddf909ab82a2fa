/** Days of UTC as the grid of a calendar has them; weeks begin on Monday. */
export interface Day {
  /** `2026-11-23`. */
  readonly name: string;
  readonly title: string;
  /** RFC 3339, to be compared as text. */
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
const shown = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

export function mondayOf(instant: string): string {
  const midnight = new Date(instant.slice(0, 10));
  const weekday = (midnight.getUTCDay() + 6) % 7;
  return moved(instant.slice(0, 10), -weekday);
}

export function moved(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

export function daysFrom(first: string, count: number): readonly Day[] {
  return Array.from({ length: count }, (_, at) => {
    const name = moved(first, at);
    return {
      name,
      title: shown.format(new Date(name)),
      from: `${name}T00:00:00.000Z`,
      to: `${moved(name, 1)}T00:00:00.000Z`,
    };
  });
}
