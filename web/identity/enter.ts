import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { ApiProblem, api, ask } from "../app/api.ts";
import { queries } from "../app/queries.ts";

interface Password {
  readonly handle: string;
  readonly password: string;
  readonly code?: string;
}

/** Starts the browser's session; its secret is in a cookie that no script can read. */
export async function signIn(who: Password): Promise<void> {
  const body = { by: "password" as const, as: "session" as const, ...who };
  await ask(api.POST("/api/v1/sessions", { body }));
  queries.clear();
}

/** Whether the password was right and the account's one-time code is asked for. */
export function needsCode(cause: unknown): boolean {
  return cause instanceof ApiProblem && cause.facts["needs"] === "code";
}

/** Signs in with whichever passkey of this site the person chooses. */
export async function signInByPasskey(): Promise<void> {
  const begun = await ask(api.POST("/api/v1/sessions", { body: { by: "passkey-options" } }));
  if (begun.kind !== "passkey-options") throw new Error("the server gave no options");
  const response = await authenticated(begun.options);
  const body = { by: "passkey" as const, as: "session" as const, response };
  await ask(api.POST("/api/v1/sessions", { body }));
  queries.clear();
}

/** Proves with a passkey who is signed in. */
export async function proveByPasskey(): Promise<void> {
  const { options } = await ask(api.POST("/api/v1/me/proof/options"));
  const passkey = await authenticated(options);
  await ask(api.POST("/api/v1/me/proof", { body: { passkey } }));
}

export async function makePasskey(title: string): Promise<void> {
  const { options } = await ask(api.POST("/api/v1/me/passkeys/options"));
  const optionsJSON = options as unknown as Parameters<typeof startRegistration>[0]["optionsJSON"];
  const response = (await withBrowser(() => startRegistration({ optionsJSON }))) as never;
  await ask(api.POST("/api/v1/me/passkeys", { body: { title, response } }));
}

async function authenticated(options: Readonly<Record<string, unknown>>): Promise<never> {
  const optionsJSON = options as unknown as Parameters<
    typeof startAuthentication
  >[0]["optionsJSON"];
  return (await withBrowser(() => startAuthentication({ optionsJSON }))) as never;
}

/** The browser's own refusals (the person closed it, nothing fits) in words. */
async function withBrowser<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new ApiProblem(
      "blocked",
      "The browser gave no passkey: none was chosen, none is here for this site, or it took too long.",
      { cause },
    );
  }
}

interface MadeToken {
  readonly kind: string;
  readonly token?: string;
}

/**
 * Setup and invitations answer with a token for the command line. The browser works with a session, so
 * it gives the token back at once and signs in with the password that was just set.
 */
export async function exchangeToken(made: MadeToken, password: string): Promise<void> {
  const headers = { authorization: `Bearer ${made.token ?? ""}` };
  const { handle } = await ask(api.GET("/api/v1/me", { headers }));
  await ask(api.POST("/api/v1/logout", { headers }));
  await signIn({ handle, password });
}

/** The secret of a one-time link. It stands behind the hash sign, which no server and no log sees. */
export function secretInLink(): string {
  return window.location.hash.slice(1);
}

/** Takes the secret out of the address, so that it stays in no history. */
export function hideSecret(): void {
  window.history.replaceState(null, "", window.location.pathname);
}
