import { sql } from "kysely";
import { z } from "zod";
import type { PlanDigest } from "../base/ids.ts";
import type { Span } from "../base/spans.ts";
import { type Reader, sqlJson, type Tx } from "../db/database.ts";
import type { Plan } from "./model.ts";

/** The open times of hosts that have their own, each list once: a fleet has a few of them. */

/** By the very list that leaves share; its number in the plan. */
export type WindowSets = ReadonlyMap<readonly Span[], number>;

export async function insertWindowSets(tx: Tx, plan: Plan): Promise<WindowSets> {
  const waves = new Map(plan.waves.map((wave) => [wave.number, textOf(wave.windows)]));
  const numbers = new Map<string, number>();
  const sets = new Map<readonly Span[], number>();
  for (const { wave, windows } of plan.leaves) {
    if (sets.has(windows)) continue;
    const text = textOf(windows);
    if (text === waves.get(wave)) continue;
    const number = numbers.get(text) ?? numbers.size + 1;
    sets.set(windows, number);
    if (numbers.has(text)) continue;
    numbers.set(text, number);
    await sql`
      insert into plan_window_set (plan, number, windows)
      values (${plan.digest}, ${number}, ${sqlJson(windows)})`.execute(tx);
  }
  return sets;
}

function textOf(windows: readonly Span[]): string {
  return windows.map(({ from, to }) => `${from} ${to}`).join(",");
}

const windowsSchema = z.array(z.object({ from: z.number(), to: z.number() }));

export async function loadWindowSets(
  reader: Reader,
  plan: PlanDigest,
): Promise<ReadonlyMap<number, readonly Span[]>> {
  const { rows } = await sql<{ number: number; windows: unknown }>`
    select number, windows from plan_window_set where plan = ${plan}`.execute(reader);
  return new Map(rows.map(({ number, windows }) => [number, windowsSchema.parse(windows)]));
}
