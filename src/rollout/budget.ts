import type { HostId } from "../base/ids.ts";
import type { Labels } from "../base/labels.ts";

/**
 * Budgets that hold over all rollouts: how many hosts with a label may be away at once. Pure, so that
 * the rows in PostgreSQL and the books of the simulation pick the same hosts.
 */
export interface BudgetRoom {
  readonly key: string;
  readonly value: string;
  /** Hosts with the label that may be away; the smallest number of all rollouts under way. */
  readonly most: number;
  /** Hosts with it that are worked on, broken or out of reach now. */
  readonly used: number;
}

/** A budget of a plan with what is used of it, for people. */
export interface BudgetGauge {
  readonly key: string;
  readonly value: string;
  readonly members: number;
  readonly used: number;
  /** The plan's own number, or a smaller one of another rollout under way. */
  readonly allowed: number;
}

export interface BudgetCandidate {
  readonly host: HostId;
  readonly labels: Labels;
  /** It is away already and counted, so a job there takes nobody more away. */
  readonly isDown: boolean;
}

/** Hosts in their order that may start together: each takes room in every budget that it is under. */
export function pickWithin(
  candidates: readonly BudgetCandidate[],
  rooms: readonly BudgetRoom[],
  countMax: number,
): readonly HostId[] {
  const left = new Map(rooms.map(({ key, value, most, used }) => [`${key}=${value}`, most - used]));
  const keys = [...new Set(rooms.map((room) => room.key))];
  const picked: HostId[] = [];
  for (const { host, labels, isDown } of candidates) {
    if (picked.length >= countMax) break;
    const names = keys.map((key) => `${key}=${labels[key]}`).filter((name) => left.has(name));
    if (!isDown && names.some((name) => (left.get(name) ?? 0) < 1)) continue;
    picked.push(host);
    if (isDown) continue;
    for (const name of names) left.set(name, (left.get(name) ?? 0) - 1);
  }
  return picked;
}

/** The budget that leaves a host no room; null where all have some. */
export function fullFor(labels: Labels, rooms: readonly BudgetRoom[]): BudgetRoom | null {
  return rooms.find((one) => labels[one.key] === one.value && one.used >= one.most) ?? null;
}
