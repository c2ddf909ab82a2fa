import { useSyncExternalStore } from "react";

/** With what the person may prove who they are, as the server told it. */
export type ProofWay = "password" | "code" | "passkey" | "provider";

export interface ProofAsk {
  readonly message: string;
  readonly ways: readonly ProofWay[];
  /** True: proved, and what was asked for is sent again. False: the person gave up. */
  readonly answer: (isProved: boolean) => void;
}

let asked: ProofAsk | null = null;
let pending: Promise<boolean> | null = null;
const listeners = new Set<() => void>();

function show(next: ProofAsk | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Opens the one dialog that proves it; several requests that ask at once share its answer. */
export function askForProof(problem: {
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}): Promise<boolean> {
  const ways = (problem.facts["ways"] ?? []) as readonly ProofWay[];
  if (ways.length === 0 || listeners.size === 0) return Promise.resolve(false);
  pending ??= new Promise<boolean>((resolve) => {
    show({ message: problem.message, ways, answer: resolve });
  }).finally(() => {
    pending = null;
    show(null);
  });
  return pending;
}

export function useProofAsk(): ProofAsk | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}
