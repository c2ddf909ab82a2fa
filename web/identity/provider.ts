import { api, ask } from "../app/api.ts";
import { queries } from "../app/queries.ts";

/**
 * The flow through a provider belongs to this browser: what proves it waits in the tab's own storage,
 * so that a link from somebody else cannot sign anybody in as them.
 */
const KEPT = "fettle-provider";

interface Kept {
  readonly binding: string;
  readonly next: string;
}

export async function goToProvider(provider: string, next: string): Promise<void> {
  const begun = await ask(api.POST("/api/v1/sessions", { body: { by: "provider", provider } }));
  if (begun.kind === "provider") leave(begun, next);
}

export async function linkProvider(provider: string): Promise<void> {
  const begun = await ask(api.POST("/api/v1/me/providers", { body: { provider } }));
  leave(begun, "/settings/sign-in");
}

function leave(begun: { readonly url: string; readonly binding: string }, next: string): void {
  const kept: Kept = { binding: begun.binding, next };
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
  window.location.assign(begun.url);
}

/** Hands the provider's answer in, once; returns where the person was going. */
export async function answerOfProvider(): Promise<string> {
  const { binding, next } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Partial<Kept>;
  sessionStorage.removeItem(KEPT);
  const answer = window.location.search.slice(1);
  const body = { by: "provider-answer" as const, as: "session" as const, answer };
  const shown = binding ?? "begun in another browser";
  await ask(api.POST("/api/v1/sessions", { body: { ...body, binding: shown } }));
  queries.clear();
  return next ?? "/";
}

const KEPT_LEAVING = "fettle-signing-out";

/** Goes to the provider, so that the session there ends too. */
export function leaveToSignOut(there: { readonly url: string; readonly binding: string }): void {
  sessionStorage.setItem(KEPT_LEAVING, there.binding);
  window.location.assign(there.url);
}

/** Hands in what the provider sent the browser back with; returns its title, null where it sent nothing. */
export async function backFromSignOut(): Promise<string | null> {
  const binding = sessionStorage.getItem(KEPT_LEAVING);
  const state = new URLSearchParams(window.location.search).get("state");
  sessionStorage.removeItem(KEPT_LEAVING);
  if (binding === null || state === null) return null;
  const body = { by: "provider-signed-out" as const, state, binding };
  const answer = await ask(api.POST("/api/v1/sessions", { body }));
  return answer.kind === "signed-out" ? answer.title : null;
}
