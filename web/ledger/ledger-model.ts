import type { Reply } from "../app/api.ts";

export type LedgerEvent = Reply<"/api/v1/audit/events">["items"][number];

/** Where the thing that an event is about is shown; null where it has no page. */
export function pageOf(object: string): string | null {
  const at = object.indexOf(":");
  const kind = object.slice(0, at);
  const id = object.slice(at + 1);
  const pages: Readonly<Record<string, string>> = {
    host: `/hosts/${id}`,
    patch: `/patches/${id}`,
    plan: `/plans/${id}`,
    change: `/changes/${id}`,
    rollout: `/rollouts/${id}`,
  };
  return pages[kind] ?? null;
}

/** An id short enough for a table; the whole one stands in the event. */
export function shortObject(object: string): string {
  const [kind, id] = [object.slice(0, object.indexOf(":")), object.slice(object.indexOf(":") + 1)];
  return id.length > 16 ? `${kind} ${id.slice(-8)}` : `${kind} ${id}`;
}

/** `about=host:…` of the address as the API's filter: what belongs to a case, or one thing alone. */
export function filterFrom(search: Readonly<Record<string, string>>) {
  const { about, type, actor } = search;
  const [kind, id] = about?.split(/:(.*)/s) ?? [];
  const isCase = kind === "patch" || kind === "change" || kind === "plan";
  return {
    ...(about === undefined ? {} : isCase ? { [kind]: id ?? "" } : { object: about }),
    ...(type === undefined ? {} : { type }),
    ...(actor === undefined ? {} : { actor }),
  };
}
