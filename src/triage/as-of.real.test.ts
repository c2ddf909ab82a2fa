import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { aPackage, trackerFile } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { HOUR_MS, instantToText } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { listFindings, showFinding } from "../intel/actions-findings.ts";
import { loadTrend } from "../intel/actions-trend.ts";
import { loadVex, removeVex } from "../intel/actions-vex.ts";
import { hostFindings } from "../intel/findings.ts";
import { exposedStates } from "../intel/model.ts";
import { rematch } from "../intel/rematch.ts";
import { markRemoved } from "../inventory/store.ts";
import { listFixFirst } from "./actions.ts";
import { datesFor, deadlinePolicy } from "./actions-deadline.ts";
import { exposuresOf, exposuresTo } from "./actions-history.ts";

const START = Date.parse("2026-05-01T08:00:00Z");
let now = START;
let made: TestWorld;
beforeEach(async () => {
  now = START;
  made = await testWorld({ clock: () => now });
});
afterEach(() => made.close());

const sources = ["openssl", "curl"] as const;
const ids = ["CVE-2026-0001", "CVE-2026-0002"] as const;
const hosts = ["web-1", "web-2"] as const;

/** What happens to a fleet in an hour, at random. */
const someEvent = fc.oneof(
  fc.record({
    kind: fc.constant("inspect" as const),
    host: fc.constantFrom(...hosts),
    versions: fc.tuple(fc.constantFrom("1", "2", "3"), fc.constantFrom("1", "2", "3")),
    kernel: fc.constantFrom("6.1.0-8-amd64", "6.1.0-9-amd64"),
  }),
  fc.record({
    kind: fc.constant("tracker" as const),
    fixes: fc.array(
      fc.record({
        source: fc.constantFrom(...sources, "linux"),
        id: fc.constantFrom(...ids),
        fixed: fc.constantFrom("1", "2", "3", null),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant("kev" as const), listed: fc.subarray([...ids], { minLength: 1 }) }),
  fc.record({
    kind: fc.constant("epss" as const),
    scores: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
  }),
  fc.record({ kind: fc.constant("remove" as const), host: fc.constantFrom(...hosts) }),
  fc.record({
    kind: fc.constant("vex" as const),
    id: fc.constantFrom(...ids),
    source: fc.constantFrom(...sources),
    scope: fc.constantFrom("", "env=prod"),
  }),
  fc.record({ kind: fc.constant("unvex" as const) }),
);
type Event = typeof someEvent extends fc.Arbitrary<infer T> ? T : never;

const kernels = ["6.1.0-8-amd64", "6.1.0-9-amd64"] as const;
const look1 = (versions: ["1" | "2", "1" | "2"], kernel: (typeof kernels)[number]): Event => ({
  ...{ kind: "inspect", host: "web-1" },
  ...{ versions, kernel },
});
const fixedAt = (source: (typeof sources)[number] | "linux", fixed: "2" | "3" | null) =>
  ({ source, id: "CVE-2026-0001", fixed }) as const;

/** Everything that is kept as history changes at least once, whatever chance makes of the rest. */
const everyKind: Event[] = [
  look1(["1", "1"], kernels[0]),
  { kind: "tracker", fixes: [fixedAt("openssl", "2"), fixedAt("linux", "3")] },
  { kind: "epss", scores: [1, 2] },
  { kind: "epss", scores: [9, 3] },
  { kind: "kev", listed: ["CVE-2026-0001"] },
  { kind: "kev", listed: ["CVE-2026-0002"] },
  look1(["1", "1"], kernels[1]),
  { kind: "tracker", fixes: [fixedAt("openssl", null), fixedAt("curl", "2")] },
  { kind: "vex", id: "CVE-2026-0001", source: "curl", scope: "env=prod" },
  { kind: "unvex" },
  look1(["2", "2"], kernels[1]),
  { kind: "remove", host: "web-1" },
];

const everybody = new Map<string, HostId>();
/** Those that are gone too. */
const everSeen = new Map<HostId, string>();

async function play(event: Event): Promise<void> {
  switch (event.kind) {
    case "inspect":
      return await look(event);
    case "remove": {
      const id = everybody.get(event.host);
      everybody.delete(event.host);
      if (id !== undefined) await inTransaction(made.world.db, (tx) => markRemoved(tx, id, now));
      return;
    }
    case "vex":
      return await say(event);
    case "unvex": {
      const number = documents.pop();
      const gone = { ref: `V-${number}`, reason: "end of it" };
      if (number !== undefined) await removeVex(made.world, ada, gone);
      return;
    }
    default:
      await load(fileOf(event));
  }
}

const documents: number[] = [];
const ada: Actor = { ...systemActor, name: "ada", kind: "person" };

async function say({ id, source, scope }: Event & { kind: "vex" }): Promise<void> {
  const statement = {
    vulnerability: { name: id },
    products: [{ "@id": `pkg:deb/debian/${source}` }],
    ...{ status: "not_affected", justification: "vulnerable_code_not_present" },
  };
  const content = JSON.stringify({
    ...{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": `https://example.org/${now}` },
    ...{ author: "Example", timestamp: instantToText(now), version: 1, statements: [statement] },
  });
  const { document } = await loadVex(made.world, ada, {
    ...{ content, title: "t", scope, product: "", signature: null, until: null },
    responsible: "the code is not built",
  });
  documents.push(document.number);
}

async function look(event: Event & { kind: "inspect" }): Promise<void> {
  const [openssl, curl] = event.versions;
  const packages = [
    ...[openssl, curl].map((version, at) => aPackage({ name: sources[at] ?? "", version })),
    ...["8", "9"].map((abi) =>
      aPackage({ name: `linux-image-6.1.0-${abi}-amd64`, version: "2", source: "linux" }),
    ),
  ];
  const known = everybody.get(event.host);
  const seen = { packages, kernel: event.kernel };
  if (known !== undefined) await inspect(made.world, known, seen);
  else {
    const labels = { env: event.host === "web-1" ? "prod" : "dev" };
    const id = await addHost(made.world, { name: event.host, labels, ...seen });
    everybody.set(event.host, id);
    everSeen.set(id, event.host);
  }
}

function fileOf(event: Exclude<Event, { kind: "inspect" | "remove" | "vex" | "unvex" }>): Buffer {
  if (event.kind === "kev") {
    const vulnerabilities = event.listed.map((cveID) => ({
      ...{ cveID, dateAdded: "2026-04-01", dueDate: "2026-04-22" },
      ...{ vendorProject: "x", product: "y", vulnerabilityName: "z", shortDescription: "s" },
      ...{ requiredAction: "a", knownRansomwareCampaignUse: "Unknown" },
    }));
    const dateReleased = instantToText(now);
    const head = { title: "CISA Catalog", catalogVersion: "1", dateReleased };
    return Buffer.from(JSON.stringify({ ...head, count: vulnerabilities.length, vulnerabilities }));
  }
  if (event.kind === "epss") {
    const lines = event.scores.map((score, at) => `${ids[at]},0.${score},0.${score}`);
    const head = `#model_version:v2026.06.15,score_date:${instantToText(now)}\ncve,epss,percentile\n`;
    return Buffer.from(`${head}${lines.join("\n")}\n`);
  }
  const file: Record<string, Record<string, Record<string, object>>> = {};
  for (const { source, id, fixed } of event.fixes) {
    const told = fixed === null ? { status: "open" } : { status: "resolved", fixed_version: fixed };
    file[source] = { ...file[source], [id]: { bookworm: { ...told, urgency: "high" } } };
  }
  return trackerFile(file);
}

async function load(bytes: Buffer): Promise<void> {
  await loadFeedFile(made.world, systemActor, { bytes, asOf: now, acceptShrink: true });
}

/** All lists, without what is told of now only. */
async function snapshot(asOf?: number) {
  const { world } = made;
  const lists = [];
  for (const group of ["vulnerability", "source", "host"] as const) {
    const { rows, total } = await listFindings(world, systemActor, { group, asOf });
    lists.push({ group, rows, total });
  }
  const actions = await listFixFirst(world, systemActor, { asOf });
  const byHost = [];
  for (const id of everybody.values()) {
    const { findings } = await hostFindings(world.db, id, now, asOf);
    byHost.push({ id, findings });
  }
  const policy = await deadlinePolicy(world, asOf);
  const dates = await datesFor(world.db, policy, { vulnerabilities: ids, asOf });
  const explained = await Promise.all(ids.map((id) => explanation(id, asOf)));
  return { lists, actions, dates, explained, byHost };
}

/** What was found of a vulnerability and why; null where nothing was known of it. */
async function explanation(id: string, asOf?: number) {
  const told = await showFinding(made.world, systemActor, id, asOf).catch(() => null);
  if (told === null) return null;
  const { vulnerability, filters, hosts: named } = told;
  const packages = told.packages
    .filter(({ finding }) => (exposedStates as readonly string[]).includes(finding.state))
    .map(({ package: p, finding, ...counts }) => {
      const { state, fixedVersion, because } = finding;
      return { id: p.id, state, fixedVersion, because, ...counts };
    });
  return { vulnerability, filters, hosts: named, packages: new Set(packages) };
}

/** Each day of the trend says what the lists of that day say. */
async function expectTrend(): Promise<void> {
  const { trend } = await loadTrend(made.world, [[]], 12);
  for (const { day, known } of trend) {
    const end = Date.parse(`${day}T23:59:59.999Z`);
    const asOf = end < now ? end : undefined;
    const rows = async (group: "vulnerability" | "source" | "host", isKev?: boolean) =>
      await listFindings(made.world, systemActor, { group, isKev, asOf });
    const findings = await rows("vulnerability");
    if (known === null) {
      expect(findings.total).toBe(0);
      continue;
    }
    expect(known).toMatchObject({
      findings: findings.total,
      exploited: (await rows("vulnerability", true)).total,
      sources: (await rows("source")).total,
      hosts: (await rows("host")).total,
      exploitedHosts: (await rows("host", true)).total,
      knownHosts: findings.coverage.hostCount - findings.coverage.unknownHostCount,
    });
  }
}

/** A host was exposed at a moment just where its list of that moment says so. */
async function expectIntervals(moments: readonly number[]): Promise<void> {
  const page = { skip: 0, limit: 1_000 };
  for (const vulnerability of ids) {
    const { items } = await exposuresTo(made.world, systemActor, { ...page, vulnerability });
    const of = new Map(items.map(({ host, intervals }) => [host.id, intervals]));
    for (const [id, name] of everSeen) {
      for (const at of moments) {
        const { findings } = await hostFindings(made.world.db, id, now, at);
        const isExposed = findings.some(
          (one) =>
            one.vulnerability === vulnerability &&
            one.isRunning &&
            (exposedStates as readonly string[]).includes(one.state) &&
            one.filter?.isSetAside !== true,
        );
        const isTold = (of.get(id) ?? []).some(
          ({ from, to }) => from <= at && (to === null || at < to),
        );
        expect(isTold, `${name} ${vulnerability} at ${instantToText(at)}`).toBe(isExposed);
      }
    }
  }
  for (const [name, id] of everybody) {
    const { items } = await exposuresOf(made.world, systemActor, { ...page, host: name });
    for (const { vulnerability, intervals } of items) {
      const other = await exposuresTo(made.world, systemActor, { ...page, vulnerability });
      const same = other.items.find(({ host }) => host.id === id);
      expect(intervals).toEqual(same?.intervals);
    }
  }
}

describe("a past moment", () => {
  it("is told as it was told then, whatever happened since", { timeout: 60_000 }, async () => {
    const runs = { numRuns: 3, endOnFailure: true, examples: [[everyKind]] as [Event[]][] };
    await fc.assert(
      fc.asyncProperty(fc.array(someEvent, { minLength: 4, maxLength: 9 }), async (events) => {
        const taken: { at: number; told: Awaited<ReturnType<typeof snapshot>> }[] = [];
        for (const event of events) {
          now += 7 * HOUR_MS;
          await play(event);
          await rematch(made.world);
          now += 7 * HOUR_MS;
          taken.push({ at: now, told: await snapshot() });
        }
        await expectTrend();
        await expectIntervals(taken.map(({ at }) => at));
        for (const { at, told } of taken) {
          const { byHost, explained, ...rest } = await snapshot(at);
          const { lists, actions, dates } = told;
          expect(rest).toEqual({ lists, actions, dates });
          told.explained.forEach((then, place) => {
            if (then === null) return;
            // Of what nothing here ever had no facts are kept.
            const facts = then.packages.size > 0 ? {} : { vulnerability: expect.anything() };
            expect(explained[place]).toEqual({ ...then, ...facts });
          });
          // A host that comes again under its old name is another one.
          const then = new Map(told.byHost.map((one) => [one.id, one.findings]));
          for (const { id, findings } of byHost) {
            if (then.has(id)) expect(findings).toEqual(then.get(id));
          }
        }
      }),
      runs,
    );
  });
});
