import * as oidc from "openid-client";
import { z } from "zod";
import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { clientOf, providerNamed } from "./actions-provider-client.ts";
import { demandFewTries } from "./actions-setup.ts";
import { ADDRESS_TRIES_MAX } from "./model.ts";
import { keepChallenge, takeChallenge } from "./store-challenge.ts";
import { seal, unseal } from "./store-seal.ts";
import { newSecret, secretHash } from "./store-secret.ts";
import type { EndedSession } from "./store-session.ts";

/**
 * Signing out here ends the session at the provider that began it too (OpenID Connect RP-Initiated
 * Logout 1.0): the browser is sent there with the ID token it signed in by, and comes back with the state
 * it was given. The session here ended before, whether the provider answers or not.
 */

/** In a query beside the rest; whoever has a longer token is asked by the provider (§2). */
const HINT_CHARACTERS_MAX = 4_096;

const purposeOf = (session: string): string => `id-token of session ${session}`;

/** The ID token as the session keeps it; null where it would not be used, or is too long for a query. */
export async function sealHint(
  world: World,
  of: { readonly session: string; readonly idToken: string | null },
): Promise<string | null> {
  const { idToken, session } = of;
  if (idToken === null || idToken.length > HINT_CHARACTERS_MAX) return null;
  return seal(world, { text: idToken, purpose: purposeOf(session) });
}

export interface SignOutThere {
  /** Where the browser goes: the provider's own `end_session_endpoint`. */
  readonly url: string;
  /** Kept by the page, shown when it comes back. */
  readonly binding: string;
}

/** Where the browser goes on to; null where nobody else began the session, or that one has no such page. */
export async function beginSignOutThere(
  world: World,
  of: { readonly ended: EndedSession; readonly origin: string | null },
): Promise<SignOutThere | null> {
  const { ended, origin } = of;
  const provider = world.config.signIn.providers.find(({ name }) => name === ended.provider);
  if (provider === undefined || provider.signOut === "here" || origin === null) return null;
  try {
    const config = await clientOf(world, provider);
    if (config.serverMetadata().end_session_endpoint === undefined) return null;
    const { hint, id } = ended;
    const idToken =
      hint === null ? null : await unseal(world, { sealed: hint, purpose: purposeOf(id) });
    const [state, binding] = [newSecret(), newSecret()];
    const url = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: `${origin}/signed-out`,
      state,
      ...(idToken === null ? {} : { id_token_hint: idToken }),
    });
    await keepChallenge(world.db, {
      challenge: state,
      purpose: "provider-sign-out",
      subject: ended.subject,
      facts: { provider: provider.name, binding: secretHash(binding) },
    });
    return { url: url.href, binding };
  } catch (cause) {
    // The session here is over already; a provider that is away keeps nobody from signing out.
    world.log.warn({ err: cause, provider: provider.name }, "nobody was signed out at a provider");
    return null;
  }
}

const factsSchema = z.strictObject({ provider: z.string(), binding: z.string() });

/**
 * The provider sent the browser back with the state that it was given, once and within minutes, and the
 * page is the one that signed out. Returns the provider's title.
 */
export async function finishSignOutThere(
  world: World,
  of: { readonly state: string; readonly binding: string; readonly address: string },
): Promise<string> {
  await demandFewTries(world, `login-from ${of.address}`, ADDRESS_TRIES_MAX);
  const kept = await takeChallenge(world.db, {
    challenge: of.state,
    purpose: "provider-sign-out",
  });
  const facts = kept === null ? null : factsSchema.parse(kept.facts);
  if (kept === null || kept.subject === null || facts === null) throw await refused(world, null);
  if (facts.binding !== secretHash(of.binding)) throw await refused(world, facts.provider);
  const provider = providerNamed(world, facts.provider);
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "provider.signed-out",
      actor: kept.subject as SubjectId,
      object: `subject:${kept.subject}`,
      facts: { provider: provider.name },
    }),
  );
  return provider.title;
}

async function refused(world: World, provider: string | null): Promise<Failure> {
  const why = "the state is of no sign-out that this browser began";
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "sign-out.refused",
      actor: systemActor.subject,
      object: "entrance:unknown",
      facts: { provider: provider ?? "unknown", why },
    }),
  );
  return new Failure(
    "invalid",
    "You are signed out here. Whether the provider ended your session there is not known: what the browser brought back belongs to no sign-out that it began.",
  );
}
