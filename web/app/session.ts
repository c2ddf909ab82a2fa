import { leaveToSignOut } from "../identity/provider.ts";
import { api, ask, type Reply } from "./api.ts";
import { queries, useAnswer } from "./queries.ts";

export type Me = Reply<"/api/v1/me">;

const question = {
  key: ["me"],
  topics: ["users"],
  load: (signal: AbortSignal) => ask(api.GET("/api/v1/me", { signal })),
} as const;

/** Who is signed in; pages inside the shell always have somebody. */
export function useMe() {
  return useAnswer(question);
}

export function loadMe() {
  return queries.ensureQueryData({
    queryKey: question.key,
    queryFn: ({ signal }) => question.load(signal),
    meta: { topics: question.topics },
  });
}

/** Ends the session, here and at the provider that began it, and forgets all that was shown. */
export async function signOut(): Promise<void> {
  const { data } = await api.POST("/api/v1/logout");
  queries.clear();
  if (data?.there == null) window.location.assign("/sign-in");
  else leaveToSignOut(data.there);
}
