import { type RawBuilder, sql } from "kysely";
import { systemActor } from "../base/actor.ts";
import { type Id, newId, type SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { sqlInstant, type Tx } from "../db/database.ts";
import { setQuorum, setRingQuorum } from "../fleet/store-witness-quorum.ts";
import { forgetSignIn } from "../identity/store-recovery.ts";
import { destroySubjectKey } from "../ledger/store-seal.ts";
import { eraseSubject, loadHoldOver } from "../records/store-erasure.ts";
import { rolloutMoves, statesWith } from "../rollout/model.ts";
import type { HaltScope } from "../rollout/store-halts.ts";
import { setHalt } from "../rollout/store-halts.ts";
import type { Replayed } from "./model.ts";
import type { Narrowing } from "./narrowing.ts";

/** Why each thing was done, wherever words are kept with it. */
export const REPLAYED_WORDS =
  "The database was put back to an older copy; the log says that this was so.";

const counted = async (tx: Tx, query: RawBuilder<unknown>): Promise<number> =>
  Number((await query.execute(tx)).numAffectedRows ?? 0n);

/** Takes away again what the missing events took away; returns how many of each there were. */
export async function narrow(tx: Tx, of: Narrowing, at: Instant): Promise<Replayed> {
  return {
    ...(await narrowHalts(tx, of)),
    ...(await narrowPeople(tx, of)),
    ...(await narrowSecrets(tx, of)),
    ...(await narrowHosts(tx, of, at)),
    ...(await placeHolds(tx, of, at)),
  };
}

async function narrowHalts(tx: Tx, of: Narrowing): Promise<Replayed> {
  const reason = { why: "person", text: REPLAYED_WORDS } as const;
  for (const { scope, isFrozen } of of.scopesHalted) {
    if (!/^(all|ring:.+|service:.+)$/.test(scope)) continue;
    await setHalt(tx, {
      scope: scope as Exclude<HaltScope, `rollout:${string}`>,
      ...{ isHalted: true, isFrozen, reason, by: systemActor.subject },
    });
  }
  const stopped = await counted(
    tx,
    sql`update rollout set state = 'stopped', ended_at = now(), generation = generation + 1
         where id = any(${[...of.rolloutsStopped]}::text[])
           and state = any(${[...statesWith(rolloutMoves, "stop")]}::text[])`,
  );
  return { "scopes halted": of.scopesHalted.length, "rollouts stopped": stopped };
}

async function narrowPeople(tx: Tx, of: Narrowing): Promise<Replayed> {
  const disabled = await counted(
    tx,
    sql`update subject set disabled_at = coalesce(disabled_at, now()), version = version + 1
         where id = any(${[...of.peopleDisabled]}::text[])`,
  );
  let erased = 0;
  for (const one of of.peopleErased) if (await eraseAgain(tx, one)) erased += 1;
  let grants = 0;
  for (const { subject, role, scope } of of.grantsRemoved) {
    grants += await counted(
      tx,
      sql`delete from role_grant where subject = ${subject} and role = ${role} and scope = ${scope}`,
    );
  }
  const rules = await counted(
    tx,
    sql`delete from group_rule where id = any(${[...of.groupRulesRemoved]}::text[])`,
  );
  let links = 0;
  for (const { subject, provider } of of.linksRemoved) {
    links += await counted(
      tx,
      sql`delete from provider_identity where subject = ${subject} and provider = ${provider}`,
    );
  }
  const delegations = await counted(
    tx,
    sql`update delegation set revoked_at = now()
         where id = any(${[...of.delegationsEnded]}::text[]) and revoked_at is null`,
  );
  return {
    ...{ "people disabled": disabled, "people erased": erased, "roles taken": grants },
    ...{ "group rules taken": rules, "delegations ended": delegations },
    "provider links taken": links,
  };
}

/** False where they are not here, or a legal hold stands against it: that one people must lift. */
async function eraseAgain(tx: Tx, of: Narrowing["peopleErased"][number]): Promise<boolean> {
  const { subject, askedBy, by } = of;
  const { rows } = await sql`select 1 from subject where id = ${subject} for update`.execute(tx);
  if (rows.length === 0 || (await loadHoldOver(tx, subject)) !== null) return false;
  await sql`
    insert into subject_erasure (subject, reason, asked_by)
    values (${subject}, ${REPLAYED_WORDS}, ${askedBy}) on conflict do nothing`.execute(tx);
  await eraseSubject(tx, { subject, by });
  await destroySubjectKey(tx, subject);
  return true;
}

async function narrowSecrets(tx: Tx, of: Narrowing): Promise<Replayed> {
  for (const subject of of.signInsForgotten) await forgetSignIn(tx, subject as SubjectId);
  const all = async (
    query: (list: readonly string[]) => RawBuilder<unknown>,
    list: readonly string[],
  ) => (list.length === 0 ? 0 : counted(tx, query(list)));
  const passwords = await all(
    (list) => sql`update subject set password_hash = null, version = version + 1
      where id = any(${[...list]}::text[]) and password_hash is not null`,
    of.passwordsForgotten,
  );
  const tokens = await all(
    (list) => sql`
      with recursive family as (
        select id from api_token where id = any(${[...list]}::text[])
        union select t.id from api_token t join family f on t.parent = f.id)
      update api_token t set revoked_at = now() from family f
       where t.id = f.id and t.revoked_at is null`,
    of.tokensRevoked,
  );
  const passkeys = await all(
    (list) => sql`update passkey set removed_at = now()
      where id = any(${[...list]}::text[]) and removed_at is null`,
    of.passkeysRemoved,
  );
  const removed = await all(
    (list) => sql`update approver_key set removed_at = now()
      where id = any(${[...list]}::text[]) and removed_at is null`,
    of.keysRemoved,
  );
  const revoked = await all(
    (list) => sql`update approver_key set removed_at = coalesce(removed_at, now()),
        revoked_at = coalesce(revoked_at, now())
      where fingerprint = any(${[...list]}::text[])`,
    of.keysRevoked,
  );
  await all(
    (list) => sql`delete from one_time_code where subject = any(${[...list]}::text[])`,
    of.codesRemoved,
  );
  await all(
    (list) => sql`update recovery_code set used_at = coalesce(used_at, now())
      where subject = any(${[...list]}::text[])`,
    of.codesUsed,
  );
  await all(
    (list) => sql`delete from recovery_share where subject = any(${[...list]}::text[])`,
    of.holdersDismissed,
  );
  await all(
    (list) => sql`update recovery_share set hash = null, taken_at = null
      where subject = any(${[...list]}::text[])`,
    of.sharesUsed,
  );
  return {
    ...{ "passwords that were changed": passwords, "tokens revoked": tokens },
    ...{ "passkeys removed": passkeys, "keys removed": removed, "keys revoked": revoked },
  };
}

async function narrowHosts(tx: Tx, of: Narrowing, at: Instant): Promise<Replayed> {
  let agents = 0;
  for (const { host, state } of of.agentsOut) {
    agents += await counted(
      tx,
      sql`update agent set state = ${state}, state_reason = ${REPLAYED_WORDS}, state_at = now()
           where host = ${host} and state <> 'buried' and state <> ${state}`,
    );
  }
  const removed = await counted(
    tx,
    sql`update host set removed_at = ${sqlInstant(at)}
         where id = any(${[...of.hostsRemoved]}::text[]) and removed_at is null`,
  );
  await sql`update ledger_witness set removed_at = now()
             where name = any(${[...of.witnessesRemoved]}::text[]) and removed_at is null`.execute(
    tx,
  );
  await sql`update ledger_witness set contradicts_at = now()
             where name = any(${[...of.witnessesContradicting]}::text[])
               and contradicts_at is null`.execute(tx);
  // Also where the copy's witnesses are too few: then nothing starts until people add some or ask less.
  if (of.quorumRaised !== null) await setQuorum(tx, of.quorumRaised);
  for (const rule of of.ringQuorumsRaised) await setRingQuorum(tx, rule);
  return {
    ...{ "agents buried or in quarantine": agents, "hosts removed": removed },
    "quorums of witnesses raised": of.ringQuorumsRaised.length + (of.quorumRaised === null ? 0 : 1),
  };
}

async function placeHolds(tx: Tx, of: Narrowing, at: Instant): Promise<Replayed> {
  for (const hold of of.holdsPlaced) {
    const reason = `${REPLAYED_WORDS} Entry ${hold.index} placed this hold.`;
    const also =
      hold.kind === "host"
        ? sql`(select protocol_id from host where id = ${hold.about})`
        : sql`null`;
    await sql`
      insert into legal_hold (id, kind, about, also, counts_from, counts_until, reason, placed_by)
      values (${newId<Id<"hold">>(at)}, ${hold.kind}, ${hold.about}, ${also},
        ${sqlInstant(hold.from)}, ${sqlInstant(hold.until)}, ${reason}, ${hold.by})`.execute(tx);
  }
  return { "legal holds placed": of.holdsPlaced.length };
}

/**
 * What an older database can know nothing of, whatever the log says: everything that works once, or
 * for a time, ends; nothing starts, and no job under way is believed to stand where it stood.
 */
export async function holdEverything(tx: Tx): Promise<Replayed> {
  const reason = JSON.stringify({ why: "person", text: REPLAYED_WORDS });
  const rollouts = await counted(
    tx,
    sql`update rollout
           set state = 'halted', halted_at = coalesce(halted_at, now()),
               halt_reason = coalesce(halt_reason, ${reason}::jsonb),
               owner = null, owner_until = null, owner_epoch = owner_epoch + 1,
               generation = generation + 1, look_at = now()
         where state = 'running'`,
  );
  const jobs = await counted(
    tx,
    sql`update target t
           set state = 'unknown', is_begun = true, lease_owner = null, lease_until = null,
               epoch = t.epoch + 1, heard_at = coalesce(t.heard_at, now()),
               hold = jsonb_build_object('why', 'host-silent', 'since',
                 (extract(epoch from coalesce(t.heard_at, now())) * 1000)::bigint)
         where t.state in ('leased', 'permitted', 'applying', 'rebooting', 'verifying')`,
  );
  const sessions = await counted(tx, sql`delete from session`);
  const elevations = await counted(
    tx,
    sql`update elevation set state = 'ended', ended_at = now(), end_cause = 'revoked'
         where state in ('asked', 'granted')`,
  );
  const invites = await counted(
    tx,
    sql`update one_time_secret set used_at = now() where used_at is null`,
  );
  const lines = await counted(
    tx,
    sql`update agent_token set withdrawn_at = now() where used_at is null and withdrawn_at is null`,
  );
  await sql`delete from challenge`.execute(tx);
  await sql`delete from passkey_challenge`.execute(tx);
  await sql`delete from idempotent_answer`.execute(tx);
  // Their tokens went on while this copy stood still: each goes on once from where it is.
  const agents = await counted(tx, sql`update agent set is_released = true where state = 'live'`);
  return {
    ...{ "rollouts halted": rollouts, "jobs unknown until their host reports": jobs },
    ...{ "sessions ended": sessions, "elevations ended": elevations, "invitations void": invites },
    ...{ "install lines void": lines, "agents that go on from where they are": agents },
  };
}
