import type { ReactNode } from "react";
import { type Tone, type WordGroup, wordFor } from "../app/words.ts";

/** Shapes that are told apart without colour; 12 by 12. */
const shapes: Readonly<Record<Tone, ReactNode>> = {
  good: (
    <path
      d="M6 .5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11m-2.6 5.7 1.9 1.9 3.4-3.9"
      fillRule="evenodd"
    />
  ),
  attention: <path d="M6 .8 11.7 11H.3z" />,
  bad: <path d="M1 1h10v10H1z" />,
  unknown: (
    <circle
      cx="6"
      cy="6"
      r="4.6"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeDasharray="2.3 1.9"
    />
  ),
  running: (
    <>
      <circle cx="6" cy="6" r="4.8" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 1.2a4.8 4.8 0 0 1 0 9.6z" />
    </>
  ),
  waiting: <circle cx="6" cy="6" r="4.8" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

export function Shape({ tone, size = 12 }: { readonly tone: Tone; readonly size?: number }) {
  return (
    <svg viewBox="0 0 12 12" width={size} height={size} fill="currentColor" aria-hidden="true">
      {shapes[tone]}
      {tone === "good" && (
        <path
          d="m3.4 6.2 1.9 1.9 3.4-3.9"
          fill="none"
          stroke="var(--mantine-color-body)"
          strokeWidth="1.4"
        />
      )}
    </svg>
  );
}

/** A state: shape, word and colour together. The reason is read on hover and by screen readers. */
export function Mark(props: {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly reason?: string | null;
}) {
  const { tone, children, reason } = props;
  return (
    <span className={`mark ${tone}`} title={reason ?? undefined}>
      <Shape tone={tone} />
      <span>{children}</span>
    </span>
  );
}

/** One of the server's states, with the server's word and tone for it. */
export function StateWord(props: {
  readonly group: WordGroup;
  readonly name: string;
  readonly reason?: string | null;
}) {
  const { group, name, reason = null } = props;
  const { tone, label } = wordFor(group, name);
  return (
    <Mark tone={tone} reason={reason}>
      {label}
    </Mark>
  );
}
