import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { sha256 } from "../src/base/digest.ts";
import { requestChange } from "../src/change/actions.ts";
import { approveChange } from "../src/change/actions-approve.ts";
import type { World } from "../src/db/world.ts";
import type { Host } from "../src/inventory/model.ts";
import { type Want, wantsDigest } from "../src/inventory/resolution.ts";
import type { ResolveAnswer } from "../src/inventory/resolve.ts";
import { hostsToAsk, saveResolution } from "../src/inventory/store-resolution.ts";
import { sequence } from "../src/ledger/loops-sequencer.ts";
import { openLogKey } from "../src/ledger/store-log-key.ts";
import { createPlan } from "../src/plan/actions.ts";
import { startRollout } from "../src/rollout/actions.ts";
import type { RolloutRow } from "../src/rollout/store.ts";
import { listFixFirst, openPatch } from "../src/triage/actions.ts";
import { aPerson, type TestPerson } from "../test/builders/stored.ts";

/** Every host has it and none is up to date: what a rollout over the whole fleet is about. */
export const EVERYWHERE = "openssl";

const PATCHES = 40;
const PLANS = 14;
const FINISHED = 4;
/** Of the plans, those that are asked for and approved; one more waits at each step. */
const APPROVED = 8;
const REQUESTED = 12;

const rings = readFileSync(join(import.meta.dirname, "../test/builders/rings.yaml"), "utf8");

/**
 * The work on a generated fleet: cases with deadlines, plans, changes and rollouts, made by the same
 * actions that people use. Only two things are not real: what package managers answer follows from
 * the generated offers, and how far hosts have come is written set by set.
 */
export async function generateCases(world: World): Promise<void> {
  const carol = await aPerson(world, "carol");
  const alice = await aPerson(world, "alice", { role: "approver" });
  const items = await listFixFirst(world, carol.actor);
  const offered = items.filter((item) => item.remedy === "update-offered");
  const others = offered.filter((item) => item.target.source !== EVERYWHERE);
  const sources = [EVERYWHERE, ...others.map((item) => item.target.source)].slice(0, PATCHES);
  for (const [at, source] of sources.entries()) {
    const justification = "Everything that stands here has it, and some of it can be reached.";
    const { patch } = await openPatch(world, carol.actor, { source, justification });
    if (at < PLANS) await carryOn(world, { at, patch: patch.id, carol, alice });
  }
  const key = await openLogKey(world);
  while (await sequence(world, key)) {
    // A turn gives places to a thousand events.
  }
}

/** The first case is being rolled out, the next are done, others wait for people. */
async function carryOn(
  world: World,
  { at, patch, carol, alice }: Step & { readonly carol: TestPerson; readonly alice: TestPerson },
): Promise<void> {
  const policy = { text: rings };
  const request = { patch, policy, class: "normal" as const, acceptsIrreversible: true };
  const { plan } = await createPlan(world, carol.actor, request, {
    pair: answered,
    host: answered,
  });
  if (at >= REQUESTED) return;
  const asked = { plan: plan.digest, reason: "It clears what is known to be exploited." };
  const change = await requestChange(world, carol.actor, asked);
  if (at >= APPROVED) return;
  const signature = alice.sign(plan.statement);
  await approveChange(world, alice.actor, { change: change.id, signature });
  if (at > FINISHED) return;
  const rollout = await startRollout(world, carol.actor, { change: change.id });
  if (at === 0) await halfDone(world, rollout);
  else await wholeDone(world, rollout);
}

interface Step {
  readonly at: number;
  readonly patch: string;
}

/** What a package manager says where the generated offers hold all that is needed; kept as usual. */
async function answered(
  world: World,
  { packageSet, offerSet }: Pick<Host, "packageSet" | "offerSet">,
  wants: readonly Want[],
): Promise<ResolveAnswer> {
  const pair = { packageSet: packageSet ?? "", offerSet: offerSet ?? "" };
  const moves = wants.map(({ name, arch, version }) => {
    const from = version.replace(/\d+$/, "0");
    return {
      verb: "upgrade" as const,
      ...{ name, arch, from, to: version, sizeBytes: 48_000 },
      sha256: sha256(`${name} ${version}`),
      oldSha256: sha256(`${name} ${from}`),
    };
  });
  const resolution = { ...pair, moves, affectedServices: [], around: null };
  const [host] = await hostsToAsk(world.db, pair, 1);
  if (host === undefined) return { kind: "not-resolved", problem: "nobody can be asked" };
  const target = wantsDigest(wants);
  const at = world.clock();
  await saveResolution(world.db, { resolution, target, wants, askedHost: host.id, at });
  return { kind: "resolved", resolution };
}

/** The first waves have passed; of the last, most is done, some failed, some run, the rest waits. */
async function halfDone({ db }: World, rollout: RolloutRow): Promise<void> {
  const { id } = rollout;
  await sql`
    update wave w set state = case when number < l.last then 'passed' else 'open' end,
           opened_at = now() - interval '3 hours',
           passed_at = case when number < l.last then now() - interval '1 hour' end,
           ended_at = case when number < l.last then now() - interval '1 hour' end
      from (select max(number) as last from wave where rollout = ${id}) l
     where rollout = ${id}`.execute(db);
  await sql`
    with places as (
      select t.host, t.wave < w.last as is_over, t.leaf_index % 100 as dice,
             percent_rank() over (partition by t.wave order by t.leaf_index) as place
        from target t, (select max(number) as last from wave where rollout = ${id}) w
       where t.rollout = ${id}),
    fates as (
      select host, case
          when not is_over and place > 0.605 then 'ready'
          when not is_over and place > 0.60 then 'applying'
          when dice = 17 then 'failed' when dice = 43 then 'held'
          when dice = 71 then 'rolled-back' else 'done' end as state,
        case when dice = 5 then 'unverified' else 'verified' end as verdict
        from places)
    update target t set state = f.state, is_begun = f.state not in ('ready', 'held'),
           verdict = case when f.state = 'done' then f.verdict end,
           hold = case when f.state = 'held' then jsonb_build_object(
             'why', 'host-unreachable', 'kind', 'no-answer',
             'problem', 'Nobody answered at 192.0.2.1 port 22 within 10 s.',
             'since', 1763700000000, 'retryAt', null) end,
           way = 'piped', claimed_at = now() - interval '90 seconds', heard_at = now(),
           permitted_at = now() - interval '80 seconds',
           ended_at = case when f.state not in ('ready', 'applying', 'held') then now() end
      from fates f where t.rollout = ${id} and t.host = f.host and f.state <> 'ready'`.execute(db);
  await sql`
    update host_slot s set rollout = t.rollout from target t
     where t.rollout = ${id} and t.host = s.host and t.state = 'applying'`.execute(db);
  await tell({ db }, rollout);
}

async function wholeDone({ db }: Pick<World, "db">, rollout: RolloutRow): Promise<void> {
  const { id, change } = rollout;
  await sql`
    update wave set state = 'passed', opened_at = now(), passed_at = now(), ended_at = now()
     where rollout = ${id}`.execute(db);
  await sql`
    update target set state = 'done', is_begun = true, verdict = 'verified', way = 'piped',
           claimed_at = now() - interval '40 seconds', ended_at = now()
     where rollout = ${id}`.execute(db);
  await sql`
    update rollout set state = 'finished', ended_at = now() where id = ${id}`.execute(db);
  await sql`update change set state = 'completed' where id = ${change}`.execute(db);
  await tell({ db }, rollout);
}

/** Each host that was judged is an event of its own, as in use. */
async function tell({ db }: Pick<World, "db">, rollout: RolloutRow): Promise<void> {
  const { id, patch, change, plan, startedBy } = rollout;
  await sql`
    insert into event (id, type, actor, object, patch, change, plan, facts)
    select gen_random_uuid()::text, 'target.judged', ${startedBy}, 'rollout:' || ${id}::text,
           ${patch}, ${change}, ${plan},
           jsonb_build_object('host', host, 'attempt', attempt, 'verdict', verdict)
      from target where rollout = ${id} and verdict is not null order by leaf_index`.execute(db);
}
