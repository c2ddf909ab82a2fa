import { readFile } from "node:fs/promises";
import * as oidc from "openid-client";
import { z } from "zod";
import type { ProviderConfig } from "../base/config-providers.ts";
import { Failure } from "../base/failure.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../base/instant.ts";
import { readSecretFile } from "../base/secret-file.ts";
import type { World } from "../db/world.ts";
import { reachOfOperators } from "../outbound/address.ts";
import { askOnce } from "../outbound/ask-once.ts";
import type { Jwk } from "./logout-token.ts";

/** What a provider publishes about itself, asked over the one way out, and kept for a while. */
const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 1_048_576;

export function providerNamed(world: World, name: string): ProviderConfig {
  const provider = world.config.signIn.providers.find((one) => one.name === name);
  if (provider !== undefined) return provider;
  throw new Failure("not-found", "There is no such provider to sign in with.");
}

interface KnownClient {
  readonly client: oidc.Configuration;
  readonly at: Instant;
}

/** What a provider publishes about itself, asked anew each hour. */
const clients = new WeakMap<ProviderConfig, KnownClient>();

export async function clientOf(
  world: World,
  provider: ProviderConfig,
): Promise<oidc.Configuration> {
  const known = clients.get(provider);
  if (known !== undefined && world.clock() - known.at < HOUR_MS) return known.client;
  const secret = await readSecretFile(provider.clientSecretFile, {
    failing: `The secret of the provider ${provider.name}`,
    mustHold: "one line",
    parse: (text) => (/^\S{8,}$/.test(text.trim()) ? text.trim() : null),
  });
  const authority = provider.caFile === undefined ? null : await readFile(provider.caFile, "utf8");
  const issuer = new URL(provider.issuer);
  try {
    const client = await oidc.discovery(issuer, provider.clientId, secret, undefined, {
      [oidc.customFetch]: (url, options) => fetchFor(authority, url, options),
      // The signature counts although the token comes over TLS: a proxy between may be another's.
      execute: [
        oidc.enableNonRepudiationChecks,
        ...(issuer.protocol === "http:" ? [oidc.allowInsecureRequests] : []),
      ],
    });
    clients.set(provider, { client, at: world.clock() });
    return client;
  } catch (cause) {
    throw new Failure(
      "unavailable",
      `${provider.title} does not answer as a provider should. Try again, or sign in another way.`,
      { cause },
    );
  }
}

async function fetchFor(
  authority: string | null,
  url: string,
  options: oidc.CustomFetchOptions,
): Promise<Response> {
  const { status, headers, body } = await askOnce({
    ...{ url, authority, reach: reachOfOperators },
    method: options.method === "POST" ? "POST" : "GET",
    headers: options.headers,
    body: options.body === undefined || options.body === null ? null : String(options.body),
    timeoutMs: ANSWER_MS_MAX,
    bytesMax: ANSWER_BYTES_MAX,
    signal: options.signal ?? new AbortController().signal,
  });
  const type = headers["content-type"];
  return new Response(status === 204 ? null : body, {
    status,
    headers: type === undefined ? {} : { "content-type": type },
  });
}

const keysSchema = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

interface KnownKeys {
  readonly keys: readonly Jwk[];
  readonly at: Instant;
}

const published = new WeakMap<ProviderConfig, KnownKeys>();

/**
 * The provider's keys. Asked again for a key that is not among them, but at most once a minute, as
 * whoever sends a token can name any key.
 */
export async function keysOf(
  world: World,
  provider: ProviderConfig,
  kid: string | null,
): Promise<readonly Jwk[]> {
  const known = published.get(provider);
  const age = known === undefined ? Number.POSITIVE_INFINITY : world.clock() - known.at;
  const hasIt = kid === null || known?.keys.some((key) => key.kid === kid) === true;
  if (known !== undefined && (age < MINUTE_MS || (hasIt && age < HOUR_MS))) return known.keys;
  const { jwks_uri: url } = (await clientOf(world, provider)).serverMetadata();
  if (url === undefined) return [];
  const authority = provider.caFile === undefined ? null : await readFile(provider.caFile, "utf8");
  const answer = await fetchFor(authority, url, {
    method: "GET",
    headers: {},
    body: null,
  } as never);
  const { keys } = keysSchema.parse(await answer.json());
  published.set(provider, { keys: keys as readonly Jwk[], at: world.clock() });
  return keys as readonly Jwk[];
}
