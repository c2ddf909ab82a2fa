/**
 * Whether an entry of the support register has a line of its own on the timeline: it ends on a known day, and the day is
 * its own. A runtime that comes with a release is mended as long as the release, whose line says it already.
 */
export function hasOwnLine(of: {
  readonly kind: string;
  readonly carrier: string;
  readonly daysLeft: number | null;
}): boolean {
  return of.daysLeft !== null && (of.kind === "system" || of.carrier === "");
}
