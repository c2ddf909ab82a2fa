import { describe, expect, test } from "vitest";
import {
  ageing,
  aHost,
  aMove,
  aPlanInput,
  aSignedInput,
  ISSUED_AT,
  movesOf,
  testRings,
} from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { DAY_MS, HOUR_MS } from "../base/instant.ts";
import { parseCalendar } from "../calendar/calendar-policy.ts";
import { parseRings } from "../policy/rings.ts";
import { anySources } from "../policy/rings-sources.ts";
import { type BodyText, parseBody, writeBody } from "./body.ts";
import { checkPlan } from "./checker.ts";
import { type PlanRule, planRules } from "./fault.ts";
import { type Leaf, parseLeaf, writeLeaf } from "./leaf.ts";
import type {
  Plan,
  PlanHost,
  PlanInput,
  Planned,
  PlannedLeaf,
  PlannedWave,
  Step,
} from "./model.ts";
import { plan } from "./planner.ts";
import { contentDigest } from "./planner-bodies.ts";
import { parseStatement, type Statement, writeStatement } from "./statement.ts";
import { statementDigest } from "./statement-digest.ts";
import { buildTree } from "./tree.ts";

/** A plan taken apart, so that one thing can be changed and all digests made right again. */
interface Parts {
  readonly statement: Statement;
  readonly leaves: readonly Leaf[];
  readonly bodies: readonly BodyText[];
  readonly waves: readonly PlannedWave[];
}

const policy = parseRings(testRings);
const input = aPlanInput({ policy });
const good = plan(input);

function must<T>(parsed: { ok: true; value: T } | { ok: false; why: string }): T {
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.value;
}

function apart(planned: Planned): Parts {
  const made = planned.plan!;
  return {
    statement: must(parseStatement(made.statement)),
    leaves: made.leaves.map((leaf) => must(parseLeaf(leaf.text))),
    bodies: made.bodies.map((body) => must(parseBody(body.text))),
    waves: made.waves,
  };
}

/** Puts the parts together as a planner with that one mistake would have. */
function sealed(parts: Parts, from: PlanInput = input, planned: Planned = good): Planned {
  const ids = new Map(from.hosts.map((host) => [host.protocolId, host.id]));
  const oldDigests = planned.plan!.bodies.map((body) => body.digest);
  const bodies = parts.bodies.map((body) => {
    const text = writeBody(body);
    return { digest: sha256(text), text };
  });
  const leaves = parts.leaves.map((leaf, index) => {
    const body = bodies[oldDigests.indexOf(leaf.body)]?.digest ?? leaf.body;
    const text = writeLeaf({ ...leaf, index, body });
    const host = ids.get(leaf.host) ?? input.hosts[0]!.id;
    const digest = sha256(text);
    const windows = leaf.windows.map((w) => ({ from: w.from * 1000, to: w.to * 1000 }));
    const place = { index, leaf: index, wave: leaf.wave };
    return { ...place, host, protocolId: leaf.host, body, digest, text, windows };
  });
  const statement = writeStatement({
    ...parts.statement,
    content: contentDigest(parts.bodies.map((body) => ({ body }))),
    hosts: { kind: "frozen", count: leaves.length },
    leaves: leaves.length,
    bodies: bodies.length,
    root: buildTree(leaves.map((leaf) => leaf.digest)).root,
  });
  const made: Plan = { ...planned.plan!, statement, bodies, leaves, waves: parts.waves };
  return { ...planned, plan: { ...made, digest: statementDigest(statement) } };
}

/** The same with the statement's text edited as given, digest made right. */
function edited(from: string | RegExp, to: string): Planned {
  const statement = good.plan!.statement.replace(from, to);
  expect(statement).not.toBe(good.plan!.statement);
  return { ...good, plan: { ...good.plan!, statement, digest: statementDigest(statement) } };
}

function withPlan(some: Partial<Plan>): Planned {
  return { ...good, plan: { ...good.plan!, ...some } };
}

const parts = apart(good);
const [firstLeaf, secondLeaf, ...laterLeaves] = parts.leaves as [Leaf, Leaf, ...Leaf[]];
const [firstBody] = parts.bodies as [BodyText];

function withWave(number: number, some: Partial<PlannedWave>): Parts {
  const waves = parts.waves.map((w) => (w.number === number ? { ...w, ...some } : w));
  return {
    ...parts,
    waves,
    statement: {
      ...parts.statement,
      waves: waves.map((wave) => ({
        number: wave.number,
        ring: wave.ring,
        notBefore: wave.notBefore / 1000,
        notAfter: wave.notAfter / 1000,
      })),
    },
  };
}

const limits = parts.waves[0]!.limits;

function withLimits(some: Partial<PlannedWave["limits"]>): Planned {
  return sealed(withWave(1, { limits: { ...limits, ...some } }));
}

/** `openssl` before `libssl3`, each in a transaction of its own. */
const inTurn: PlanInput = { ...input, policy: ordered("packages: [openssl, libssl3]") };
const [turnsBody] = apart(plan(inTurn)).bodies as [BodyText];

function withTurns(some: Partial<BodyText>): Planned {
  const made = plan(inTurn);
  return sealed({ ...apart(made), bodies: [{ ...turnsBody, ...some }] }, inTurn, made);
}

function withBody(some: Partial<BodyText>): Planned {
  return sealed({ ...parts, bodies: [{ ...firstBody, ...some }] });
}

const lostPair = {
  ...input.resolutions[0]!,
  outcome: movesOf([aMove({ oldSha256: null }), aMove({ name: "openssl" })]),
};
const accepted = { ...input, isIrreversibleAcknowledged: true, resolutions: [lostPair] };
const nightly = parseRings(
  testRings.replace("opens: always", 'opens: [{ days: [mon], from: "22:00", to: "23:00" }]'),
);
const emergency = { ...input, class: "emergency" as const };
const openSource = { uri: "http://loose.example", suite: "stable" };

const hostsChanged = (some: Parameters<typeof aHost>[1]): PlanInput => ({
  ...input,
  hosts: input.hosts.map((host, at) => (at === 0 ? { ...host, ...some } : host)),
});

const frozenFor = (hosts: string): PlanInput["calendar"] =>
  parseCalendar(
    `format: fettle-calendar 1\nzone: UTC\nothers: open\nfreezes:\n  - { name: f, hosts: "${hosts}", from: "2026-11-22T00:00", to: "2026-11-22T01:00", reason: r }\n`,
    "calendar.yaml",
  ).calendar;

const ringTwo = (labels: Record<string, string>, at: number): PlanHost =>
  aHost(`h${at}`, { labels: { ring: "2", service: "web", ...labels } });
/** Two zones; h0 and h4 are their least critical hosts. */
const fleet = [
  ...["3", "1", "1", "1"].map((tier) => ({ zone: "a", tier })),
  ...["3", "1", "1", "1"].map((tier) => ({ zone: "b", tier })),
].map(ringTwo);
const sampled = cutting("{ canaries: { count: 2, stratify: [zone] } }", fleet);
/** Of three hosts that are alike, two are of one cluster. */
const doubled = cutting(
  "{ canaries: { count: 2, stratify: [zone] } }",
  [{ cluster: "x" }, { cluster: "x" }, { cluster: "y" }].map(ringTwo),
);

function ordered(text: string): PlanInput["policy"] {
  return parseRings(`${testRings}\norder: { ${text} }\n`);
}

const units = ["a.service", "b.service"];
const twoUnits: PlanInput = {
  ...input,
  hosts: input.hosts.map((host) => ({ ...host, services: units })),
  resolutions: [{ ...input.resolutions[0]!, outcome: movesOf([aMove()], units) }],
};

function tiered(rule: string): PlanInput["policy"] {
  return parseRings(`${testRings}\ntiers: [{ tier: 0, ${rule} }]\n`);
}

/** Hosts that are backed up since two hours; those that do not say their tier are of tier 0. */
const critical: PlanInput = {
  ...input,
  policy: tiered("backup: 3h"),
  hosts: input.hosts.map((host) => ({
    ...host,
    labels: { ...host.labels, backup: "20261121T200000Z" },
  })),
};
const withoutBack = { ...accepted, policy };

/** Two databases and two web servers. */
function served(rule = ""): PlanInput {
  const hosts = ["db", "db", "web", "web"].map((service, at) => ringTwo({ service }, at));
  return { ...input, policy: ordered(`services: [${rule}]`), hosts };
}

const slowly = "rate: { hosts: 5, per: 1h }";

function withBudget(rule: string): PlanInput["policy"] {
  return parseRings(`${testRings}\nbudgets: [${rule}]\n`);
}

/** Five hosts of zone a are in the plan, of which three must stay. */
const budgeted = { ...input, policy: withBudget("{ by: zone, only: [a], quorum: majority }") };
const zoneA = { key: "zone", value: "a", members: 5 };

const rebooting: PlanInput = {
  ...input,
  policy: parseRings(`${testRings}\nreboots: [{ after: [openssl] }]\n`),
};
const raised = firstBody.steps[0] as Extract<Step, { sha256: string }>;
/** A package manager that takes a second package down to bring the fix. */
const lowering: PlanInput = {
  ...input,
  resolutions: [
    {
      ...input.resolutions[0]!,
      outcome: movesOf([aMove(), aMove({ name: "openssl", verb: "downgrade", to: "3.0.1-1" })]),
    },
  ],
};
const hooked: PlanInput = {
  ...input,
  policy: parseRings(`${testRings}\nhooks: [{ drain: lb-out, rejoin: lb-in }]\n`),
};

const rotated: PlanInput = {
  ...input,
  policy: parseRings(`${testRings}\nrotations: [{ after: [openssl], run: new-keys }]\n`),
};
function withBudgets(budgets: Plan["budgets"]): Planned {
  const made = plan(budgeted);
  return { ...made, plan: { ...made.plan!, budgets } };
}

const byRule: PlanInput = { ...input, rule: { labels: ["service=web"], max: 20 } };

function ruleLeaves(edit: (leaf: PlannedLeaf, at: number) => PlannedLeaf): Planned {
  const made = plan(byRule);
  return { ...made, plan: { ...made.plan!, leaves: made.plan!.leaves.map(edit) } };
}

const otherDigest = (leaf: PlannedLeaf): PlannedLeaf => {
  return { ...leaf, text: leaf.text, digest: sha256("x") };
};

/** Each host with a leaf of its own for the same wave and body. */
const apartByHost = (leaf: PlannedLeaf, at: number): PlannedLeaf => {
  return { ...leaf, text: leaf.text.replace(/index \d+/, `index ${at}`) };
};

const signedInput = aSignedInput();

/** For each rule: a plan that breaks it, and what the checker is told when that is not the usual. */
const mutations: Record<PlanRule, readonly (readonly [Planned, PlanInput?])[]> = {
  "statement-format": [[edited("\nclass", "\n class")], [edited(/end\n$/, "end")]],
  "plan-digest": [[withPlan({ digest: sha256("other") as Plan["digest"] })]],
  deployment: [[edited("tenant acme", "tenant other")]],
  change: [[edited("change c-88", "change c-89")]],
  requester: [[edited("requester carol", "requester alice")]],
  class: [[edited("class normal", "class emergency")]],
  issued: [[edited(/issued \d+/, `issued ${ISSUED_AT / 1000 + 1}`)]],
  "policy-digest": [[good, { ...input, policy: parseRings(`${testRings}\n`) }]],
  "host-policy": [[edited("hostpolicy 1", "hostpolicy 0")]],
  content: [[edited(/content [0-9a-f]{4}/, "content 0000")]],
  attempts: [[edited("attempts 2", "attempts 3")]],
  "permit-weaker": [[edited("permit online", "permit lease 60")], [edited("online", "offline")]],
  "revert-weaker": [[edited("order 259200", "order 259201")]],
  supersedes: [[edited(/end\n$/, `supersedes ${sha256("x")}\nend\n`)]],
  "leaf-count": [[withPlan({ leaves: good.plan!.leaves.slice(1) })]],
  "leaf-format": [[withLeafText(good.plan!.leaves[0]!.text.replace("wave 1", "wave one"))]],
  "leaf-digest": [
    [withLeafText(good.plan!.leaves[0]!.text.replace("wave 1", "wave 2"))],
    [withPlan({ leaves: good.plan!.leaves.map(otherDigest) })],
  ],
  "leaf-index": [[withPlan({ leaves: swapped(good.plan!.leaves) })]],
  root: [[edited(/root [0-9a-f]{4}/, "root 0000")]],
  "body-format": [[withBodyText("fettle body 1\nstep 1 dance\nend\n")]],
  "body-digest": [[withBodyText(good.plan!.bodies[0]!.text.replace("3.0.18", "3.0.19"))]],
  "body-count": [[edited("bodies 1", "bodies 2")]],
  "body-unknown": [[sealed({ ...parts, leaves: allBodies(sha256("none")) })]],
  "body-unused": [[sealed({ ...parts, bodies: [firstBody, { ...firstBody, undo: [] }] })]],
  "calendar-closed": [
    [good, { ...input, calendar: { ...input.calendar, others: "closed" } }],
    [good, { ...input, calendar: frozenFor("ring=canary") }],
  ],
  "wave-list": [[sealed({ ...parts, waves: withWave(1, { ring: "2" }).waves })]],
  "wave-order": [[sealed({ ...parts, leaves: swapped(parts.leaves, 0, 2) })]],
  "wave-count": [[sealed(withWave(1, { hostCount: 1 }))]],
  "ring-unknown": [[sealed(withWave(1, { ring: "gold" }))]],
  "ring-order": [[sealed(withWave(1, { ring: "2" }))]],
  "wave-times": [
    [sealed(withWave(1, { notBefore: ISSUED_AT - 1000 }))],
    [sealed(withWave(3, { notAfter: ISSUED_AT + 8 * DAY_MS }))],
    [good, { ...input, startsAt: ISSUED_AT + HOUR_MS }],
  ],
  "wave-soak": [
    [plan(critical), { ...critical, policy: tiered("soakFactor: 3") }],
    [sealed(withWave(2, { notBefore: ISSUED_AT + 59_000 }))],
  ],
  "window-closed": [[good, { ...input, policy: nightly }]],
  "limits-weaker": [
    [withLimits({ batchSize: 2 })],
    [withLimits({ batchSize: 0 })],
    [withLimits({ inFlightMax: 2 })],
    [withLimits({ failedMax: 1 })],
    [withLimits({ failures: { baseline: 0.01, bad: 0.05, alpha: 0.01, beta: 0.05 } })],
    [withLimits({ successRateMin: 0.9 })],
    [withLimits({ soakSeconds: 59 })],
    [withLimits({ rollback: "none" })],
    [
      good,
      { ...input, policy: parseRings(testRings.replace("soak: 1m", `soak: 1m\n    ${slowly}`)) },
    ],
  ],
  "wave-cut": [
    // Its host of the last wave comes with the first, and the wave of few comes after that of many.
    [moved(cutting("{ percent: [25, 100] }"), 7, 1), cutting("{ percent: [25, 100] }")],
    [moved(cutting("{ by: zone }"), 7, 1), cutting("{ by: zone }")],
    [plan(cutting("{ by: zone }")), cutting("{ by: zone, order: [b] }")],
    [moved(cutting("{ select: [tier=3] }"), 7, 1), cutting("{ select: [tier=3] }")],
    [sealed(withWave(2, { ring: "canary" }))],
    [plan(cutting("{}")), cutting("{ percent: [50, 100] }")],
  ],
  "canary-sample": [
    [moved(sampled, 0, 2), sampled],
    [moved(sampled, 7, 1), sampled],
    [withSwapped(sampled, "h0", "h1"), sampled],
    [withSwapped(sampled, "h0", "h5"), sampled],
    [withSwapped(doubled, "h2", "h1"), doubled],
  ],
  "budget-weaker": [
    [plan(input), budgeted],
    [withBudgets([]), budgeted],
    [withBudgets([{ ...zoneA, unavailableMax: 3 }]), budgeted],
    [withBudgets([{ ...zoneA, unavailableMax: 0 }]), budgeted],
    [plan(budgeted), { ...budgeted, policy: withBudget("{ by: zone, quorum: 4 }") }],
  ],
  "service-order": [
    [plan(served("{ service: web, after: [db] }")), served("{ service: db, after: [web] }")],
    [plan(served()), served("{ service: db, after: [web] }")],
    [
      withSwapped(served("{ service: web, after: [db] }"), "h0", "h3"),
      served("{ service: web, after: [db] }"),
    ],
  ],
  "tier-order": [
    [plan(fleetInTiers("off")), fleetInTiers("descending")],
    [withSwapped(fleetInTiers("descending"), "h0", "h3"), fleetInTiers("descending")],
  ],
  "rule-labels": [
    [good, byRule],
    [plan(byRule), input],
    [plan(byRule), { ...byRule, rule: { labels: ["service=web", "zone=a"], max: 20 } }],
    [
      plan(byRule),
      { ...byRule, hosts: byRule.hosts.map((h) => ({ ...h, labels: { ring: "1" } })) },
    ],
  ],
  "rule-max": [[plan(byRule), { ...byRule, rule: { labels: ["service=web"], max: 19 } }]],
  "rule-leaves": [
    [ruleLeaves((leaf) => ({ ...leaf, text: leaf.text.replace("host *", "host h-1") })), byRule],
    [ruleLeaves(apartByHost), byRule],
  ],
  "body-hooks": [
    [withHooks(({ steps }) => ({ steps: steps.slice(1) })), hooked],
    [withHooks(({ steps }) => ({ steps: [...steps, { verb: "run", hook: "x" }] })), hooked],
    [withHooks(({ undo }) => ({ undo: undo.slice(1) })), hooked],
    [withHooks(({ undo }) => ({ undo: undo.slice(0, -1) })), hooked],
    [withHooks(withUndo({ verb: "run", hook: "x" })), hooked],
    [withBody({ steps: [...firstBody.steps, { verb: "run", hook: "drain" }] })],
    [good, hooked],
    [plan(hooked)],
    // Keys that should have been made anew, and keys that nobody asked for.
    [good, rotated],
    [plan(rotated)],
    [
      withHooks(({ steps }) => ({ steps: steps.filter(({ verb }) => verb !== "run") }), rotated),
      rotated,
    ],
    [
      withHooks(
        ({ undo }) => ({ undo: [...undo, { at: 3, step: { verb: "run", hook: "new-keys" } }] }),
        rotated,
      ),
      rotated,
    ],
  ],
  "body-order": [
    [withHooks(({ steps }) => ({ steps: swapped(steps) })), hooked],
    [withHooks(({ steps }) => ({ steps: swapped(steps, 3, 4) })), hooked],
    [withHooks(({ steps }) => ({ steps: swapped(steps, 4, 5) })), hooked],
    [withHooks(({ steps }) => ({ steps: swapped(steps, 0, 4) })), hooked],
    [withHooks(({ steps }) => ({ steps: swapped(steps, 1, 2) }), rotated), rotated],
    [withHooks(({ steps }) => ({ steps: swapped(steps, 2, 3) }), rotated), rotated],
  ],
  "package-order": [
    [plan(input), inTurn],
    [plan(inTurn), input],
    [plan(inTurn), { ...input, policy: ordered("packages: [libssl3, openssl]") }],
    // Together, and the wrong way round.
    [withTurns({ transactions: [] }), inTurn],
    [withTurns({ steps: swapped(turnsBody.steps) }), inTurn],
    [withTurns({ steps: swapped(turnsBody.steps), transactions: [] }), inTurn],
    // Two where nothing is ordered.
    [withBody({ transactions: [2] })],
    [withBody({ steps: swapped(firstBody.steps) })],
  ],
  "restart-order": [
    [plan(twoUnits), { ...twoUnits, policy: ordered("restarts: [b.service, a.service]") }],
  ],
  "tier-readiness": [
    [plan(critical), { ...critical, policy: tiered("backup: 1h") }],
    [plan(critical), { ...critical, policy: tiered("procedure: [security]") }],
    [plan(critical), { ...critical, issuedAt: ISSUED_AT - DAY_MS }],
    [plan(withoutBack), { ...withoutBack, policy: tiered("wayBack: true") }],
  ],
  canary: [[plan({ ...input, hosts: input.hosts.slice(2) }), emergency]],
  need: [
    [good, emergency],
    [plan(critical), { ...critical, policy: tiered("need: 2") }],
  ],
  expiry: [[withPlan({ expiresAt: good.plan!.expiresAt + 1000 })]],
  "host-twice": [
    [
      sealed({
        ...parts,
        leaves: [firstLeaf, { ...secondLeaf, host: firstLeaf.host }, ...laterLeaves],
      }),
    ],
  ],
  "host-unknown": [
    [sealed({ ...parts, leaves: [{ ...firstLeaf, host: "h-none" }, secondLeaf, ...laterLeaves] })],
  ],
  "host-ring": [[good, hostsChanged({ labels: { ring: "1", service: "web" } })]],
  "host-mode": [[good, hostsChanged({ mode: "inspect-only" })]],
  "host-stale": [
    [good, hostsChanged({ inspectedAt: ISSUED_AT - 25 * HOUR_MS })],
    [good, hostsChanged({ inspectedAt: null })],
  ],
  "host-held": [[good, hostsChanged({ held: ["openssl"] })]],
  "host-source": [
    [good, hostsChanged({ distrusted: [{ ...openSource, because: "unauthenticated" }] })],
    [good, hostsChanged({ distrusted: [{ ...openSource, because: "blocked" }] })],
    [good, hostsChanged({ distrusted: [{ ...openSource, because: "refused" }] })],
    [
      good,
      {
        ...hostsChanged({ distrusted: [{ ...openSource, because: "unsigned-index" }] }),
        policy: { ...input.policy, sources: { ...anySources, unsignedIndex: "block" } },
      },
    ],
  ],
  "host-forgotten": [[good, { ...input, hosts: [...input.hosts, aHost("late")] }]],
  "host-excluded": [[withExcluded()]],
  "body-moves": [
    [withBody({ steps: firstBody.steps.slice(1) })],
    [withBody({ steps: [...firstBody.steps, { verb: "hold", name: "openssl" }] })],
    [good, hostsChanged({ packageSet: sha256("packages B") })],
  ],
  "body-lower": [
    [withBody({ steps: [{ ...raised, verb: "downgrade" }, ...firstBody.steps.slice(1)] })],
    [withBody({ steps: [{ ...raised, to: "3.0.1-1" }, ...firstBody.steps.slice(1)] })],
    [plan(lowering), lowering],
  ],
  "body-restarts": [
    [withBody({ steps: firstBody.steps.filter((step) => step.verb !== "restart") })],
    [withBody({ steps: [...firstBody.steps, { verb: "restart", unit: "ssh.service" }] })],
  ],
  "body-reboot": [
    [withBody({ steps: [...firstBody.steps, { verb: "reboot" }] })],
    [good, rebooting],
    [plan(rebooting)],
  ],
  "body-probes": [
    [withBody({ steps: firstBody.steps.filter((step) => step.verb !== "probe") })],
    [good, hostsChanged({ labels: { ring: "canary", zone: "a" } })],
  ],
  "body-undo": [
    [withBody({ undo: [] })],
    [withBody({ undo: firstBody.undo.slice(1) })],
    [good, accepted],
  ],
  "file-authentic": [
    [
      good,
      {
        ...signedInput,
        signed: signedInput.signed.map((one) => ({ ...one, sha256: sha256("x") })),
      },
    ],
    [good, { ...signedInput, signed: [] }],
    [good, { ...input, policy: parseRings(`${testRings}\nsources: { unproven: block }\n`) }],
    [good, { ...signedInput, signed: signedInput.signed.map((one) => ({ ...one, isGone: true })) }],
  ],
  "file-age": [[good, { ...signedInput, policy: ageing(testRings) }]],
  irreversible: [[plan(accepted), { ...accepted, isIrreversibleAcknowledged: false }]],
};

function fleetInTiers(tiers: string): PlanInput {
  return { ...input, policy: ordered(`tiers: ${tiers}`), hosts: fleet };
}

/** Its body: drain, two packages, a restart, rejoin, a probe. */
function withHooks(change: (body: BodyText) => Partial<BodyText>, of = hooked): Planned {
  const made = plan(of);
  const its = apart(made);
  const bodies = its.bodies.map((body) => ({ ...body, ...change(body) }));
  return sealed({ ...its, bodies }, of, made);
}

/** The way back of a package with this step in its place. */
function withUndo(step: Step): (body: BodyText) => Partial<BodyText> {
  return ({ undo }) => ({ undo: undo.map((one) => (one.at === 2 ? { ...one, step } : one)) });
}

/** A fleet of ring 2 alone, cut as given. */
function cutting(waves: string, hosts: readonly PlanHost[] = fleet): PlanInput {
  const text = testRings.replace("hosts: ring=2", `hosts: ring=2\n    waves: ${waves}`);
  return { ...input, policy: parseRings(text), hosts };
}

/** The plan with the leaf in another wave, where its host starts last. */
function moved(from: PlanInput, at: number, wave: number): Planned {
  const made = plan(from);
  const its = apart(made);
  const leaves = its.leaves
    .map((leaf, index) => (index === at ? { ...leaf, wave } : leaf))
    .sort((a, b) => a.wave - b.wave);
  const waves = its.waves.map((one) => {
    return { ...one, hostCount: leaves.filter((leaf) => leaf.wave === one.number).length };
  });
  return sealed({ ...its, leaves, waves }, from, made);
}

/** The plan with two hosts in each other's place. */
function withSwapped(from: PlanInput, one: string, other: string): Planned {
  const made = plan(from);
  const its = apart(made);
  const idOf = (name: string): string => from.hosts.find((h) => h.name === name)!.protocolId;
  const turned: Readonly<Record<string, string>> = {
    [idOf(one)]: idOf(other),
    [idOf(other)]: idOf(one),
  };
  const leaves = its.leaves.map((leaf) => ({ ...leaf, host: turned[leaf.host] ?? leaf.host }));
  return sealed({ ...its, leaves }, from, made);
}

function withLeafText(text: string): Planned {
  const [leaf, ...rest] = good.plan!.leaves;
  return withPlan({ leaves: [{ ...leaf!, text, digest: sha256(text) }, ...rest] });
}

function withBodyText(text: string): Planned {
  return withPlan({ bodies: [{ ...good.plan!.bodies[0]!, text }] });
}

function withExcluded(): Planned {
  const [host] = input.hosts;
  const because = { why: "no-ring" as const };
  const excluded = [{ host: host!.id, name: host!.name, because }];
  return { ...good, report: { ...good.report, excluded } };
}

function allBodies(body: string): Leaf[] {
  return parts.leaves.map((leaf) => ({ ...leaf, body }));
}

function swapped<T>(list: readonly T[], one = 0, other = 1): T[] {
  const copy = [...list];
  [copy[one], copy[other]] = [copy[other]!, copy[one]!];
  return copy;
}

test("a good plan breaks no rule, also when put together again", () => {
  expect(checkPlan(good, input, policy)).toEqual([]);
  expect(checkPlan(sealed(parts), input, policy)).toEqual([]);
  expect(checkPlan(plan(accepted), accepted, policy)).toEqual([]);
});

describe("the checker names the rule that a changed plan breaks", () => {
  for (const rule of planRules) {
    for (const [at, [planned, facts = input]] of mutations[rule].entries()) {
      test(`${rule}, way ${at + 1}`, () => {
        const found = checkPlan(planned, facts, facts.policy).map((one) => one.rule);
        expect(found).toContain(rule);
      });
    }
  }
});
