import { ApiProblem, ask, openClient } from "../../src/client/client.ts";
import type { paths } from "../../src/client/schema.d.ts";
import { askForProof } from "./proof.ts";

/** What `GET` of a path answers, from the contract: `Reply<"/api/v1/hosts/{host}">`. */
export type Reply<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

/** The typed client; the session's cookie goes along by itself. */
export const api = openClient({ url: window.location.origin, prove: askForProof });

export { ApiProblem, ask };

/** Whether the server asks to sign in first. */
export function isSignedOut(cause: unknown): boolean {
  return cause instanceof ApiProblem && cause.code === "unauthenticated";
}

/** A key for a POST that must take effect once, however often it is sent. */
export function onceKey(): { readonly "idempotency-key": string } {
  return { "idempotency-key": crypto.randomUUID() };
}
