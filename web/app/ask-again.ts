import type { Query, QueryClient } from "@tanstack/react-query";

/**
 * Makes answers old, and asks again what somebody looks at. A question that is on its way is let
 * finish and then asked once more, however often it was made old meanwhile: hints that come faster
 * than an answer would otherwise cancel it for ever.
 */
export class Asker {
  readonly #client: QueryClient;
  readonly #late = new Set<string>();

  constructor(client: QueryClient) {
    this.#client = client;
  }

  async makeOld(isOld: (query: Query) => boolean): Promise<void> {
    const found = this.#client.getQueryCache().findAll({ predicate: isOld });
    await Promise.all(found.map((query) => this.#again(query)));
  }

  async #again(query: Query): Promise<void> {
    if (this.#late.has(query.queryHash)) return;
    this.#late.add(query.queryHash);
    try {
      // Whether it went well or not is told to those who look at it; here only its end matters.
      if (query.state.fetchStatus === "fetching") await query.promise?.catch(() => undefined);
    } finally {
      this.#late.delete(query.queryHash);
    }
    await this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}
