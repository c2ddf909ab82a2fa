import { QueryClient, type UseQueryResult, useMutation, useQuery } from "@tanstack/react-query";
import { ApiProblem } from "./api.ts";
import { Asker } from "./ask-again.ts";

/**
 * What pages know of the server. Nothing is asked twice on a timer: a query names the topics of the
 * live hints that make it old (`hosts`, `rollout:<id>`), and is asked again when one comes.
 */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 300_000,
      refetchOnWindowFocus: false,
      // A refusal stays one; only a server that did not answer is asked again.
      retry: (count, cause) => count < 2 && isUnavailable(cause),
    },
    mutations: { retry: false },
  },
});

function isUnavailable(cause: unknown): boolean {
  return cause instanceof ApiProblem && cause.code === "unavailable";
}

interface Question<T> {
  /** Names the question with all that it depends on. */
  readonly key: readonly unknown[];
  /** Topics of live hints after which the answer may be another. */
  readonly topics: readonly string[];
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly isOff?: boolean;
}

export function useAnswer<T>(question: Question<T>): UseQueryResult<T> {
  return useQuery({
    queryKey: question.key,
    queryFn: ({ signal }) => question.load(signal),
    meta: { topics: question.topics },
    enabled: question.isOff !== true,
  });
}

/**
 * Something a person does. What was shown of the named topics is asked again afterwards, whether it
 * went well or not: a refusal often means that the page was old.
 */
export function useDeed<In, Out>(
  act: (input: In) => Promise<Out>,
  topics: readonly string[],
): ReturnType<typeof useMutation<Out, Error, In>> {
  return useMutation({ mutationFn: act, onSettled: () => refresh(topics) });
}

const asker = new Asker(queries);

/** Asks again what these topics make old; what nobody looks at waits until somebody does. */
export async function refresh(topics: readonly string[]): Promise<void> {
  await asker.makeOld((query) => {
    const known = (query.meta?.["topics"] ?? []) as readonly string[];
    return known.some((topic) => topics.includes(topic));
  });
}

/** The same for everything, where nobody knows what was missed. */
export async function refreshAll(): Promise<void> {
  await asker.makeOld(() => true);
}
