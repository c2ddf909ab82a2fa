import { ask, type Client } from "../client/client.ts";

/** Handles by subject id: the ledger itself never holds names. */
export async function people(client: Client): Promise<ReadonlyMap<string, string>> {
  const { items } = await ask(client.GET("/api/v1/people"));
  return new Map(items.map((person) => [person.subject, person.handle]));
}
