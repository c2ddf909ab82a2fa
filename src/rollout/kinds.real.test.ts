import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { showChange } from "../change/actions-show.ts";
import { createPlan } from "../plan/actions.ts";
import { startRollout } from "./actions.ts";
import { forecastKinds } from "./actions-kinds.ts";
import { kindPaceToText, kindToText } from "./kind-pace.ts";

/** Durations by kind of host, against a real database. */
let made: TestWorld;
let carol: TestPerson;
let alice: TestPerson;
let digest: string;

beforeAll(async () => {
  made = await testWorld();
  const { world } = made;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  const patch = await aPatch(world, carol);
  const names = (of: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({
      name: `${of}-${at + 1}`,
      labels: { ring: "1", team: of },
    }));
  await someHosts(world, [...names("web", 6), ...names("db", 2)]);
  // Two are called by their own agents.
  await sql`
    update host set way = jsonb_build_object('kind', 'agent', 'protocolId', protocol_id)
     where name like 'db-%'`.execute(world.db);
  const asked = { patch, policy: { text: testRings }, class: "normal" as const };
  const { plan } = await createPlan(world, carol.actor, asked, askedOpenssl);
  digest = plan.digest;
});
afterAll(() => made.close());

async function told(actor = carol.actor) {
  const kinds = await forecastKinds(made.world, actor, { plan: digest });
  return kinds.map((one) => [kindToText(one.kind), one.hosts, kindPaceToText(one)]);
}

const piped = "Debian 12, ssh, program sent each time, under 500 packages";
const agents = "Debian 12, agent, under 500 packages";

test("kinds are told by what was measured on their own hosts, and others are assumed", async () => {
  const { world } = made;
  const nobody = "nobody can tell: no job has been measured here yet";
  expect(await told()).toEqual([
    [piped, 6, nobody],
    [agents, 2, nobody],
  ]);
  const change = await requestChange(world, carol.actor, { plan: digest, reason: "a CVE" });
  const { statement } = await showChange(world, carol.actor, change.id);
  await approveChange(world, alice.actor, {
    ...{ change: change.id, signature: alice.sign(statement) },
  });
  const rollout = await startRollout(world, carol.actor, { change: change.id });
  // Six piped hosts took 40 s each, and one agent 10 s.
  await sql`
    update target t set state = 'done', is_begun = true, verdict = 'verified', ended_at = now(),
           claimed_at = now() - make_interval(secs => case when h.name like 'db-%' then 10 else 40 end)
      from host h
     where h.id = t.host and t.rollout = ${rollout.id} and h.name <> 'db-2'`.execute(world.db);
  expect(await told()).toEqual([
    [
      piped,
      6,
      "about 40 s, nine in ten within 40 s; from 6 jobs of the same package on such hosts",
    ],
    [
      agents,
      2,
      expect.stringMatching(
        /^about 3[56] s, .*; assumed .* as only 1 job was measured on such hosts$/,
      ),
    ],
  ]);
});

test("only hosts within the reader's labels are counted, and a plan of none is not there", async () => {
  const db = await aPerson(made.world, "dba", { role: "operator", scope: "team=db" });
  expect((await told(db.actor)).map(([name, hosts]) => [name, hosts])).toEqual([[agents, 2]]);
  const none = await aPerson(made.world, "none", { role: "operator", scope: "team=mail" });
  await expect(told(none.actor)).rejects.toThrow("There is no plan");
});
