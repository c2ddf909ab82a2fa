import type { RingRule } from "../../src/fleet/host-policy.ts";
import type { CorpusCase } from "./cases.ts";
import { type Draft, NOW, ringRule } from "./scene.ts";

/** Bundles that root runs by hand (host protocol §9, the way `local`): no order, all other steps hold. */

const HOUR = 3600;

function offline(draft: Draft, change: Partial<RingRule> = {}): void {
  draft.way = "local";
  draft.statement = { ...draft.statement, permit: { kind: "offline" } };
  const rule = { ...ringRule, permit: { kind: "offline" }, ...change } as const;
  draft.policy = { ...draft.policy, rings: [rule] };
}

function recorded(state: string, attempt: number): CorpusCase["change"] {
  return (draft) => {
    draft.state = (_, plan) => {
      draft.host.seen = new Map([[plan, { state, attempt }]]);
    };
  };
}

function waves(from: number, to: number): CorpusCase["change"] {
  return (draft) => {
    const canary = { number: 1, ring: "canary", notBefore: NOW - HOUR, notAfter: NOW - 100 };
    const mine = { number: 2, ring: "prod", notBefore: from, notAfter: to };
    draft.statement = { ...draft.statement, waves: [canary, mine] };
  };
}

const log = { size: 9, seen: 4, index: 5 };

type Case = readonly [name: string, expect: string, change: CorpusCase["change"]];

const cases: readonly Case[] = [
  ["all that people signed", "ok", () => undefined],
  ["a failed attempt before it", "ok", recorded("failed", 1)],
  ["a leaf by rule whose labels are mine", "ok", ruled(["env=prod"])],
  [
    "a proof of the ledger",
    "ok",
    (d) => {
      offline(d, { log: "seen" });
      d.log = { ...log };
    },
  ],
  [
    "an attempt that was held before it began",
    "ok",
    (d) => {
      d.state = (_, plan) => {
        const job = {
          kind: "dispatch",
          plan,
          index: d.index,
          attempt: 1,
          isReported: true,
        } as const;
        d.host.job = job;
      };
    },
  ],
  ["one approval of two", "E_THRESHOLD", (d) => d.approvals.splice(1)],
  [
    "an approval by a stranger",
    "E_SIG",
    (d) => d.approvals.splice(1, 1, { person: "bob", by: "mallory" }),
  ],
  [
    "the requester among the approvers",
    "E_SOD",
    (d) => d.approvals.splice(1, 1, { person: "carol" }),
  ],
  [
    "a leaf of another host",
    "E_AUDIENCE",
    (d) => {
      d.identity = { ...d.identity, host: "h-00000000000000000009" };
    },
  ],
  ["a leaf by rule whose label is not mine", "E_AUDIENCE", ruled(["env=test"])],
  ["a wave that is over", "E_TIME", waves(NOW - HOUR, NOW - 1)],
  ["a wave that has not begun", "E_TIME", waves(NOW + 1, NOW + HOUR)],
  [
    "a window that is closed",
    "E_TIME",
    (d) => {
      const windows = [{ from: NOW + 10, to: NOW + 20 }];
      d.leaves = d.leaves.map((leaf) => (leaf.index === d.index ? { ...leaf, windows } : leaf));
    },
  ],
  [
    "a clock that was set back",
    "E_TIME",
    (d) => {
      d.host.clock = { counter: 1, floor: NOW + 301 };
    },
  ],
  ["a plan that is done here", "E_REPLAY", recorded("done", 1)],
  ["the last attempt failed", "E_REPLAY", recorded("failed", 2)],
  [
    "a plan that was revoked",
    "E_REVOKED",
    (d) => {
      d.state = (_, plan) => {
        d.host.revoked = new Set([plan]);
      };
    },
  ],
  [
    "an approver's key that was revoked",
    "E_KEY",
    (d, keys) => {
      d.policy = { ...d.policy, revoked: [keys.line("bob").base64] };
    },
  ],
  [
    "a halted host",
    "E_HALTED",
    (d) => {
      d.host.isHalted = true;
    },
  ],
  [
    "an edited body",
    "E_DIGEST",
    (d) => {
      d.editBundle = (text) => text.replace("nginx.service", "ssh.service");
    },
  ],
  [
    "an edited plan",
    "E_SIG",
    (d) => {
      d.editBundle = (text) => text.replace("attempts 2", "attempts 3");
    },
  ],
  ["a verb that the ring forbids", "E_VERB", (d) => offline(d, { verbs: ["probe"] })],
  ["no proof where one is demanded", "E_LOG", (d) => offline(d, { log: "seen" })],
  ["no gate signature where one is demanded", "E_GATE", (d) => offline(d, { gate: 1 })],
  [
    "a plan with permit online, where root allowed offline",
    "ok",
    (d) => {
      d.statement = { ...d.statement, permit: { kind: "online" } };
    },
  ],
  [
    "a ring in which root allowed online only",
    "E_PERMIT",
    (d) => {
      offline(d, { permit: { kind: "online" } });
      d.statement = { ...d.statement, permit: { kind: "online" } };
    },
  ],
  [
    "a ring in which root allowed a lease only",
    "E_PERMIT",
    (d) => {
      offline(d, { permit: { kind: "lease", seconds: 900 } });
      d.statement = { ...d.statement, permit: { kind: "online" } };
    },
  ],
  [
    "a plan with permit offline where root allowed online",
    "E_POLICY",
    (d) => offline(d, { permit: { kind: "online" } }),
  ],
  [
    "the order of this host",
    "E_FORMAT",
    (d) => {
      d.isOrdered = true;
    },
  ],
  [
    "the order of another host",
    "E_FORMAT",
    (d) => {
      d.isOrdered = true;
      d.order = { host: "h-00000000000000000009" };
    },
  ],
  [
    "a file that was cut short",
    "E_FORMAT",
    (d) => {
      d.editBundle = (text) => text.slice(0, -5);
    },
  ],
];

function ruled(labels: string[]): CorpusCase["change"] {
  return (draft) => {
    draft.leaves = [0, 1].map((index) => ({ index, wave: 2, host: "*", windows: [] }));
    draft.index = 1;
    draft.statement = { ...draft.statement, hosts: { kind: "rule", labels, max: 9 } };
  };
}

export const localCorpus: readonly CorpusCase[] = cases.map(([name, expect, change]) => ({
  name: `local: ${name}`,
  expect,
  change: (draft, keys) => {
    offline(draft);
    change(draft, keys);
  },
}));
