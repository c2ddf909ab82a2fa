import { counted } from "../base/counted.ts";
import { durationToText, MINUTE_MS } from "../base/instant.ts";
import { parseRings, type RingPolicy } from "../policy/rings.ts";
import type { Finding, Policies } from "./doctor-facts.ts";
import { good } from "./doctor-finding.ts";

/** Rings policies in force that let more go wrong at once than a careful start allows. Pure. */
const SOAK_MS_MIN = 30 * MINUTE_MS;
const AT_ONCE_MAX = 100;
const PERCENT_MAX = 10;
const FAILED_PERCENT_MAX = 2;

export function rings({ items }: Policies): readonly Finding[] {
  const inForce = items.filter(
    (one) => one.kind === "rings" && one.origin !== "used" && one.problem === null,
  );
  return inForce.map((one) => {
    const check = "rings policy";
    const policy = parseRings(one.text, one.name);
    const [first] = policy.rings;
    const wide = policy.rings.flatMap((ring) => tooWide(ring) ?? []);
    const short =
      first === undefined || first.soakMs >= SOAK_MS_MIN || policy.rings.length === 1
        ? []
        : [`${first.name} soaks ${durationToText(first.soakMs)}, not 30 min`];
    const found = [...short, ...wide];
    if (found.length === 0) {
      return good(
        check,
        `${one.name}: ${counted(policy.rings.length, "ring")}, each of them careful`,
      );
    }
    const from = one.origin === "shipped" ? "; it comes with Fettle, for a first look" : "";
    return {
      ...{ check, state: "attention" },
      says: `${one.name} lets more go wrong at once than it should: ${found.join("; ")}${from}`,
      advice: "Say so in a file of yours: fettle policy plan FILE, then fettle policy apply FILE",
    };
  });
}

/** Whichever is lower counts, so one of the two limits is enough. */
function tooWide({ name, batch, failedMax }: RingPolicy): string | null {
  const isWide =
    batch.inFlightMax > AT_ONCE_MAX &&
    !(batch.size.kind === "percent" && batch.size.percent <= PERCENT_MAX);
  if (isWide) return `${name} has ${batch.inFlightMax} hosts under way at once, not 100 or a tenth`;
  if (failedMax.kind === "percent" && failedMax.percent > FAILED_PERCENT_MAX) {
    return `${name} lets ${failedMax.percent} % fail, not 2 %`;
  }
  return null;
}
