import { ask, type Client } from "../client/client.ts";

/** Handles by subject id: the ledger itself never holds names. */
export async function people(client: Client): Promise<ReadonlyMap<string, string>> {
  const { items } = await ask(client.GET("/api/v1/people"));
  return new Map(items.map((person) => [person.subject, person.handle]));
}

const OBJECTS_MAX = 100;

/** By object of an event (`host:<id>`) what people call it: `web-3`, `C-12`. */
export async function namesOfObjects(
  client: Client,
  objects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const sought = [...new Set(objects)].filter((object) => /:[0-9a-f-]{1,64}$/.test(object));
  const names = new Map<string, string>();
  for (let at = 0; at < sought.length; at += OBJECTS_MAX) {
    const query = { objects: sought.slice(at, at + OBJECTS_MAX).join(",") };
    const reply = await ask(client.GET("/api/v1/audit/names", { params: { query } }));
    for (const [object, name] of Object.entries(reply.names)) names.set(object, name);
  }
  return names;
}
