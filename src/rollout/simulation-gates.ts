import type { Instant } from "../base/instant.ts";
import type { Gate } from "../policy/rings-gates.ts";
import type { GateStand } from "./gate-judge.ts";
import { gapMaxOf, type ReadingKind, withReading } from "./gate-state.ts";
import type { BookRollout, Books } from "./simulation-books.ts";

/**
 * Gates of a simulated rollout: what would be measured there, and people who sign at once. A question
 * about a plan assumes that all gates are good, because a simulation knows nothing of a service; the
 * tests of the engine give them any course.
 */
export type GateCourse = (
  gate: Gate,
  at: { readonly wave: number; readonly now: Instant },
) => ReadingKind;

export const goodCourse: GateCourse = () => "good";

/** Measures every gate whose turn it is; true when there is one that wants to be measured again. */
export function measureBooks(books: Books, rollout: BookRollout, course: GateCourse): boolean {
  let wantsMore = false;
  for (const [wave, stands] of rollout.stands) {
    if (stands.length === 0) continue;
    wantsMore ||= rollout.state === "running" || rollout.state === "halted";
    if (!isTurnOf(rollout, wave)) continue;
    const now = books.clock();
    rollout.stands.set(
      wave,
      stands.map((stand) => measured(stand, { kind: course(stand.gate, { wave, now }), now })),
    );
    books.wake(rollout);
  }
  return wantsMore;
}

function isTurnOf({ waves }: BookRollout, wave: number): boolean {
  if (wave > 0) return waves[wave - 1]?.state === "open";
  return waves.every(({ state }) => state === "passed" || state === "ended");
}

function measured(
  stand: GateStand,
  { kind, now }: { readonly kind: ReadingKind; readonly now: Instant },
): GateStand {
  const { rule } = stand.gate;
  if ("interval" in rule) {
    const reading = { kind, at: now, words: kind, evidence: {}, badHosts: [] };
    return { ...stand, state: withReading(stand.state, reading, gapMaxOf(rule.interval)) };
  }
  if (rule.kind === "sample") return stand;
  const people = rule.kind === "signOff" ? rule.people : 1;
  const verdict = kind === "bad" ? ("refuse" as const) : ("accept" as const);
  const words = Array.from({ length: people }, (_, at) => {
    return { verdict, person: `person ${at + 1}`, words: "seen", at: now };
  });
  return { ...stand, words };
}
