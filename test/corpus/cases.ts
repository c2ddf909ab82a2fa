import { sha256 } from "../../src/base/digest.ts";
import type { Draft, Keys } from "./scene.ts";
import { HOST, NOW, ringRule, signAs } from "./scene.ts";
import { stageCorpus } from "./stage-cases.ts";
import { devices, gates, ledger, requests, trustAccepted } from "./trust-cases.ts";

/**
 * One corpus for both checkers: the host program in every shell and the server's own. Each case
 * changes one thing about a bundle or host that would be accepted, and names the code that must
 * come back (`ok` where the change is harmless).
 */
export interface CorpusCase {
  readonly name: string;
  readonly expect: string;
  readonly change: (draft: Draft, keys: Keys) => void;
}

const HOUR = 3600;
const hex32 = "0123456789abcdef0123456789abcdef";

function replace(from: string | RegExp, to: string) {
  return (text: string): string => text.replace(from, to);
}

function rule(draft: Draft, change: object): void {
  draft.policy = { ...draft.policy, rings: [{ ...ringRule, ...change }] };
}

function seen(state: string, attempt: number, job: boolean) {
  return (draft: Draft, plan: string): void => {
    draft.host.seen = new Map([[plan, { state, attempt }]]);
    if (job) draft.host.job = jobHere(draft, { plan, attempt, isReported: state !== "open" });
  };
}

function jobHere(draft: Draft, job: Partial<NonNullable<Draft["host"]["job"]>>) {
  const { index } = draft;
  return { kind: "dispatch", plan: "", index, attempt: 1, isReported: false, ...job } as const;
}

/** The good body with a second package behind the first, and what is given behind its steps. */
function inTurns(lines: string) {
  const second = `step 2 upgrade nginx amd64 1.22-1 1.22-2 ${sha256("c")}\n`;
  return (text: string): string =>
    text
      .replace("step 3 probe", "step 4 probe")
      .replace("step 2 ", `${second}step 3 `)
      .replace("undo 1 ", `${lines}undo 1 `);
}

const accepted: readonly (readonly [string, CorpusCase["change"]])[] = [
  ["the good bundle", () => undefined],
  ["three approvals where two are needed", (d) => d.approvals.push({ person: "dave" })],
  [
    "packages in one transaction after the other",
    (d) => {
      d.edit.body = inTurns("transaction 2\n");
    },
  ],
  ["an open window", (d) => window(d, NOW - 10, NOW + 10)],
  ["the second of two windows", (d) => window(d, NOW - 90, NOW - 80, NOW - 10, NOW + 10)],
  ["a plan of one leaf, which is its own root", (d) => only(d)],
  ["a plan of 17 leaves", (d) => grow(d, 17, 16)],
  ["a plan of 256 leaves", (d) => grow(d, 256, 255)],
  ["a plan of 257 leaves", (d) => grow(d, 257, 256)],
  ["a plan of a million leaves", (d) => many(d, 1_000_000, 987_654)],
  ["the last leaf of 16^8", (d) => many(d, 16 ** 8, 16 ** 8 - 1)],
  ["a ring whose validity has 15 digits", (d) => rule(d, { validity: 999_999_999_999_999 })],
  ["a rule plan whose labels are all mine", (d) => ruled(d, ["env=prod", "service=web"])],
  ["a group that is there", (d) => grouped(d, true)],
  ["a permit lease inside the ring's lease", (d) => lease(d, 900, 900)],
  [
    "a plan that reverts by itself only",
    (d) => {
      d.statement = { revert: { kind: "self" } };
    },
  ],
  ["the floor 300 s ahead of the clock", (d) => floor(d, NOW + 300)],
  [
    "an order issued 300 s ahead",
    (d) => {
      d.order = { issued: NOW + 300, until: NOW + 400 };
    },
  ],
  [
    "an older policy in the statement",
    (d) => {
      d.statement = { hostPolicy: 3 };
    },
  ],
  [
    "a failed attempt that is tried again",
    (d) => {
      d.order = { attempt: 2 };
      d.state = seen("failed", 1, false);
    },
  ],
  [
    "an attempt whose worker died before it began",
    (d) => {
      d.state = (draft, plan) => {
        draft.host.job = jobHere(draft, { plan });
      };
    },
  ],
  [
    "the open attempt itself",
    (d) => {
      d.state = seen("open", 1, true);
    },
  ],
  [
    "another plan's job that never began",
    (d) => {
      d.host.job = jobHere(d, { plan: sha256("x") });
    },
  ],
  [
    "a second dispatcher",
    (d, keys) => {
      const [, base64 = ""] = keys.stranger.publicKeyLine.split(" ");
      const other = { name: "d2", type: "ecdsa-sha2-nistp256", base64 } as const;
      d.policy = { ...d.policy, dispatchers: [...d.policy.dispatchers, other] };
      d.orderBy = keys.stranger;
    },
  ],
  [
    "a piped job in an unprotected ring",
    (d) => {
      rule(d, { need: 1, outside: 0 });
      d.way = "piped";
    },
  ],
  [
    "a title of 160 characters",
    (d) => {
      d.statement = { title: "t".repeat(160) };
    },
  ],
  ["a name of 128 characters", (d) => stepLine(d, `restart ${"n".repeat(128)}`)],
  [
    "a number of 15 digits",
    (d) => {
      d.order = { epoch: 999_999_999_999_999 };
    },
  ],
  [
    "an ordered revert of the plan that is done here",
    (d) => {
      d.order = { kind: "revert" };
      d.state = seen("done", 1, true);
    },
  ],
  [
    "an ordered revert that was cut off",
    (d) => {
      d.order = { kind: "revert" };
      d.state = (draft, plan) => {
        seen("open", 1, false)(draft, plan);
        draft.host.job = jobHere(draft, { plan, kind: "revert" });
      };
    },
  ],
];

function window(draft: Draft, ...times: number[]): void {
  const windows: { from: number; to: number }[] = [];
  for (let at = 0; at < times.length; at += 2) {
    windows.push({ from: times[at] ?? 0, to: times[at + 1] ?? 0 });
  }
  draft.leaves = draft.leaves.map((leaf) =>
    leaf.index === draft.index ? { ...leaf, windows } : leaf,
  );
}

function only(draft: Draft): void {
  draft.leaves = [{ index: 0, wave: 2, host: HOST, windows: [] }];
  draft.index = 0;
}

function grow(draft: Draft, count: number, index: number): void {
  draft.leaves = Array.from({ length: count }, (_, at) => ({
    index: at,
    wave: 2,
    host: at === index ? HOST : `h-${String(at).padStart(20, "0")}`,
    windows: [],
  }));
  draft.index = index;
}

/** One real leaf at a high index; the digests beside its path are made up. */
function many(draft: Draft, leaves: number, index: number): void {
  draft.leaves = [{ index, wave: 2, host: HOST, windows: [] }];
  draft.index = index;
  draft.manyLeaves = leaves;
}

function ruled(draft: Draft, labels: string[]): void {
  draft.leaves = [0, 1].map((index) => ({ index, wave: 2, host: "*", windows: [] }));
  draft.index = 1;
  draft.statement = { hosts: { kind: "rule", labels, max: 1500 } };
}

function grouped(draft: Draft, isThere: boolean): void {
  rule(draft, { groups: [{ group: "security", need: 1 }] });
  if (isThere) draft.approvals = [{ person: "alice" }, { person: "dave" }];
}

function lease(draft: Draft, plan: number, ring: number): void {
  rule(draft, { permit: { kind: "lease", seconds: ring } });
  draft.statement = { permit: { kind: "lease", seconds: plan } };
}

function floor(draft: Draft, value: number): void {
  draft.host.clock = { counter: 1, floor: value };
}

function stepLine(draft: Draft, line: string): void {
  draft.edit.body = replace("restart nginx.service", line);
}

const signatures: readonly (readonly [string, string, CorpusCase["change"]])[] = [
  [
    "an order by a stranger",
    "E_SIG",
    (d, keys) => {
      d.orderBy = keys.stranger;
    },
  ],
  [
    "an order signed as an ask",
    "E_SIG",
    (d) => {
      d.orderNamespace = "fettle-ask-v1";
    },
  ],
  [
    "an order edited after signing",
    "E_SIG",
    (d) => {
      d.editBundle = replace("epoch 12", "epoch 13");
    },
  ],
  [
    "an order by a revoked dispatcher",
    "E_KEY",
    (d) => {
      d.policy = { ...d.policy, revoked: d.policy.dispatchers.map((key) => key.base64) };
    },
  ],
  [
    "an approval made by another person",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", by: "mallory" };
    },
  ],
  [
    "an approval by another approver's key",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", by: "dave" };
    },
  ],
  [
    "an approval of another text",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", over: "other\n" };
    },
  ],
  [
    "a git signature",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", namespace: "git" };
    },
  ],
  [
    "a request signature",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", namespace: "fettle-request-v1" };
    },
  ],
  [
    "a dispatch signature",
    "E_SIG",
    (d) => {
      d.approvals[1] = { person: "bob", namespace: "fettle-order-v1" };
    },
  ],
  [
    "an unknown person",
    "E_KEY",
    (d) => {
      d.approvals[1] = { person: "mallory" };
    },
  ],
  [
    "a revoked approver",
    "E_KEY",
    (d, keys) => {
      d.policy = { ...d.policy, revoked: [keys.line("bob").base64] };
    },
  ],
  [
    "U12 a class that the person has no key of",
    "E_KEY",
    (d) => {
      d.approvals[1] = { person: "bob", class: "desk" };
    },
  ],
  [
    "a plan edited after signing",
    "E_SIG",
    (d) => {
      d.editBundle = replace("attempts 2", "attempts 3");
    },
  ],
  ["too few approvals", "E_THRESHOLD", (d) => void d.approvals.pop()],
  [
    "no approval at all",
    "E_THRESHOLD",
    (d) => {
      d.approvals = [];
    },
  ],
  [
    "the requester approves",
    "E_SOD",
    (d) => {
      d.approvals[1] = { person: "carol" };
    },
  ],
  ["the requester approves as a third", "E_SOD", (d) => void d.approvals.push({ person: "carol" })],
  ["a group that is missing", "E_THRESHOLD", (d) => grouped(d, false)],
  [
    "the same approval twice",
    "E_FORMAT",
    (d) => {
      d.approvals = [{ person: "bob" }, { person: "bob" }];
    },
  ],
  [
    "nine approvals",
    "E_SIZE",
    (d, keys) => {
      d.editBundle = (text) => {
        const signature = signAs(keys, {
          person: "alice",
          namespace: "fettle-approve-v1",
          text: "",
        });
        const more = Array.from({ length: 7 }, (_, at) => `@approve p${at} ssh\n${signature}`);
        return text.replace("@leaf\n", `${more.join("")}@leaf\n`);
      };
    },
  ],
];

const audience: typeof signatures = [
  [
    "another tenant's order",
    "E_AUDIENCE",
    (d) => {
      d.order = { tenant: "evil" };
    },
  ],
  [
    "another tenant's plan",
    "E_AUDIENCE",
    (d) => {
      d.statement = { tenant: "evil" };
    },
  ],
  [
    "another host's order",
    "E_AUDIENCE",
    (d) => {
      d.order = { host: "h-1" };
    },
  ],
  [
    "another host's leaf",
    "E_AUDIENCE",
    (d) => {
      d.leaves = d.leaves.map((leaf) => ({ ...leaf, host: "h-1" }));
    },
  ],
  [
    "an order for another leaf",
    "E_AUDIENCE",
    (d) => {
      d.order = { index: 1 };
    },
  ],
  [
    "an index that is equal only as a number",
    "E_FORMAT",
    (d) => {
      d.edit.order = replace("index 2", "index 02");
    },
  ],
  [
    "a wave of another ring",
    "E_AUDIENCE",
    (d) => {
      d.leaves = d.leaves.map((leaf) => ({ ...leaf, wave: 1 }));
    },
  ],
  [
    "a wave that the plan does not have",
    "E_AUDIENCE",
    (d) => {
      d.leaves = d.leaves.map((leaf) => ({ ...leaf, wave: 3 }));
    },
  ],
  ["a rule that demands a label I lack", "E_AUDIENCE", (d) => ruled(d, ["env=prod", "gpu=yes"])],
  ["a rule that demands the beginning of a label", "E_AUDIENCE", (d) => ruled(d, ["env=pro"])],
  [
    "a leaf for all in a frozen plan",
    "E_AUDIENCE",
    (d) => {
      d.leaves = d.leaves.map((leaf) => ({ ...leaf, host: "*" }));
    },
  ],
  [
    "a named leaf in a rule plan",
    "E_AUDIENCE",
    (d) => {
      d.statement = { hosts: { kind: "rule", labels: ["env=prod"], max: 3 } };
    },
  ],
  [
    "a permit as dispatch",
    "E_PERMIT",
    (d) => {
      d.order = { kind: "apply", ttl: 3, nonce: hex32 };
    },
  ],
  [
    "an ordered revert of a plan that never ran",
    "E_PERMIT",
    (d) => {
      d.order = { kind: "revert" };
    },
  ],
  [
    "an ordered revert where only the host may",
    "E_PERMIT",
    (d) => {
      d.order = { kind: "revert" };
      d.statement = { revert: { kind: "self" } };
      d.state = seen("done", 1, true);
    },
  ],
];

const times: typeof signatures = [
  [
    "an expired order",
    "E_TIME",
    (d) => {
      d.order = { issued: NOW - 400, until: NOW - 1 };
    },
  ],
  [
    "an order from the future",
    "E_TIME",
    (d) => {
      d.order = { issued: NOW + 301, until: NOW + 400 };
    },
  ],
  [
    "an order that lives over a day",
    "E_TIME",
    (d) => {
      d.order = { until: NOW + 25 * HOUR };
    },
  ],
  [
    "an order that ends before it begins",
    "E_TIME",
    (d) => {
      d.order = { issued: NOW + 200, until: NOW + 100 };
    },
  ],
  ["a clock behind the floor", "E_TIME", (d) => floor(d, NOW + 301)],
  [
    "a clock a month ahead",
    "E_TIME",
    (d) => {
      d.now = NOW + 30 * 24 * HOUR;
    },
  ],
  ["a wave that is not open yet", "E_TIME", (d) => wave(d, NOW + 1, NOW + HOUR)],
  ["a wave that is over", "E_TIME", (d) => wave(d, NOW - HOUR, NOW - 1)],
  ["a closed window", "E_TIME", (d) => window(d, NOW - 10, NOW - 1)],
  ["a window that opens later", "E_TIME", (d) => window(d, NOW + 1, NOW + 10)],
  [
    "a wave that ends after the ring's validity",
    "E_TIME",
    (d) => {
      d.statement = { issued: NOW - 3 * 24 * HOUR };
    },
  ],
  [
    "a counter far ahead",
    "E_TIME",
    (d) => {
      d.order = { counter: (NOW + 301) * 1000 };
    },
  ],
  [
    "a counter seen before",
    "E_REPLAY",
    (d) => {
      d.order = { counter: NOW * 1000 - 5000 };
    },
  ],
  [
    "a smaller counter",
    "E_REPLAY",
    (d) => {
      d.order = { counter: 1 };
    },
  ],
  [
    "a lost counter",
    "E_STATE",
    (d) => {
      d.host.clock = null;
    },
  ],
  [
    "a plan that is done",
    "E_REPLAY",
    (d) => {
      d.state = seen("done", 1, true);
    },
  ],
  [
    "a plan that was reverted",
    "E_REPLAY",
    (d) => {
      d.state = seen("reverted", 1, false);
    },
  ],
  [
    "a failed attempt again",
    "E_REPLAY",
    (d) => {
      d.state = seen("failed", 1, true);
    },
  ],
  [
    "another attempt while one is open",
    "E_REPLAY",
    (d) => {
      d.order = { attempt: 2 };
      d.state = seen("open", 1, true);
    },
  ],
  [
    "another leaf of the plan while an attempt is open here",
    "E_REPLAY",
    (d) => {
      ruled(d, ["env=prod"]);
      d.state = (draft, plan) => {
        seen("open", 1, false)(draft, plan);
        draft.host.job = jobHere(draft, { plan, index: 0 });
      };
    },
  ],
  [
    "another leaf of the plan before the attempt began",
    "E_REPLAY",
    (d) => {
      ruled(d, ["env=prod"]);
      d.state = (draft, plan) => {
        draft.host.job = jobHere(draft, { plan, index: 0 });
      };
    },
  ],
  [
    "an ordered revert of another leaf",
    "E_REPLAY",
    (d) => {
      ruled(d, ["env=prod"]);
      d.order = { kind: "revert" };
      d.state = (draft, plan) => {
        seen("done", 1, false)(draft, plan);
        draft.host.job = jobHere(draft, { plan, index: 0, isReported: true });
      };
    },
  ],
  [
    "an ordered revert of a plan in the middle",
    "E_BUSY",
    (d) => {
      d.order = { kind: "revert" };
      d.state = seen("open", 1, true);
    },
  ],
  [
    "an attempt beyond the approved number",
    "E_REPLAY",
    (d) => {
      d.order = { attempt: 3 };
    },
  ],
  [
    "attempt zero",
    "E_REPLAY",
    (d) => {
      d.order = { attempt: 0 };
    },
  ],
  [
    "an attempt that was held before it began and reported",
    "E_REPLAY",
    (d) => {
      d.state = (draft, plan) => {
        draft.host.job = jobHere(draft, { plan, isReported: true });
      };
    },
  ],
  [
    "an open plan whose folder is gone",
    "E_STATE",
    (d) => {
      d.state = seen("open", 1, false);
    },
  ],
  [
    "another plan that is still open",
    "E_BUSY",
    (d) => {
      d.host.job = jobHere(d, { plan: sha256("x") });
      d.host.seen = new Map([[sha256("x"), { state: "open", attempt: 1 }]]);
    },
  ],
  [
    "a revoked plan",
    "E_REVOKED",
    (d) => {
      d.state = (draft, plan) => {
        draft.host.revoked = new Set([plan]);
      };
    },
  ],
  [
    "a halted host",
    "E_HALTED",
    (d) => {
      d.host.isHalted = true;
    },
  ],
];

function wave(draft: Draft, notBefore: number, notAfter: number): void {
  draft.statement = {
    waves: [
      { number: 1, ring: "canary", notBefore: 1, notAfter: 2 },
      { number: 2, ring: "prod", notBefore, notAfter },
    ],
  };
}

const tree: typeof signatures = [
  [
    "an order for another plan",
    "E_DIGEST",
    (d) => {
      d.order = { plan: sha256("x") };
    },
  ],
  [
    "a body that is not the leaf's",
    "E_DIGEST",
    (d) => {
      d.editBundle = replace("probe web-health", "probe web-healthy");
    },
  ],
  [
    "a leaf edited after the tree was made",
    "E_DIGEST",
    (d) => {
      d.editBundle = replace(/(@leaf\n(?:[^@]*\n)?)end\n/, `$1window 1 ${NOW + 9}\nend\n`);
    },
  ],
  [
    "a million leaves with the path of another index",
    "E_DIGEST",
    (d) => {
      many(d, 1_000_000, 987_654);
      d.order = { index: 987_653 };
      d.edit.leaf = replace("index 987654", "index 987653");
    },
  ],
  [
    "a path whose digest beside the leaf was changed",
    "E_DIGEST",
    (d) => {
      grow(d, 40, 20);
      d.editNodes = (own) => [
        own[0]?.replace(/\n[0-9a-f]{64}\n/, `\n${sha256("x")}\n`) ?? "",
        ...own.slice(1),
      ];
    },
  ],
  [
    "a path that is too short",
    "E_DIGEST",
    (d) => {
      grow(d, 40, 20);
      d.editNodes = (nodes) => nodes.slice(0, 1);
    },
  ],
  [
    "a path that is too long",
    "E_DIGEST",
    (d) => {
      d.editNodes = (nodes) => [...nodes, `fettle node 1\n${sha256(nodes[0] ?? "")}\nend\n`];
    },
  ],
  [
    "a node with a child too many",
    "E_DIGEST",
    (d) => {
      d.editNodes = (nodes) => nodes.map(replace("end\n", `${sha256("x")}\nend\n`));
    },
  ],
  [
    "a node with a child too few",
    "E_DIGEST",
    (d) => {
      d.editNodes = (nodes) => nodes.map(replace(/[0-9a-f]{64}\n/, ""));
    },
  ],
  [
    "swapped children",
    "E_DIGEST",
    (d) => {
      d.editNodes = (nodes) => nodes.map(replace(/([0-9a-f]{64}\n)([0-9a-f]{64}\n)/, "$2$1"));
    },
  ],
  [
    "a statement with another number of leaves",
    "E_DIGEST",
    (d) => {
      d.statement = { leaves: 300, hosts: { kind: "frozen", count: 300 } };
    },
  ],
  [
    "a statement with another root",
    "E_DIGEST",
    (d) => {
      d.statement = { root: sha256("x") };
    },
  ],
  [
    "an index beyond the leaves",
    "E_DIGEST",
    (d) => {
      d.statement = { leaves: 2, hosts: { kind: "frozen", count: 2 } };
    },
  ],
  [
    "a leaf in place of a node",
    "E_FORMAT",
    (d) => {
      d.editNodes = () => [`fettle leaf 1\nindex 0\nwave 1\nhost *\nbody ${sha256("x")}\nend\n`];
    },
  ],
  [
    "a node in place of the leaf",
    "E_FORMAT",
    (d) => {
      d.edit.leaf = () => `fettle node 1\n${sha256("x")}\nend\n`;
    },
  ],
  [
    "a node of 17 children",
    "E_FORMAT",
    (d) => {
      d.editNodes = () => [`fettle node 1\n${`${sha256("x")}\n`.repeat(17)}end\n`];
    },
  ],
  [
    "a node without children",
    "E_FORMAT",
    (d) => {
      d.editNodes = () => ["fettle node 1\nend\n"];
    },
  ],
  [
    "nine levels",
    "E_SIZE",
    (d) => {
      d.editNodes = (nodes) => Array.from({ length: 9 }, () => nodes[0] ?? "");
    },
  ],
  [
    "a missing level",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@node1\n", "@node2\n");
    },
  ],
];

const verbs: typeof signatures = [
  ["a verb that the ring does not allow", "E_VERB", (d) => stepLine(d, "reboot")],
  ["an unknown verb", "E_VERB", (d) => stepLine(d, "format disk")],
  ["a unit with a shell character", "E_VERB", (d) => stepLine(d, "restart $(reboot)")],
  ["a unit that looks like an option", "E_VERB", (d) => stepLine(d, "restart --now")],
  ["a unit with a path", "E_VERB", (d) => stepLine(d, "restart ../../etc/shadow")],
  ["an upgrade without a digest", "E_VERB", (d) => stepLine(d, "upgrade a amd64 1 2 -")],
  [
    "an undo that the ring does not allow",
    "E_VERB",
    (d) => {
      rule(d, { verbs: ["upgrade", "restart", "probe"] });
    },
  ],
  ["a name of 129 characters", "E_VERB", (d) => stepLine(d, `restart ${"n".repeat(129)}`)],
  [
    "a step without a number",
    "E_FORMAT",
    (d) => {
      d.edit.body = replace("step 2 ", "step x ");
    },
  ],
  [
    "steps out of order",
    "E_FORMAT",
    (d) => {
      d.edit.body = replace("step 2 ", "step 3 ");
    },
  ],
  [
    "a subscript as number",
    "E_FORMAT",
    (d) => {
      d.edit.order = replace("index 2", "index a[$(touch<x)]");
    },
  ],
  [
    "a transaction that begins with a restart",
    "E_FORMAT",
    (d) => {
      d.edit.body = inTurns("transaction 3\n");
    },
  ],
  [
    "a transaction that begins with the first step",
    "E_FORMAT",
    (d) => {
      d.edit.body = inTurns("transaction 1\n");
    },
  ],
  [
    "a transaction of no step",
    "E_FORMAT",
    (d) => {
      d.edit.body = inTurns("transaction 9\n");
    },
  ],
  [
    "a transaction that begins twice",
    "E_FORMAT",
    (d) => {
      d.edit.body = inTurns("transaction 2\ntransaction 2\n");
    },
  ],
  [
    "a transaction that is no number",
    "E_FORMAT",
    (d) => {
      d.edit.body = inTurns("transaction a[$(touch<x)]\n");
    },
  ],
  [
    "an undo of no step",
    "E_FORMAT",
    (d) => {
      d.edit.body = replace("undo 1 ", "undo 4 ");
    },
  ],
];

const policies: typeof signatures = [
  [
    "a ring without a line for the class",
    "E_POLICY",
    (d) => {
      d.statement = { class: "emergency" };
    },
  ],
  [
    "a statement for a newer policy",
    "E_POLICY",
    (d) => {
      d.statement = { hostPolicy: 8 };
    },
  ],
  [
    "a policy older than one seen",
    "E_POLICY",
    (d) => {
      d.host.policyFloor = 8;
    },
  ],
  [
    "a policy of another tenant",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, tenant: "evil" };
    },
  ],
  [
    "a permit weaker than the ring's",
    "E_POLICY",
    (d) => {
      d.statement = { permit: { kind: "offline" } };
    },
  ],
  ["a lease longer than the ring's", "E_POLICY", (d) => lease(d, 901, 900)],
  [
    "a lease where the ring is online",
    "E_POLICY",
    (d) => {
      d.statement = { permit: { kind: "lease", seconds: 1 } };
    },
  ],
  [
    "a revert longer than the ring's",
    "E_POLICY",
    (d) => {
      d.statement = { revert: { kind: "order", seconds: 259_201 } };
    },
  ],
  ["a revert where the ring has none", "E_POLICY", (d) => rule(d, { revert: { kind: "self" } })],
  [
    "a piped job in a protected ring",
    "E_POLICY",
    (d) => {
      d.way = "piped";
    },
  ],
  [
    "an unknown demand",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace(/probe\n/, "probe hurry\n");
    },
  ],
  ["need 0", "E_POLICY", (d) => rule(d, { need: 0, outside: 0 })],
  ["need 9", "E_POLICY", (d) => rule(d, { need: 9 })],
  ["a protected ring with outside 0", "E_POLICY", (d) => rule(d, { outside: 0 })],
  ["more outside than need", "E_POLICY", (d) => rule(d, { outside: 3 })],
  ["an unknown verb in a ring line", "E_POLICY", (d) => rule(d, { verbs: ["upgrade", "erase"] })],
  [
    "a ring and class twice",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, rings: [ringRule, ringRule] };
    },
  ],
  [
    "one key under two people",
    "E_POLICY",
    (d, keys) => {
      d.policy = approver(d, { person: "eve", groups: [], class: "ssh", ...keys.line("alice") });
    },
  ],
  [
    "the dispatcher's key as approver",
    "E_POLICY",
    (d) => {
      const { type = "ssh-ed25519", base64 = "" } = d.policy.dispatchers[0] ?? {};
      d.policy = approver(d, { person: "eve", groups: [], class: "ssh", type, base64 });
    },
  ],
  [
    "a file key of class desk",
    "E_POLICY",
    (d, keys) => {
      d.policy = approver(d, { person: "eve", groups: [], class: "desk", ...keys.line("mallory") });
    },
  ],
  [
    "a key of another kind than it says",
    "E_POLICY",
    (d, keys) => {
      d.policy = approver(d, {
        person: "eve",
        groups: [],
        class: "ssh",
        ...keys.line("mallory"),
        type: "ecdsa-sha2-nistp256",
      });
    },
  ],
  [
    "a key with stray bits before its padding",
    "E_POLICY",
    (d) => {
      d.edit.policy = (text) =>
        text.replace(
          /^(dispatcher .*)(.)=$/m,
          (_, head: string, c: string) => `${head}${nextBase64(c)}=`,
        );
    },
  ],
  [
    "fewer roots than demanded",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, rootsNeeded: 2 };
    },
  ],
  [
    "no root at all",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, rootsNeeded: 0, roots: [] };
    },
  ],
  [
    "no dispatcher",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, dispatchers: [] };
    },
  ],
  [
    "no depot",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, depots: [] };
    },
  ],
  [
    "a depot with a quote in its address",
    "E_POLICY",
    (d) => {
      d.policy = { ...d.policy, depots: [{ url: "https://a'b", keyring: "debian" }] };
    },
  ],
  [
    "policy lines out of order",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace(/(depot .*\n)(ring .*\n)/, "$2$1");
    },
  ],
  [
    "a policy that stops early",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace(/end\n$/, "");
    },
  ],
  [
    "a policy without its last line feed",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace(/\n$/, "");
    },
  ],
  [
    "a policy with a NUL",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace("version 7", "version 7\0");
    },
  ],
  [
    "a policy with CRLF",
    "E_POLICY",
    (d) => {
      d.edit.policy = replace("version 7", "version 7\r");
    },
  ],
  [
    "an identity with a label twice",
    "E_POLICY",
    (d) => {
      d.identity = { ...d.identity, labels: ["env=prod", "env=test"] };
    },
  ],
  [
    "an identity with capital letters",
    "E_POLICY",
    (d) => {
      d.identity = { ...d.identity, ring: "Prod" };
    },
  ],
  [
    "an identity with something after its end",
    "E_POLICY",
    (d) => {
      d.edit.identity = (text) => `${text}ring canary\n`;
    },
  ],
];

function approver(draft: Draft, extra: Draft["policy"]["approvers"][number]): Draft["policy"] {
  return { ...draft.policy, approvers: [...draft.policy.approvers, extra] };
}

function nextBase64(c: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return digits[digits.indexOf(c) + 1] ?? "A";
}

type Named = "order" | "plan" | "leaf" | "body";

/** Texts that are wrong in their form: hashed, signed and sent all the same. */
const forms: readonly (readonly [string, Named, string | RegExp, string])[] = [
  ["an order with re-ordered fields", "order", /(tenant .*\n)(host .*\n)/, "$2$1"],
  ["a plan with re-ordered fields", "plan", /(requester .*\n)(class .*\n)/, "$2$1"],
  ["a leaf with re-ordered fields", "leaf", /(index .*\n)(wave .*\n)/, "$2$1"],
  ["a field twice", "order", /(epoch .*\n)/, "$1$1"],
  ["a missing field", "order", /epoch .*\n/, ""],
  ["a missing last field", "order", /log .*\n/, ""],
  ["an unknown field", "plan", "end\n", "hurry yes\nend\n"],
  ["CRLF", "plan", "tenant acme\n", "tenant acme\r\n"],
  ["a NUL", "plan", "tenant acme\n", "tenant acme\0\n"],
  ["a NUL and more behind it", "order", "epoch 12\n", "epoch 12\0garbage\n"],
  ["a tab", "plan", "tenant acme", "tenant\tacme"],
  ["a letter outside ASCII", "plan", "Upgrade", "\u00dcpgrade"],
  ["DEL", "plan", "Upgrade", "Up\x7fgrade"],
  ["an escape sequence", "plan", "Upgrade", "\x1b[2JUpgrade"],
  ["two spaces", "plan", "wave 1 ", "wave 1  "],
  ["a space at the end", "plan", "tenant acme\n", "tenant acme \n"],
  ["a space at the beginning", "plan", "tenant acme\n", " tenant acme\n"],
  ["an empty line", "plan", "tenant acme\n", "tenant acme\n\n"],
  ["a line of 1025 bytes", "plan", /title .*/, `title ${"t".repeat(1019)}`],
  ["a title of 161 characters", "plan", /title .*/, `title ${"t".repeat(161)}`],
  ["an empty title", "plan", /title .*/, "title"],
  ["a leading zero", "plan", "attempts 2", "attempts 02"],
  ["a sign", "plan", "attempts 2", "attempts +2"],
  ["a number of 16 digits", "order", /epoch .*/, "epoch 1000000000000000"],
  ["hexadecimal", "order", /epoch .*/, "epoch 0x12"],
  ["no number", "order", /epoch .*/, "epoch"],
  ["a digest in capitals", "plan", /^(root .*)$/m, `root ${"A".repeat(64)}`],
  ["a digest of 63 digits", "plan", /^(root .*).$/m, "$1"],
  ["an id of 64 characters", "plan", /requester .*/, `requester ${"a".repeat(64)}`],
  ["an id with an underscore", "plan", /requester .*/, "requester a_b"],
  ["zero attempts", "plan", "attempts 2", "attempts 0"],
  ["zero leaves", "plan", /hosts .*\n([\s\S]*)leaves 3/, "hosts frozen 0\n$1leaves 0"],
  ["more bodies than leaves", "plan", "bodies 1", "bodies 4"],
  ["fewer hosts than leaves", "plan", "hosts frozen 3", "hosts frozen 2"],
  ["a rule without labels", "plan", "hosts frozen 3", "hosts rule max 3"],
  ["a rule without a maximum", "plan", "hosts frozen 3", "hosts rule env=prod"],
  ["a rule with a wrong label", "plan", "hosts frozen 3", "hosts rule env max 3"],
  ["an unknown permit", "plan", "permit online", "permit always"],
  ["a lease of two hours", "plan", "permit online", "permit lease 7200"],
  ["an unknown revert", "plan", /revert .*/, "revert never"],
  ["no wave", "plan", /wave .*\n/g, ""],
  ["waves that begin at 2", "plan", /wave 1 .*\n/, ""],
  ["a wave that ends before it begins", "plan", /^(wave 2 prod) (\S+) (\S+)$/m, "$1 $3 $2"],
  ["a wave without a ring", "plan", /^wave 2 prod/m, "wave 2"],
  ["a superseded plan that is no digest", "plan", "end\n", "supersedes x\nend\n"],
  ["something after the end", "plan", "end\n", "end\ntenant evil\n"],
  ["two ends", "leaf", "end\n", "end\nend\n"],
  ["no end", "leaf", "end\n", ""],
  ["another version", "plan", "fettle plan 1", "fettle plan 2"],
  ["another type", "leaf", "fettle leaf 1", "fettle plan 1"],
  ["wave zero", "leaf", "wave 2", "wave 0"],
  ["a host that is no id", "leaf", /host .*/, "host H-1"],
  ["nine windows", "leaf", "end\n", `${"window 1 2\n".repeat(9)}end\n`],
  ["a window that ends before it begins", "leaf", "end\n", "window 2 1\nend\n"],
  ["a body without steps", "body", /step .*\n/g, ""],
  ["an unknown kind", "order", "kind dispatch", "kind destroy"],
  ["a ttl without a nonce", "order", "ttl 0", "ttl 3"],
  ["a nonce without a ttl", "order", "nonce -", `nonce ${hex32}`],
  ["a nonce of 31 digits", "order", "nonce -", `nonce ${hex32.slice(1)}`],
  ["a permit without a nonce", "order", "kind dispatch", "kind apply"],
  ["a log without a root", "order", /log .*/, "log 0"],
];

const frames: typeof signatures = [
  [
    "a bundle cut short",
    "E_FORMAT",
    (d) => {
      d.editBundle = (t) => t.slice(0, t.length / 2);
    },
  ],
  [
    "a bundle without @end",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@end\n", "");
    },
  ],
  [
    "an empty bundle",
    "E_FORMAT",
    (d) => {
      d.editBundle = () => "@end\n";
    },
  ],
  [
    "text before the first section",
    "E_FORMAT",
    (d) => {
      d.editBundle = (t) => `hello\n${t}`;
    },
  ],
  [
    "an unknown section",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@leaf", "@readme\nhello\n@leaf");
    },
  ],
  [
    "a section with a path",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@leaf", "@../../../etc/passwd\nx\n@leaf");
    },
  ],
  [
    "a section twice",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace(/(@leaf\n[^@]*)/, "$1$1");
    },
  ],
  [
    "a missing section",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace(/@leaf\n[^@]*/, "");
    },
  ],
  [
    "an empty section",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace(/@leaf\n[^@]*/, "@leaf\n");
    },
  ],
  [
    "a person with a slash",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@approve bob", "@approve ../bob");
    },
  ],
  [
    "an unknown class",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("@approve bob ssh", "@approve bob root");
    },
  ],
  [
    "a signature without its armour",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("-----BEGIN SSH SIGNATURE-----\n", "");
    },
  ],
  [
    "a signature with something behind it",
    "E_FORMAT",
    (d) => {
      d.editBundle = replace("-----END SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\nx\n");
    },
  ],
  [
    "a bundle over 1 MiB",
    "E_SIZE",
    (d) => {
      d.editBundle = replace("@leaf\n", `@leaf\n${`${"x".repeat(1000)}\n`.repeat(1100)}`);
    },
  ],
  [
    "a plan over 16 KiB",
    "E_SIZE",
    (d) => {
      d.edit.plan = replace("end\n", `${`supersedes ${sha256("x")}\n`.repeat(250)}end\n`);
    },
  ],
  [
    "a body over 256 KiB",
    "E_SIZE",
    (d) => {
      d.body = {
        ...d.body,
        steps: Array.from({ length: 9000 }, () => ({ verb: "restart", unit: "nginx.service" })),
      };
      d.body = { ...d.body, undo: [] };
    },
  ],
  [
    "sections in another order",
    "ok",
    (d) => {
      d.editBundle = replace(/(@leaf\n[^@]*)((?:@[^@]*)*)(@body\n[^@]*)/, "$3$2$1");
    },
  ],
];

export const corpus: readonly CorpusCase[] = [
  ...accepted.map(([name, change]) => ({ name, expect: "ok", change })),
  ...trustAccepted.map(([name, change]) => ({ name, expect: "ok", change })),
  ...[signatures, audience, times, tree, verbs, policies, frames, devices, requests, gates, ledger]
    .flat()
    .map(([name, expect, change]) => ({ name, expect, change })),
  ...stageCorpus,
  ...forms.map(([name, where, from, to]) => ({
    name: `${name} (${where})`,
    expect: "E_FORMAT",
    change: (draft: Draft) => {
      draft.edit[where] = replace(from, to);
    },
  })),
];
