import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { clientOf, keysOf, providerNamed } from "./actions-provider-client.ts";
import { demandFewTries } from "./actions-setup.ts";
import { keyIdOf, type LogoutToken, readLogoutToken } from "./logout-token.ts";
import { ADDRESS_TRIES_MAX } from "./model.ts";
import { deleteProviderSessions, useLogoutToken } from "./store-providers.ts";
import { secretHash } from "./store-secret.ts";

/**
 * A provider says that somebody signed out there (Back-Channel Logout 1.0): the sessions here that it
 * vouched for end at once. Sessions that a passkey or password began do not: the provider did not begin
 * them. A sign-out of nobody who is here is a success (§2.7).
 */
export async function providerLogout(
  world: World,
  of: { readonly provider: string; readonly token: string; readonly address: string },
): Promise<void> {
  const provider = providerNamed(world, of.provider);
  const said = await readSaid(world, of);
  if (typeof said === "string") {
    await demandFewTries(world, `provider-logout ${of.address}`, ADDRESS_TRIES_MAX);
    throw await refused(world, provider.name, said);
  }
  // The issuer is in the digest, as ids of two providers may be the same.
  const hash = secretHash(`${provider.issuer}\n${said.jti}`);
  const isNew = await inTransaction(world.db, async (tx) => {
    if (!(await useLogoutToken(tx, { hash, expiresAt: said.expiresAt }))) return false;
    const ended = await deleteProviderSessions(tx, {
      ...{ provider: provider.name, providerSubject: said.sub, providerSession: said.sid },
    });
    for (const subject of new Set(ended)) {
      await recordEvent(tx, {
        type: "session.ended",
        actor: systemActor.subject,
        object: `subject:${subject}`,
        facts: { by: "provider", provider: provider.name },
      });
    }
    return true;
  });
  if (!isNew) throw await refused(world, provider.name, "it was used before");
}

async function readSaid(
  world: World,
  of: { readonly provider: string; readonly token: string },
): Promise<LogoutToken | string> {
  const head = keyIdOf(of.token);
  if (head === null) return "it is no signed token";
  const provider = providerNamed(world, of.provider);
  const keys = await keysOf(world, provider, head.kid);
  const { issuer } = (await clientOf(world, provider)).serverMetadata();
  const { clientId } = provider;
  return readLogoutToken(of.token, { issuer, clientId, keys, now: world.clock() });
}

async function refused(world: World, provider: string, why: string): Promise<Failure> {
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "sign-out.refused",
      actor: systemActor.subject,
      object: "entrance:unknown",
      facts: { provider, why },
    }),
  );
  return new Failure("invalid", `The logout token does not count: ${why}.`);
}
