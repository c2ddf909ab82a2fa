import type { Instant } from "../base/instant.ts";
import type { Decision, RolloutFacts } from "./decision.ts";
import { policyGates } from "./gate.ts";
import type { HaltReason, RevertHeld } from "./hold.ts";
import { releasable, type WaveFacts } from "./wave.ts";

/**
 * Taking hosts back: which, how many at once, and when a person has to say so. A revert has its own
 * budget, because a patch that seems bad everywhere is more often a bad gauge than a bad patch; and
 * what cannot be undone is never tried by the engine on its own.
 */
export function revertWaves(facts: RolloutFacts, waves: readonly WaveFacts[]): readonly Decision[] {
  const decisions: Decision[] = [];
  let more = 0;
  for (const wave of waves) {
    if (wave.revertible === 0) continue;
    const held = needsPerson(facts, wave, { hosts: wave.revertible, more });
    if (held === null) decisions.push({ do: "revert", wave: wave.number });
    else decisions.push({ do: "hold", wave: wave.number, hold: held });
    more += wave.revertible;
  }
  return decisions;
}

/** Hosts that fail a gate of their own and that the policy takes back alone. */
export function revertHosts(facts: RolloutFacts, now: Instant): readonly Decision[] {
  if (facts.state !== "running") return [];
  return facts.waves.flatMap((wave): readonly Decision[] => {
    if (wave.state !== "open" || wave.revertible === 0) return [];
    const failed = policyGates(wave, now).filter(({ answer }) => answer === "fail");
    const names = new Set(failed.map(({ name }) => name));
    const hosts = (wave.gates ?? [])
      .filter(({ gate }) => gate.onFail === "revert-host" && names.has(gate.name))
      .flatMap(({ state }) => state?.last.badHosts ?? []);
    if (hosts.length === 0) return [];
    const held = needsPerson(facts, wave, { hosts: hosts.length, more: 0 });
    return held === null
      ? [{ do: "revert", wave: wave.number, hosts: [...new Set(hosts)] }]
      : [{ do: "hold", wave: wave.number, hold: held }];
  });
}

function needsPerson(
  { waves, revertBudget }: RolloutFacts,
  wave: WaveFacts,
  { hosts, more }: { readonly hosts: number; readonly more: number },
): RevertHeld | null {
  const held = { why: "revert-needs-person", wave: wave.number, hosts } as const;
  const irreversible = wave.irreversible ?? 0;
  if (irreversible > 0) return { ...held, because: { kind: "irreversible", hosts: irreversible } };
  if (revertBudget === undefined) return null;
  const reverted = waves.reduce((sum, one) => sum + (one.orderedBack ?? 0), 0) + more;
  const { hostsMax } = revertBudget;
  if (reverted + hosts <= hostsMax) return null;
  return { ...held, because: { kind: "budget", reverted, hostsMax } };
}

/** Hands out ordered reverts, all waves together within their own budget. */
export function releaseReverts({ waves, revertBudget }: RolloutFacts): readonly Decision[] {
  const atWork = waves.reduce((sum, wave) => sum + (wave.reverting ?? 0), 0);
  let room = (revertBudget?.inFlightMax ?? Number.POSITIVE_INFINITY) - atWork;
  return waves.flatMap((wave): readonly Decision[] => {
    const count = Math.min(room, wave.counts.readyRevert, releasable(wave));
    if (count <= 0) return [];
    room -= count;
    const release = { do: "release", wave: wave.number, kind: "revert" } as const;
    return [revertBudget === undefined ? release : { ...release, countMax: count }];
  });
}

/** The first gate of an open wave that has failed and does more than hold; null while none has. */
export function gateStop(wave: WaveFacts, now: Instant): HaltReason | null {
  if (wave.state !== "open") return null;
  const onFail = new Map((wave.gates ?? []).map(({ gate }) => [gate.name, gate.onFail]));
  for (const { name, answer, words } of policyGates(wave, now)) {
    const action = onFail.get(name) ?? "hold";
    if (answer !== "fail" || action === "hold" || action === "revert-host") continue;
    const takesBack = ({ halt: "none", "revert-wave": "wave", "revert-all": "all" } as const)[
      action
    ];
    const of = { wave: wave.number, gate: name, isStabilising: false };
    return { why: "gate", ...of, takesBack, words };
  }
  return null;
}
