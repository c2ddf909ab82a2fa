import { api, ask } from "../app/api.ts";
import { queries } from "../app/queries.ts";

/** Starts the browser's session; its secret is in a cookie that no script can read. */
export async function signIn(handle: string, password: string): Promise<void> {
  await ask(api.POST("/api/v1/login", { body: { handle, password } }));
  queries.clear();
}

/**
 * Setup and invitations answer with a token for the command line. The browser works with a session, so
 * it gives the token back at once and signs in with the password that was just set.
 */
export async function exchangeToken(token: string, password: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const me = await ask(api.GET("/api/v1/me", { headers }));
  await ask(api.POST("/api/v1/logout", { headers }));
  await signIn(me.handle, password);
}

/** The secret of a one-time link. It stands behind the hash sign, which no server and no log sees. */
export function secretInLink(): string {
  return window.location.hash.slice(1);
}

/** Takes the secret out of the address, so that it stays in no history. */
export function hideSecret(): void {
  window.history.replaceState(null, "", window.location.pathname);
}
