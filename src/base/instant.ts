/**
 * Time. Inside, a point in time is an `Instant`: whole milliseconds since 1970 UTC. Outside it is
 * RFC 3339 in UTC; in the host protocol it is whole seconds. Pure rules take `now` as a value.
 */
export type Instant = number;

/** The only way for code with effects to learn the time; tests pass their own. */
export type Clock = () => Instant;

export function instantToText(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** Parses RFC 3339; returns `null` for anything else (a bare date counts as midnight UTC). */
export function instantFromText(text: string): Instant | null {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) {
    return null;
  }
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  const parsed = Date.parse(text.length > 10 && !hasZone ? `${text}Z` : text);
  return Number.isNaN(parsed) ? null : parsed;
}

export function instantToSeconds(instant: Instant): number {
  return Math.floor(instant / 1000);
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const DURATION_UNITS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/** Parses `90s`, `10m`, `2h`, `3d` into milliseconds; `null` for anything else. */
export function durationFromText(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : DURATION_UNITS[match[2]];
  return match?.[1] === undefined || unit === undefined ? null : Number(match[1]) * unit;
}

/** Writes a duration the way a person says it: `3 d`, `2 h 10 min`, `45 s`. */
export function durationToText(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}
