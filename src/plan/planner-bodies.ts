import { type Digest, sha256 } from "../base/digest.ts";
import { never, present } from "../base/failure.ts";
import { type Selector, selects } from "../base/labels.ts";
import type { RingsPolicy } from "../policy/rings.ts";
import type { HookPair } from "../policy/rings-hooks.ts";
import { type PackageOrder, placeOf } from "../policy/rings-packages.ts";
import { rebootsFor } from "../policy/rings-reboots.ts";
import { rotationsFor } from "../policy/rings-rotations.ts";
import { BODY_BYTES_MAX, type BodyText, parseBody, writeBody } from "./body.ts";
import type { PackageStep, Resolution, Step } from "./model.ts";
import { whyOneWay } from "./one-way.ts";
import { hooksFor } from "./planner-hooks.ts";
import type { Candidate } from "./planner-hosts.ts";

/** The transaction of each host; hosts whose texts are equal share one body. */
export interface DraftBody {
  readonly digest: Digest;
  readonly text: string;
  readonly body: BodyText;
  /** Packages (`name arch version`) whose present version cannot be put back, each with why. */
  readonly irreversible: readonly string[];
  readonly isTooLarge: boolean;
  readonly hooks: readonly HookPair[];
  /** Hooks that make the host's keys anew. */
  readonly rotations: readonly string[];
}

/** The transaction of each candidate, by its place; a map of a million keys would take a second. */
export class Drafts {
  readonly #candidates: readonly Candidate[];
  readonly #byPlace: DraftBody[] = [];
  readonly #distinct = new Set<DraftBody>();

  constructor(candidates: readonly Candidate[], draftOf: (of: Candidate) => DraftBody) {
    this.#candidates = candidates;
    for (const candidate of candidates) {
      const draft = draftOf(candidate);
      this.#byPlace[candidate.at] = draft;
      this.#distinct.add(draft);
    }
  }

  /** Of a candidate that was among those. */
  of(candidate: Candidate): DraftBody {
    return present(this.#byPlace[candidate.at], "the host's body");
  }

  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** Each once. */
  get distinct(): ReadonlySet<DraftBody> {
    return this.#distinct;
  }
}

/** A body is written and hashed once for each distinct content, not once a host. */
export function draftBodies(candidates: readonly Candidate[], policy: RingsPolicy): Drafts {
  const perResolution = new Map<Resolution, Map<string, DraftBody>>();
  return new Drafts(candidates, (candidate) => {
    const { resolution } = candidate;
    const known = perResolution.get(resolution) ?? new Map<string, DraftBody>();
    perResolution.set(resolution, known);
    const fits = fitsOf(candidate, policy);
    const before = known.get(fits);
    if (before !== undefined) return before;
    const draft = draftBody(askedOf(candidate, policy), policy);
    // Rules that differ in nothing but their labels ask for the same.
    const same = [...known.values()].find((one) => one.digest === draft.digest) ?? draft;
    known.set(fits, same);
    return same;
  });
}

/**
 * Which units of its transaction run on the host, and which rules select it, a digit each: what a body
 * says follows from this and the transaction. Written for each of a million hosts, so it makes no lists.
 */
function fitsOf({ host, resolution }: Candidate, policy: RingsPolicy): string {
  let fits = "";
  for (const unit of resolution.affectedServices) fits += digit(host.services.includes(unit));
  for (const rule of policy.probes) fits += digit(isOn(host, rule));
  for (const rule of policy.hooks) fits += digit(isOn(host, rule));
  for (const rule of policy.rotations) fits += digit(isOn(host, rule));
  for (const { when } of policy.reboots) fits += digit(selects(when, host.labels));
  return fits;
}

function digit(is: boolean): string {
  return is ? "1" : "0";
}

function isOn(
  host: Candidate["host"],
  { when, service }: { readonly when: Selector; readonly service: string | null },
): boolean {
  return selects(when, host.labels) && (service === null || host.services.includes(service));
}

function askedOf(candidate: Candidate, policy: RingsPolicy): Parameters<typeof draftBody>[0] {
  const { host, resolution } = candidate;
  return {
    resolution,
    hooks: hooksFor(candidate, policy),
    rotations: rotationsFor(policy.rotations, host, resolution.moves),
    restarts: restartsFor(candidate, policy),
    isRebooted: rebootsFor(policy.reboots, host, resolution.moves),
    probes: probesFor(candidate, policy),
  };
}

export function irreversiblePackages(drafts: ReadonlySet<DraftBody>): string[] {
  return [...new Set([...drafts].flatMap((draft) => draft.irreversible))].sort();
}

/** Services that use the changed files, as far as they run on this host, in the policy's order. */
function restartsFor({ host, resolution }: Candidate, { order }: RingsPolicy): string[] {
  const units = [...new Set(resolution.affectedServices.filter((u) => host.services.includes(u)))];
  if (units.length < 2) return units;
  units.sort();
  const named = order.restarts.filter((unit) => units.includes(unit));
  return [...named, ...units.filter((unit) => !named.includes(unit))];
}

function probesFor({ host }: Candidate, policy: RingsPolicy): readonly string[] {
  const names = policy.probes
    .filter((rule) => selects(rule.when, host.labels))
    .filter((rule) => rule.service === null || host.services.includes(rule.service))
    .map((rule) => rule.probe);
  return [...new Set(names)];
}

function draftBody(
  asked: {
    readonly resolution: Resolution;
    readonly hooks: readonly HookPair[];
    readonly rotations: readonly string[];
    readonly restarts: readonly string[];
    readonly isRebooted: boolean;
    readonly probes: readonly string[];
  },
  policy: Pick<RingsPolicy, "oneWay" | "order">,
): DraftBody {
  const { resolution, hooks, rotations, restarts, isRebooted, probes } = asked;
  const parts = inTransactions(resolution.moves, policy.order.packages);
  const ordered = parts.flat();
  const moves = ordered.map(stepOf);
  // What was drained last comes back first.
  const rejoins = hooks.toReversed();
  const irreversible = resolution.moves.flatMap((move) => {
    const because = whyOneWay(move, policy);
    return because === null ? [] : [`${move.name} ${move.arch} ${move.from} (${because})`];
  });
  // Units restart also before a reboot: taking the job back restarts the same ones on the old files.
  const starts: Step[] = [
    // New keys are there before what uses them starts again. A key that was made anew stays: nothing undoes it.
    ...rotations.map((hook) => ({ verb: "run" as const, hook })),
    ...restarts.map((unit) => ({ verb: "restart" as const, unit })),
    ...(isRebooted ? [{ verb: "reboot" as const }] : []),
  ];
  const steps: Step[] = [
    ...hooks.map(({ drain }) => ({ verb: "run" as const, hook: drain })),
    ...moves,
    ...starts,
    ...rejoins.map(({ rejoin }) => ({ verb: "run" as const, hook: rejoin })),
    ...probes.map((name) => ({ verb: "probe" as const, name })),
  ];
  // All or nothing: half of an undo would leave versions together that nobody ever ran.
  const firstRejoin = hooks.length + moves.length + starts.length + 1;
  const undo = [
    ...hooks.map(({ rejoin }, at) => ({
      at: at + 1,
      step: { verb: "run" as const, hook: rejoin },
    })),
    ...(irreversible.length > 0 ? [] : ordered).map((move, at) => ({
      ...{ at: hooks.length + at + 1, step: undoOf(move) },
    })),
    // A host that serves again is drained once more before it is taken back.
    ...rejoins.map(({ drain }, at) => ({
      ...{ at: firstRejoin + at, step: { verb: "run" as const, hook: drain } },
    })),
  ];
  const transactions = parts
    .slice(1)
    .map((_, at) => hooks.length + parts.slice(0, at + 1).flat().length + 1);
  const body = { steps, transactions, undo };
  const text = writeBody(body);
  return {
    digest: sha256(text),
    text,
    body,
    irreversible,
    isTooLarge: text.length > BODY_BYTES_MAX,
    hooks,
    rotations,
  };
}

type Move = Resolution["moves"][number];

/**
 * The moves by transaction, as the policy orders packages; inside one they stay in the order that the
 * package manager answered.
 */
function inTransactions(moves: readonly Move[], order: PackageOrder): Move[][] {
  const parts = new Map<number, Move[]>();
  for (const move of moves) {
    const place = placeOf(order, move.name);
    parts.set(place, [...(parts.get(place) ?? []), move]);
  }
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
}

function stepOf(move: Move): PackageStep {
  const { verb, name, arch, from, to, sha256: digest } = move;
  return { verb, name, arch, from, to, sha256: digest };
}

/** The step that takes one move back: the exact old version, from the exact old file. */
export function undoOf(move: Move): PackageStep {
  const { name, arch, from, to } = move;
  const old = (): Digest => present(move.oldSha256, `the old file of ${name}`);
  switch (move.verb) {
    case "upgrade":
      return { verb: "downgrade", name, arch, from: to, to: from, sha256: old() };
    case "downgrade":
      return { verb: "upgrade", name, arch, from: to, to: from, sha256: old() };
    case "install":
      return { verb: "remove", name, arch, from: to, to: "-", sha256: "-" };
    case "remove":
      return { verb: "install", name, arch, from: "-", to: from, sha256: old() };
    default:
      return never(move.verb);
  }
}

/** SHA-256 over the sorted digests of all files that steps and undo name, one a line. */
export function contentDigest(bodies: readonly { readonly body: BodyText }[]): Digest {
  const files = new Set<string>();
  for (const { body } of bodies) {
    for (const step of [...body.steps, ...body.undo.map((undo) => undo.step)]) {
      if ("sha256" in step && step.sha256 !== "-") files.add(step.sha256);
    }
  }
  return sha256(
    [...files]
      .sort()
      .map((file) => `${file}\n`)
      .join(""),
  );
}

/** The same from texts that were stored or received; a text that is no body is a value too. */
export function contentDigestOfTexts(texts: readonly string[]): Digest | null {
  const bodies: { body: BodyText }[] = [];
  for (const text of texts) {
    const parsed = parseBody(text);
    if (!parsed.ok) return null;
    bodies.push({ body: parsed.value });
  }
  return contentDigest(bodies);
}
