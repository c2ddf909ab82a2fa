import type { Digest } from "../base/digest.ts";
import { type Boundaries, type Boundary, boundariesOf } from "./boundaries.ts";
import { releaseOfChannel } from "./ecosystem-name.ts";
import type { Statement } from "./model.ts";
import { type BuiltFor, releasesOf } from "./release-order.ts";
import { orderOf } from "./versions/order.ts";

/**
 * What is said about one package, laid out for judging many versions of it. A kernel has thousands of
 * vulnerabilities, but publishers fix dozens at once: vulnerabilities about which the very same things
 * are said form one topic, and each different thing said is compared with a version once.
 */
export interface StoredStatement extends Statement {
  readonly id: number;
  /** The generation of its feed that said it last. */
  readonly generation: Digest;
}

export interface Dossier {
  readonly sayings: readonly Saying[];
  /** Those about source packages, and those about binary ones, by channel. */
  readonly ofSource: readonly Saying[];
  readonly ofName: readonly (readonly Saying[])[];
  readonly placeOf: Boundaries["placeOf"];
  readonly topics: readonly Topic[];
  /** True when a feed speaks of the package itself, not only one of its channels. */
  readonly isNamed: boolean;
  /** True when something is said of some architectures only, or of some streams of a module. */
  readonly namesArch: boolean;
  readonly namesStream: boolean;
}

/** Something said, in whatever statements and of however many vulnerabilities. */
export interface Saying {
  readonly place: number;
  /** One of the statements that say it; its vulnerability and advisory are only its own. */
  readonly said: StoredStatement;
  /** The channel beside the release that it is about; null for the release itself. */
  readonly channel: string | null;
  /** The releases that the fixes it names were built for, and any version that it names. */
  readonly builtFor: readonly BuiltFor[];
  readonly namesReleases: readonly BuiltFor[];
  /** Where its verdict follows from one comparison. */
  readonly boundary: Boundary | null;
}

/** Vulnerabilities about which the same is said. */
export interface Topic {
  readonly sayings: readonly Saying[];
  readonly isRejected: boolean;
  readonly vulnerabilities: readonly Vulnerable[];
}

export interface Vulnerable {
  readonly id: string;
  readonly statements: readonly Said[];
}

export interface Said {
  readonly statement: StoredStatement;
  readonly saying: Saying;
}

export interface DossierIndex {
  /** What is said of a package; the same answer is the same object. Null when nothing is. */
  of(p: { readonly ecosystem: string; readonly name: string }, source: string): Dossier | null;
}

export function dossierIndex(
  all: readonly StoredStatement[],
  of: { readonly ecosystems: ReadonlySet<string>; readonly rejected: ReadonlySet<string> },
): DossierIndex {
  const { rejected } = of;
  const statements = all.filter(({ ecosystem }) => {
    return of.ecosystems.has(releaseOfChannel(ecosystem) ?? ecosystem);
  });
  const bySource = grouped(statements.filter((s) => s.matches === "source"));
  const byName = grouped(statements.filter((s) => s.matches === "binary"));
  const ecosystems = new Set(statements.map((s) => s.ecosystem));
  const channels = Map.groupBy([...ecosystems].sort(), (e) => releaseOfChannel(e));
  const made = new Map<string, Dossier | null>();
  return {
    of({ ecosystem, name }, source) {
      const within = [ecosystem, ...(channels.get(ecosystem) ?? [])];
      const isOfBinary = within.some((each) => byName.has(keyOf(each, name)));
      const key = keyOf(ecosystem, isOfBinary ? `${source}\n${name}` : source);
      const known = made.get(key);
      if (known !== undefined) return known;
      const about = within.flatMap((each) => [
        ...(bySource.get(keyOf(each, source)) ?? []),
        ...(byName.get(keyOf(each, name)) ?? []),
      ]);
      const dossier = about.length === 0 ? null : dossierOf(about, { ecosystem, rejected });
      made.set(key, dossier);
      return dossier;
    },
  };
}

function grouped(
  statements: readonly StoredStatement[],
): ReadonlyMap<string, readonly StoredStatement[]> {
  return Map.groupBy(statements, (s) => keyOf(s.ecosystem, s.packageName));
}

function keyOf(ecosystem: string, name: string): string {
  return `${ecosystem}\n${name}`;
}

function dossierOf(
  about: readonly StoredStatement[],
  of: { readonly ecosystem: string; readonly rejected: ReadonlySet<string> },
): Dossier {
  const { list, placeOf, places } = sayingsIn(about, of.ecosystem);
  const byVulnerability = new Map<string, Said[]>();
  for (const [at, statement] of about.entries()) {
    const saying = list[places[at] ?? -1];
    if (saying === undefined) continue;
    const said = byVulnerability.get(statement.vulnerability);
    if (said === undefined) byVulnerability.set(statement.vulnerability, [{ statement, saying }]);
    else said.push({ statement, saying });
  }
  const ofName = list.filter(({ said }) => said.matches === "binary");
  return {
    ...{ sayings: list, placeOf },
    ofSource: list.filter(({ said }) => said.matches === "source"),
    ofName: [...Map.groupBy(ofName, (saying) => saying.channel).values()],
    topics: topicsOf(byVulnerability, list, of.rejected),
    isNamed: list.some((saying) => saying.channel === null),
    namesArch: list.some(({ said }) => said.arches !== undefined),
    namesStream: list.some(({ said }) => said.streams !== undefined),
  };
}

/** The different things said, and which of them each statement says. */
function sayingsIn(about: readonly StoredStatement[], ecosystem: string) {
  const places = new Map<string, number>();
  const different: StoredStatement[] = [];
  const own = about.map((statement) => {
    const key = sayingKey(statement);
    const place = places.get(key) ?? different.length;
    if (place === different.length) different.push(statement);
    places.set(key, place);
    return place;
  });
  const boundaries = boundariesOf(different, orderOf(ecosystem));
  const list = different.map((said, place): Saying => {
    const channel = said.ecosystem === ecosystem ? null : said.ecosystem;
    const boundary = boundaries.of[place] ?? null;
    const { builtFor, namesReleases } = releasesIn(said);
    return { place, said, channel, builtFor, namesReleases, boundary };
  });
  return { list, places: own, placeOf: boundaries.placeOf };
}

function releasesIn({ state }: Statement): Pick<Saying, "builtFor" | "namesReleases"> {
  if (state.kind !== "fixed" && state.kind !== "ranges") return { builtFor: [], namesReleases: [] };
  if (state.kind === "fixed") {
    const builtFor = releasesOf([state.version]);
    return { builtFor, namesReleases: builtFor };
  }
  const fixes = state.ranges.flatMap((range) => range.fixed ?? []);
  const bounds = state.ranges.flatMap((range) => [range.introduced, range.lastAffected ?? []]);
  const named = [...fixes, ...bounds.flat()];
  return { builtFor: releasesOf(fixes), namesReleases: releasesOf(named) };
}

/** Put together by hand: there are hundreds of thousands, and `JSON.stringify` takes most of the time. */
function sayingKey(s: StoredStatement): string {
  const head = `${s.feed}\n${s.ecosystem}\n${s.packageName}\n${s.matches}\n`;
  const parts = s.streams ?? s.arches;
  const part = parts === undefined ? "" : JSON.stringify([s.streams ?? null, s.arches ?? null]);
  return `${head}${s.urgency === "unimportant"}\n${stateKey(s.state)}\n${part}`;
}

function stateKey(state: Statement["state"]): string {
  if (state.kind === "fixed") return `fixed ${state.version}`;
  // Only a kind that says nothing more is its own key.
  const isBare = state.kind === "open" || state.kind === "undetermined";
  return isBare || state.kind === "end-of-life" ? state.kind : JSON.stringify(state);
}

function topicsOf(
  byVulnerability: ReadonlyMap<string, readonly Said[]>,
  sayings: readonly Saying[],
  rejected: ReadonlySet<string>,
): readonly Topic[] {
  const topics = new Map<string, Topic & { readonly vulnerabilities: Vulnerable[] }>();
  for (const [id, statements] of byVulnerability) {
    const places = [...new Set(statements.map(({ saying }) => saying.place))];
    if (places.length > 1) places.sort((a, b) => a - b);
    const isRejected = rejected.has(id);
    const key = `${places.join(",")} ${isRejected}`;
    const known = topics.get(key);
    if (known !== undefined) known.vulnerabilities.push({ id, statements });
    else {
      const own = places.flatMap((place) => sayings[place] ?? []);
      topics.set(key, { sayings: own, isRejected, vulnerabilities: [{ id, statements }] });
    }
  }
  return [...topics.values()];
}
