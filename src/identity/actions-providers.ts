import * as oidc from "openid-client";
import { z } from "zod";
import type { Actor } from "../base/actor.ts";
import type { ProviderConfig } from "../base/config-providers.ts";
import { Failure } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { begin, type Entered, type EntranceCall, refused } from "./actions-enter.ts";
import { followGroups } from "./actions-groups.ts";
import { clientOf, providerNamed } from "./actions-provider-client.ts";
import { demandFewTries } from "./actions-setup.ts";
import { PROOF_LIFE_MS, type Strength } from "./fresh-proof.ts";
import { ADDRESS_TRIES_MAX } from "./model.ts";
import { wordsOf } from "./sign-in-said.ts";
import { insertSubject, loadSubject } from "./store.ts";
import { keepChallenge, takeChallenge } from "./store-challenge.ts";
import { findLinked, insertLink, noteSource } from "./store-providers.ts";
import { newSecret, secretHash } from "./store-secret.ts";

/**
 * Signing in through an OpenID Connect provider (Core 1.0): authorization code with PKCE, nonce and
 * state, the answer's issuer checked (RFC 9207), the ID token's signature and claims checked. The flow
 * belongs to the browser that began it: it must show a secret that only its page has. An account is
 * found by the provider's own subject, never by e-mail address or name.
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

interface Person {
  readonly sub: string;
  readonly handle: string;
  readonly name: string;
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

/** Whether the provider ends its session when somebody signs out here. */
function endsSessions(config: oidc.Configuration, { signOut }: ProviderConfig): boolean {
  return signOut === "there" && config.serverMetadata().end_session_endpoint !== undefined;
}

const HANDLE = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** The account here: the linked one, the one that asked to be linked, or a new one where allowed. */
async function accountOf(
  world: World,
  tx: Tx,
  of: {
    readonly provider: ProviderConfig;
    readonly person: Person;
    readonly link: SubjectId | null;
  },
): Promise<SubjectId> {
  const { provider, person, link } = of;
  const key = { provider: provider.name, providerSubject: person.sub };
  const linked = await findLinked(tx, key);
  if (linked !== null && (link === null || link === linked)) return enabled(tx, linked);
  if (link !== null) {
    const isNew = linked === null && (await insertLink(tx, { ...key, subject: link }));
    if (!isNew) throw new Failure("conflict", "That identity belongs to another account here.");
    await noteLink(tx, link, provider);
    return enabled(tx, link);
  }
  if (provider.people === "linked") {
    throw new Failure(
      "forbidden",
      `${provider.title} knows you, this server does not. Sign in with your invitation first, then link ${provider.title} under Settings, My sign-in.`,
    );
  }
  const { handle, name } = person;
  const id = newId<SubjectId>(world.clock());
  const isFree =
    HANDLE.test(handle) && (await insertSubject(tx, { ...{ id, handle, name }, ...PERSON }));
  if (!isFree) {
    throw new Failure(
      "conflict",
      `An account with the handle ${JSON.stringify(handle)} cannot be made here: it is taken, or no handle. Who has it links ${provider.title} in the settings.`,
    );
  }
  await noteSource(tx, { subject: id, source: "provider" });
  await recordEvent(tx, {
    type: "subject.added",
    actor: id,
    object: `subject:${id}`,
    facts: { kind: "person", provider: provider.name },
  });
  await insertLink(tx, { ...key, subject: id });
  await noteLink(tx, id, provider);
  return id;
}

const PERSON = { kind: "person", owner: null } as const;

async function enabled(tx: Tx, id: SubjectId): Promise<SubjectId> {
  const subject = await loadSubject(tx, id);
  if (subject !== null && subject.disabledAt === null) return id;
  throw new Failure("unauthenticated", "That did not sign you in: this account is disabled.");
}

async function noteLink(tx: Tx, subject: SubjectId, provider: ProviderConfig): Promise<void> {
  const facts = { provider: provider.name };
  await recordEvent(tx, {
    ...{ type: "provider.linked", facts },
    ...{ actor: subject, object: `subject:${subject}` },
  });
}
