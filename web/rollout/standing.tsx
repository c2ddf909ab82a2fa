import type { ReactNode } from "react";
import type { Reply } from "../app/api.ts";
import { wordFor } from "../app/words.ts";

export type Rollout = Reply<"/api/v1/rollouts/{rollout}">;
export type Wave = Rollout["waves"][number];
export type Target = Reply<"/api/v1/rollouts/{rollout}/targets">["items"][number];
export type Standing = Target["standing"];

const frame = <rect x="1.5" y="1.5" width="11" height="11" fill="none" />;
const full = <rect x="1" y="1" width="12" height="12" fill="currentColor" strokeWidth="0" />;
const dashed = <rect x="1.5" y="1.5" width="11" height="11" fill="none" strokeDasharray="2 1.6" />;
const question = <path d="M5.2 5.4a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.7.5-.7 1M7 10.1v.2" fill="none" />;

/** How a host is drawn: the same shapes as in the terminal, told apart without colour; 14 by 14. */
const shapes: Readonly<Record<Standing, ReactNode>> = {
  verified: full,
  "applied-unverified": (
    <>
      {frame}
      <path d="M1.5 1.5H7v11H1.5z" fill="currentColor" />
    </>
  ),
  running: (
    <>
      {frame}
      <path d="M4.5 4.5h5v5h-5z" fill="currentColor" strokeWidth="0" />
    </>
  ),
  checking: (
    <>
      {frame}
      <path d="M4 4.7h6M4 7h6M4 9.3h6" />
    </>
  ),
  waiting: frame,
  held: (
    <>
      {frame}
      <path d="M5.2 4.2v5.6M8.8 4.2v5.6" strokeWidth="1.7" />
    </>
  ),
  failed: (
    <>
      {full}
      <path
        d="m4.3 4.3 5.4 5.4M9.7 4.3 4.3 9.7"
        stroke="var(--mantine-color-body)"
        strokeWidth="1.8"
      />
    </>
  ),
  "rolled-back": (
    <>
      {frame}
      <path d="M10 9.5V7.6a1.6 1.6 0 0 0-1.6-1.6H4.2M6 4 4 6l2 2" fill="none" />
    </>
  ),
  unreachable: (
    <>
      {frame}
      {question}
    </>
  ),
  unknown: (
    <>
      {dashed}
      {question}
    </>
  ),
  skipped: <path d="M2.5 7h9" strokeWidth="2" />,
};

export function StandingShape(props: { readonly standing: Standing; readonly size?: number }) {
  const { standing, size = 14 } = props;
  return (
    <svg
      viewBox="0 0 14 14"
      width={size}
      height={size}
      stroke="currentColor"
      strokeWidth="1.3"
      className={`mark ${wordFor("standing", standing).tone}`}
      style={{ display: "inline", flex: "none" }}
      aria-hidden="true"
    >
      {shapes[standing]}
    </svg>
  );
}

/** Where a host stands: shape, word and colour. */
export function StandingMark({ standing }: { readonly standing: Standing }) {
  const { tone, label } = wordFor("standing", standing);
  return (
    <span className={`mark ${tone}`}>
      <StandingShape standing={standing} size={12} />
      <span>{label}</span>
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
