import * as oidc from "openid-client";
import { z } from "zod";
import type { Actor } from "../base/actor.ts";
import type { ProviderConfig } from "../base/config-providers.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { begin, type Entered, type EntranceCall, refused } from "./actions-enter.ts";
import { followGroups } from "./actions-groups.ts";
import { accountOf, type VouchedPerson } from "./actions-provider-account.ts";
import { clientOf, providerNamed } from "./actions-provider-client.ts";
import { demandFewTries } from "./actions-setup.ts";
import { PROOF_LIFE_MS, type Strength } from "./fresh-proof.ts";
import { ADDRESS_TRIES_MAX } from "./model.ts";
import { wordsOf } from "./sign-in-said.ts";
import { lockAdmins } from "./store.ts";
import { keepChallenge, takeChallenge } from "./store-challenge.ts";
import { newSecret, secretHash } from "./store-secret.ts";

/**
 * Signing in through an OpenID Connect provider (Core 1.0): authorization code with PKCE, nonce and
 * state, the answer's issuer checked (RFC 9207), the ID token's signature and claims checked. The flow
 * belongs to the browser that began it: it must show a secret that only its page has.
 */
const flowSchema = z.strictObject({
  provider: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** SHA-256 of what the page keeps. */
  binding: z.string(),
  redirect: z.string(),
});

interface Begun {
  /** Where the browser goes. */
  readonly url: string;
  /** Kept by the page, shown when it comes back. */
  readonly binding: string;
}

/** Sends the browser to the provider: to sign in, or, signed in, to link the account to it. */
export async function beginProvider(
  world: World,
  of: { readonly provider: string; readonly origin: string | null; readonly link: Actor | null },
): Promise<Begun> {
  const provider = providerNamed(world, of.provider);
  if (of.origin === null) {
    throw new Failure("invalid", "Signing in by a provider begins in a page of this server.");
  }
  const config = await clientOf(world, provider);
  const [state, nonce, binding] = [newSecret(), newSecret(), newSecret()];
  const verifier = oidc.randomPKCECodeVerifier();
  const redirect = `${of.origin}/signed-in`;
  await keepChallenge(world.db, {
    challenge: state,
    purpose: "provider",
    subject: of.link?.subject ?? null,
    facts: { provider: provider.name, nonce, verifier, binding: secretHash(binding), redirect },
  });
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: provider.scopes,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    // Who was seen longer ago is asked again there, so that a sign-in here is a fresh proof.
    max_age: String(PROOF_LIFE_MS / 1000),
  });
  return { url: url.href, binding };
}

/** What the provider sent the browser back with becomes a sign-in, once. */
export async function finishProvider(
  world: World,
  call: EntranceCall & { readonly answer: string; readonly binding: string },
): Promise<Entered> {
  await demandFewTries(world, `login-from ${call.address}`, ADDRESS_TRIES_MAX);
  const answer = new URLSearchParams(call.answer);
  const state = answer.get("state") ?? "";
  const kept = await takeChallenge(world.db, { challenge: state, purpose: "provider" });
  if (kept === null) throw await refused(world, null, "provider");
  const flow = flowSchema.parse(kept.facts);
  if (secretHash(call.binding) !== flow.binding) throw await refused(world, null, "provider");
  const provider = providerNamed(world, flow.provider);
  const person = await personSaid(world, { provider, flow, state, answer });
  if (person === null) throw await refused(world, null, "provider");
  const subject = await inTransaction(world.db, async (tx) => {
    // Directories write people and their ids under the same lock.
    await lockAdmins(tx);
    const found = await accountOf(world, tx, { provider, person, link: kept.subject });
    await followGroups(world, tx, { subject: found, groups: person.groups });
    return found;
  });
  const { strength, seenAt, sid, idToken } = person;
  return begin(world, {
    ...{ ...call, subject, strength, by: "provider" },
    ...{ provider: provider.name, provedAt: seenAt, providerSession: sid, idToken },
    words: person.words,
  });
}

interface Person extends VouchedPerson {
  readonly groups: readonly string[];
  readonly strength: Strength;
  /** `amr` and `acr` as they came. */
  readonly words: JsonObject;
  readonly seenAt: Instant;
  /** The session there, by which a sign-out may name it. */
  readonly sid: string | null;
  /** As it came; kept where the provider can be told of a sign-out. */
  readonly idToken: string | null;
}

const claimsSchema = z.looseObject({
  sub: z.string().min(1).max(255),
  auth_time: z.number(),
  name: z.string().trim().min(1).max(200).optional(),
  amr: z.array(z.string()).optional(),
  acr: z.string().optional(),
  sid: z.string().min(1).max(255).optional(),
});

/** Who the provider says it is; null when any check of the answer fails. */
async function personSaid(
  world: World,
  of: {
    readonly provider: ProviderConfig;
    readonly flow: z.output<typeof flowSchema>;
    readonly state: string;
    readonly answer: URLSearchParams;
  },
): Promise<Person | null> {
  const { provider, flow } = of;
  const config = await clientOf(world, provider);
  try {
    const url = new URL(`${flow.redirect}?${of.answer}`);
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      expectedNonce: flow.nonce,
      expectedState: of.state,
      pkceCodeVerifier: flow.verifier,
      idTokenExpected: true,
      maxAge: PROOF_LIFE_MS / 1000,
    });
    const claims = claimsSchema.parse(tokens.claims());
    const groups = z
      .array(z.string())
      .max(5_000)
      .safeParse(claims[provider.groupsClaim] ?? []);
    const said = [...(claims.amr ?? []), ...(claims.acr === undefined ? [] : [claims.acr])];
    const handle = String(claims[provider.handleClaim] ?? "").toLowerCase();
    return {
      sub: claims.sub,
      handle,
      name: claims.name ?? handle,
      externalId: externalIdOf(claims, provider),
      groups: groups.success ? groups.data : [],
      strength: said.some((word) => provider.twoFactors.includes(word)) ? "two" : "one",
      words: wordsOf(claims),
      seenAt: claims.auth_time * 1000,
      sid: claims.sid ?? null,
      idToken: endsSessions(config, provider) ? (tokens.id_token ?? null) : null,
    };
  } catch (cause) {
    world.log.warn({ err: cause, provider: provider.name }, "a provider's answer was refused");
    return null;
  }
}

const externalIdSchema = z.string().min(1).max(300);

/** By the claim that the configuration names; a list, a number or nothing is no id. */
function externalIdOf(
  claims: z.output<typeof claimsSchema>,
  { directory }: ProviderConfig,
): string | null {
  if (directory === undefined) return null;
  return externalIdSchema.safeParse(claims[directory.externalId]).data ?? null;
}

/** Whether the provider ends its session when somebody signs out here. */
function endsSessions(config: oidc.Configuration, { signOut }: ProviderConfig): boolean {
  return signOut === "there" && config.serverMetadata().end_session_endpoint !== undefined;
}
