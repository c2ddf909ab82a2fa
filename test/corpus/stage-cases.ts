import type { CorpusCase } from "./cases.ts";
import { type Draft, NOW, ringRule } from "./scene.ts";

/** Orders to bring files before their time (decision 31): all but the times and gates of a start hold. */

const HOUR = 3600;

const stage = (change: (draft: Draft) => void): CorpusCase["change"] => {
  return (draft) => {
    draft.verb = "stage";
    draft.order = { kind: "stage" };
    change(draft);
  };
};

const recorded = (state: string, attempt: number) => (draft: Draft) => {
  draft.state = (_, plan) => {
    draft.host.seen = new Map([[plan, { state, attempt }]]);
  };
};

const wave = (notBefore: number, notAfter: number) => (draft: Draft) => {
  const canary = { number: 1, ring: "canary", notBefore: NOW - HOUR, notAfter: NOW - 100 };
  draft.statement = { waves: [canary, { number: 2, ring: "prod", notBefore, notAfter }] };
};

const window = (from: number, to: number) => (draft: Draft) => {
  draft.leaves = draft.leaves.map((leaf) => ({ ...leaf, windows: [{ from, to }] }));
};

const rows: readonly (readonly [string, string, CorpusCase["change"]])[] = [
  ["while the wave is open", "ok", stage(() => undefined)],
  ["before the wave opens", "ok", stage(wave(NOW + 1, NOW + HOUR))],
  ["before the window opens", "ok", stage(window(NOW + 1, NOW + 10))],
  [
    "before the gate of the wave is signed",
    "ok",
    stage((d) => {
      d.policy = { ...d.policy, rings: [{ ...ringRule, gate: 2 }] };
    }),
  ],
  ["after a failed attempt", "ok", stage(recorded("failed", 1))],
  ["after the wave", "E_TIME", stage(wave(NOW - HOUR, NOW - 1))],
  ["of a plan that is done", "E_REPLAY", stage(recorded("done", 1))],
  ["of a plan that is under way", "E_REPLAY", stage(recorded("open", 1))],
  [
    "of an attempt that the plan does not allow",
    "E_REPLAY",
    stage((d) => {
      d.order = { kind: "stage", attempt: 9 };
    }),
  ],
  [
    "with too few approvals",
    "E_THRESHOLD",
    stage((d) => {
      d.approvals = d.approvals.slice(0, 1);
    }),
  ],
  [
    "of a revoked plan",
    "E_REVOKED",
    stage((d) => {
      d.state = (draft, plan) => {
        draft.host.revoked = new Set([plan]);
      };
    }),
  ],
  [
    "on a host that is halted",
    "E_HALTED",
    stage((d) => {
      d.host.isHalted = true;
    }),
  ],
  [
    "with a nonce, as a permit has one",
    "E_FORMAT",
    stage((d) => {
      d.order = { kind: "stage", ttl: 3, nonce: "0123456789abcdef0123456789abcdef" };
    }),
  ],
  [
    "by an order for a job",
    "E_PERMIT",
    (d) => {
      d.verb = "stage";
    },
  ],
  [
    "for a job by an order to stage",
    "E_PERMIT",
    (d) => {
      d.order = { kind: "stage" };
    },
  ],
];

export const stageCorpus: readonly CorpusCase[] = rows.map(([name, expect, change]) => ({
  name: `staging ${name}`,
  expect,
  change,
}));
