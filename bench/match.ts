import type { StoredStatement } from "../src/intel/dossier.ts";
import { readFeed } from "../src/intel/ingest.ts";
import { findingsForPackages, type MatchInput } from "../src/intel/match.ts";
import { subjectOf } from "../src/intel/subject.ts";
import {
  aPackage,
  aStatement,
  GENERATION,
  hasRealFeeds,
  packagesOfStatus,
  realFeed,
} from "../test/builders/intel.ts";

/**
 * How long it takes to match all packages of one host with everything that is known, once it is
 * loaded: `node bench/match.ts`. With the real feeds beside the checkout that is a Debian 12 machine of
 * 730 packages and the tracker's 6,380 entries; without them a made-up host of the same size. One JSON
 * line for the match and one for the floor: the same join without judging anything. `ms` is the median,
 * `firstMs` the run that nothing had warmed up. Over 50 ms it ends with 1.
 */
const RUNS = 21;
const MS_MAX = 50;
const MADE_PACKAGES = 730;
const MADE_STATEMENTS = 6_400;

const input = hasRealFeeds ? await realHost() : madeHost();
const source = hasRealFeeds ? "debian" : "made";
// The first run is the one that a user waits for; the floor must not warm anything for it.
const matched = measure("fettle", () => findingsForPackages(input).matches.length);
measure("floor", () => joinOnly(input));
if (matched > MS_MAX) process.exitCode = 1;

async function realHost(): Promise<MatchInput> {
  const packages = packagesOfStatus(realFeed("debian/dpkg-status").toString());
  const [reading] = await readFeed(realFeed("debian/derived-tracker-bookworm.json.gz"));
  if (reading?.content.kind !== "advisories") throw new Error("the tracker's file cannot be read");
  const statements = reading.content.statements.map(
    (s, id): StoredStatement => ({ ...s, id, generation: GENERATION }),
  );
  return { packages, statements, rejected: new Set() };
}

/** Several binaries a source, several statements a source, half of them fixed by what is installed. */
function madeHost(): MatchInput {
  const sourceOf = (at: number): string => `source-${at % 250}`;
  const version = (at: number): string =>
    `${1 + (at % 9)}.${at % 17}-${1 + (at % 5)}+deb12u${at % 3}`;
  const packages = Array.from({ length: MADE_PACKAGES }, (_, at) =>
    aPackage({ id: at, name: `package-${at}`, source: sourceOf(at), version: version(at % 250) }),
  );
  const statements = Array.from({ length: MADE_STATEMENTS }, (_, at) =>
    aStatement({
      id: at,
      packageName: sourceOf(at),
      vulnerability: `CVE-2026-${10_000 + at}`,
      state: { kind: "fixed", version: version(at) },
    }),
  );
  return { packages, statements, rejected: new Set() };
}

/** Finds the statements about each package and looks at none of them. */
function joinOnly({ packages, statements }: MatchInput): number {
  const byName = Map.groupBy(statements, (s) => `${s.ecosystem}\n${s.packageName}`);
  let count = 0;
  for (const p of packages)
    count += byName.get(`${p.ecosystem}\n${subjectOf(p).source}`)?.length ?? 0;
  return count;
}

function measure(contender: string, work: () => number): number {
  let found = 0;
  const took = Array.from({ length: RUNS }, () => {
    const started = performance.now();
    found = work();
    return performance.now() - started;
  });
  const firstMs = round(took[0] ?? 0);
  const ms = round(took.sort((a, b) => a - b)[RUNS >> 1] ?? 0);
  const sizes = { packages: input.packages.length, statements: input.statements.length };
  const line = { bench: "match", contender, source, ...sizes, found };
  process.stdout.write(`${JSON.stringify({ ...line, runs: RUNS, ms, firstMs })}\n`);
  return ms;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
