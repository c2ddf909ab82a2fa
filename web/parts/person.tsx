import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";

/** The handle of a subject; the ledger and everything signed hold ids only. */
export function Person({ subject }: { readonly subject: string }) {
  const handles = useHandles();
  return <>{handles.get(subject) ?? subject}</>;
}

export function useHandles(): ReadonlyMap<string, string> {
  const people = useAnswer({
    key: ["people"],
    topics: ["users"],
    load: (signal) => ask(api.GET("/api/v1/people", { signal })),
  });
  return new Map(people.data?.items.map((person) => [person.subject, person.handle]));
}
