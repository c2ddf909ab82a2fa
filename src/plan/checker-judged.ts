import type { RingPolicy, RingsPolicy } from "../policy/rings.ts";
import { partToText } from "../policy/rings-waves.ts";
import type { BodyText } from "./body.ts";
import type { PlanFault, PlanRule } from "./fault.ts";
import type { Leaf } from "./leaf.ts";
import type { Plan, PlanFacts, PlanHost, Planned, Resolution } from "./model.ts";
import type { Statement, StatementWave } from "./statement.ts";

/** What the parts of the checker look at: the plan's documents, read again from their texts. */
export interface Documents {
  readonly statement: Statement;
  readonly leaves: readonly Leaf[];
  readonly bodies: ReadonlyMap<string, BodyText>;
}

export interface Judged {
  readonly plan: Plan;
  readonly planned: Planned;
  readonly documents: Documents;
  readonly facts: PlanFacts;
  readonly policy: RingsPolicy;
  /** Whom each leaf names, by its place; undefined where nobody has that name. */
  readonly hosts: readonly (PlanHost | undefined)[];
  /** Answers of package managers by package set and offer set. */
  readonly resolved: ReadonlyMap<string, ReadonlyMap<string, Resolution>>;
}

export function fault(rule: PlanRule, detail: string): PlanFault {
  return { rule, detail };
}

/** A ring of the plan with the hosts of its waves, as the documents have them. */
interface WaveHosts {
  readonly wave: StatementWave;
  readonly hosts: readonly PlanHost[];
}

export interface CheckedRing {
  readonly ring: RingPolicy;
  readonly waves: readonly WaveHosts[];
  /** Hosts that would be in it if the calendar had time for them. */
  readonly closed: readonly PlanHost[];
}

/** What the plan says of a wave beside the statement: which part of its ring or step it is. */
export function partText({ plan }: Judged, wave: StatementWave): string | null {
  const planned = plan.waves.find((one) => one.number === wave.number);
  return planned === undefined ? null : partToText({ ...planned.part, step: undefined });
}
