import { SECOND_MS } from "../base/instant.ts";
import { overlap } from "../base/spans.ts";
import { hostTimes, timesKey } from "../calendar/host-times.ts";
import { amountOf, type RingPolicy } from "../policy/rings.ts";
import { tierOf } from "../policy/rings-tiers.ts";
import { openSpans } from "../policy/rings-times.ts";
import type { Canaries } from "../policy/rings-waves.ts";
import { type CheckedRing, fault, type Judged, partText } from "./checker-judged.ts";
import type { PlanFault } from "./fault.ts";
import type { PlanHost } from "./model.ts";
import type { StatementWave } from "./statement.ts";

/** Rules about canaries: a sample that stands for its ring, of the hosts that matter least. */
export function sampleFaults(judged: Judged, of: CheckedRing, rule: Canaries): PlanFault[] {
  const { ring, waves, closed } = of;
  const [first, ...rest] = waves;
  if (first === undefined) return [];
  const later = [...rest.flatMap((one) => one.hosts), ...closed];
  const size = amountOf(rule.size, first.hosts.length + later.length, 1);
  const could = later.filter(couldStartIn(judged, ring, first.wave));
  const name = `the canaries of ring ${ring.name}`;
  const broken: [isBroken: boolean, what: string][] = [
    [partText(judged, first.wave) !== "canaries", "are not the first wave"],
    [first.hosts.length > size, `are ${first.hosts.length}, more than ${size}`],
    [
      first.hosts.length < Math.min(size, first.hosts.length + could.length),
      `are only ${first.hosts.length} of ${size}`,
    ],
    ...strataFaults(first.hosts, { could, all: [...first.hosts, ...later], rule, size }),
  ];
  return broken.flatMap(([isBroken, what]) =>
    isBroken ? [fault("canary-sample", `${name} ${what}`)] : [],
  );
}

function couldStartIn(judged: Judged, ring: RingPolicy, wave: StatementWave) {
  const { calendar, class: urgency } = judged.facts;
  const span = { from: wave.notBefore * SECOND_MS, to: wave.notAfter * SECOND_MS };
  const open = openSpans(ring.opens, span);
  const asked = new Map<string, boolean>();
  return (host: PlanHost): boolean => {
    const key = timesKey(calendar, host);
    const known = asked.get(key);
    if (known !== undefined) return known;
    const could = overlap(open, hostTimes(calendar, host, { span, urgency }).open).length > 0;
    asked.set(key, could);
    return could;
  };
}

function strataFaults(
  picked: readonly PlanHost[],
  of: {
    readonly could: readonly PlanHost[];
    readonly all: readonly PlanHost[];
    readonly rule: Canaries;
    readonly size: number;
  },
): [isBroken: boolean, what: string][] {
  const { could, rule, size } = of;
  const stratum = (host: PlanHost): string =>
    rule.stratify.map((key) => (key === "os" ? host.os : host.labels[key]) ?? "none").join("\n");
  const [tried, passed] = [Map.groupBy(picked, stratum), Map.groupBy(could, stratum)];
  const strata = new Set([...tried.keys(), ...passed.keys()]).size;
  const pairs = [...tried].map(([name, hosts]) => ({ hosts, others: passed.get(name) ?? [] }));
  const isCritical = pairs.some(({ hosts, others }) =>
    hosts.some((host) => others.some((other) => weightOf(other) > weightOf(host))),
  );
  const clusters = clustersOf(of.all, picked, rule.cluster);
  return [
    [tried.size < Math.min(size, strata), `stand for ${tried.size} of ${strata} strata`],
    [isCritical, "are critical where others like them are not"],
    [pairs.some((pair) => isDoubled(pair, clusters)), "take two of one small cluster"],
  ];
}

/** How little it matters; a host that does not say its tier matters most. */
function weightOf(host: PlanHost): number {
  return tierOf(host.labels) ?? 0;
}

/** A second member lost is a loss in clusters of so few. */
const SMALL_CLUSTER_MAX = 9;

interface Clusters {
  readonly of: (host: PlanHost) => string | undefined;
  readonly small: ReadonlySet<string>;
  readonly tried: ReadonlySet<string | undefined>;
}

function clustersOf(all: readonly PlanHost[], picked: readonly PlanHost[], key: string): Clusters {
  const of = (host: PlanHost): string | undefined => host.labels[key];
  const sizes = Map.groupBy(all, of);
  const small = [...sizes].flatMap(([name, hosts]) =>
    name !== undefined && hosts.length <= SMALL_CLUSTER_MAX ? [name] : [],
  );
  return { of, small: new Set(small), tried: new Set(picked.map(of)) };
}

/** Two of one small cluster, although a host like them of an untried one was there to take. */
function isDoubled(
  { hosts, others }: { readonly hosts: readonly PlanHost[]; readonly others: readonly PlanHost[] },
  clusters: Clusters,
): boolean {
  const seen = new Set<string>();
  return hosts.some((host) => {
    const cluster = clusters.of(host);
    if (cluster === undefined || !clusters.small.has(cluster)) return false;
    const isSecond = seen.has(cluster);
    seen.add(cluster);
    const isFree = (other: PlanHost): boolean =>
      clusters.of(other) === undefined || !clusters.tried.has(clusters.of(other));
    return isSecond && others.some((one) => isFree(one) && weightOf(one) === weightOf(host));
  });
}
