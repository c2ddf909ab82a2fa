import type { ReactNode } from "react";
import type { Reply } from "../app/api.ts";
import type { Tone } from "../parts/mark.tsx";

export type Rollout = Reply<"/api/v1/rollouts/{rollout}">;
export type Wave = Rollout["waves"][number];
export type Target = Reply<"/api/v1/rollouts/{rollout}/targets">["items"][number];
export type Standing = Target["standing"];

/** How a host is drawn: the same shapes as in the terminal, told apart without colour; 14 by 14. */
interface Look {
  readonly word: string;
  readonly colour: string;
  readonly shape: ReactNode;
}

const frame = <rect x="1.5" y="1.5" width="11" height="11" fill="none" />;
const full = <rect x="1" y="1" width="12" height="12" fill="currentColor" strokeWidth="0" />;
const dashed = <rect x="1.5" y="1.5" width="11" height="11" fill="none" strokeDasharray="2 1.6" />;
const question = <path d="M5.2 5.4a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.7.5-.7 1M7 10.1v.2" fill="none" />;

const looks: Readonly<Record<Standing, Look>> = {
  verified: { word: "verified", colour: "var(--good)", shape: full },
  "applied-unverified": {
    word: "applied, unverified",
    colour: "var(--attention)",
    shape: (
      <>
        {frame}
        <path d="M1.5 1.5H7v11H1.5z" fill="currentColor" />
      </>
    ),
  },
  running: {
    word: "running",
    colour: "var(--running)",
    shape: (
      <>
        {frame}
        <path d="M4.5 4.5h5v5h-5z" fill="currentColor" strokeWidth="0" />
      </>
    ),
  },
  checking: {
    word: "being checked",
    colour: "var(--running)",
    shape: (
      <>
        {frame}
        <path d="M4 4.7h6M4 7h6M4 9.3h6" />
      </>
    ),
  },
  waiting: { word: "waiting", colour: "var(--unknown)", shape: frame },
  held: {
    word: "held",
    colour: "var(--attention)",
    shape: (
      <>
        {frame}
        <path d="M5.2 4.2v5.6M8.8 4.2v5.6" strokeWidth="1.7" />
      </>
    ),
  },
  failed: {
    word: "failed",
    colour: "var(--bad)",
    shape: (
      <>
        {full}
        <path
          d="m4.3 4.3 5.4 5.4M9.7 4.3 4.3 9.7"
          stroke="var(--mantine-color-body)"
          strokeWidth="1.8"
        />
      </>
    ),
  },
  "rolled-back": {
    word: "rolled back",
    colour: "var(--bad)",
    shape: (
      <>
        {frame}
        <path d="M10 9.5V7.6a1.6 1.6 0 0 0-1.6-1.6H4.2M6 4 4 6l2 2" fill="none" />
      </>
    ),
  },
  unreachable: {
    word: "unreachable",
    colour: "var(--attention)",
    shape: (
      <>
        {frame}
        {question}
      </>
    ),
  },
  unknown: {
    word: "unknown",
    colour: "var(--unknown)",
    shape: (
      <>
        {dashed}
        {question}
      </>
    ),
  },
  skipped: {
    word: "left out",
    colour: "var(--unknown)",
    shape: <path d="M2.5 7h9" strokeWidth="2" />,
  },
};

export const standings = Object.keys(looks) as readonly Standing[];

export function wordOf(standing: Standing): string {
  return looks[standing].word;
}

export function StandingShape(props: { readonly standing: Standing; readonly size?: number }) {
  const { standing, size = 14 } = props;
  const { colour, shape } = looks[standing];
  return (
    <svg
      viewBox="0 0 14 14"
      width={size}
      height={size}
      stroke="currentColor"
      strokeWidth="1.3"
      style={{ color: colour, flex: "none" }}
      aria-hidden="true"
    >
      {shape}
    </svg>
  );
}

/** Where a host stands: shape, word and colour. */
export function StandingMark({ standing }: { readonly standing: Standing }) {
  return (
    <span className="mark" style={{ color: looks[standing].colour }}>
      <StandingShape standing={standing} size={12} />
      <span>{wordOf(standing)}</span>
    </span>
  );
}

/** Counts of a wave by standing, as the server tells them; what there is none of is left out. */
export function countsOf(outcomes: Wave["outcomes"]): readonly (readonly [Standing, number])[] {
  const all: readonly (readonly [Standing, number])[] = [
    ["verified", outcomes.verified],
    ["applied-unverified", outcomes.appliedUnverified],
    ["running", outcomes.running],
    ["checking", outcomes.checking],
    ["failed", outcomes.failed],
    ["rolled-back", outcomes.rolledBack],
    ["unknown", outcomes.unknown],
    ["held", outcomes.notStarted],
    ["waiting", outcomes.waiting],
    ["skipped", outcomes.skipped],
  ];
  return all.filter(([, count]) => count > 0);
}

export function nowTone(state: Rollout["state"]): Tone {
  return { running: "running", halted: "bad", finished: "good", stopped: "attention" }[
    state
  ] as Tone;
}
