import { api, ask, type Reply } from "../app/api.ts";

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

/** `host web-3`, `change C-12`; what has no name by an id short enough for a table. */
export function shortObject(object: string, name: string | undefined): string {
  const [kind, id] = [object.slice(0, object.indexOf(":")), object.slice(object.indexOf(":") + 1)];
  if (name !== undefined) return `${kind} ${name}`;
  return id.length > 16 ? `${kind} ${id.slice(-8)}` : `${kind} ${id}`;
}

const OBJECTS_MAX = 100;

/** What people call the things that events are about, by object. */
export async function namesOf(
  events: readonly { readonly object: string }[],
): Promise<Readonly<Record<string, string>>> {
  const sought = [...new Set(events.map((event) => event.object))].filter((object) =>
    /:[0-9a-f-]{1,64}$/.test(object),
  );
  let names: Readonly<Record<string, string>> = {};
  for (let at = 0; at < sought.length; at += OBJECTS_MAX) {
    const query = { objects: sought.slice(at, at + OBJECTS_MAX).join(",") };
    const reply = await ask(api.GET("/api/v1/audit/names", { params: { query } }));
    names = { ...names, ...reply.names };
  }
  return names;
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
