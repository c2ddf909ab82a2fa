import { AsyncLocalStorage } from "node:async_hooks";
import type { Actor } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import type { JsonObject } from "../base/json.ts";
import type { Tx } from "../db/database.ts";

/**
 * Where what happens now comes from: the request under way. Every record of an event takes it up by
 * itself, so that no caller can forget to say it. Loops have none: they act as the server itself.
 */
export interface Origin {
  readonly request: string;
  readonly via: Actor["via"];
  /** The sign-in or token, by the beginning of its hash: enough to tell two apart, not to use one. */
  readonly session: string | null;
  /** The peer's address; personal, so it is sealed before it is written. */
  readonly address: string;
  /** How strongly its person is signed in, as it is at this request; null where nobody is. */
  signIn(tx: Tx): Promise<JsonObject | null>;
  seal(tx: Tx, subject: SubjectId, text: string): Promise<string>;
}

const current = new AsyncLocalStorage<Origin>();

/** Runs the work; every event that it records says that it came from there. */
export function comingFrom<T>(origin: Origin, work: () => Promise<T>): Promise<T> {
  return current.run(origin, work);
}

/** What an entry says of the request under way; nothing outside of one. */
export async function originOf(tx: Tx, actor: SubjectId): Promise<JsonObject> {
  const origin = current.getStore();
  if (origin === undefined) return {};
  const { request, via, session } = origin;
  const address = await origin.seal(tx, actor, origin.address);
  const signIn = await origin.signIn(tx);
  return {
    ...{ request, via, address },
    ...(session === null ? {} : { session }),
    ...(signIn === null ? {} : { signIn }),
  };
}
