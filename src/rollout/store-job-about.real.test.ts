import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { goOn } from "../../test/builders/go-on.ts";
import { integrated } from "../../test/builders/integrated.ts";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { HostId } from "../base/ids.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { inTransaction } from "../db/database.ts";
import { createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { startRollout } from "./actions.ts";
import { halt } from "./actions-halt.ts";
import { loadJobAbout } from "./store-job-about.ts";

let made: TestWorld;
let host: HostId;
let carol: TestPerson;

beforeAll(async () => {
  made = await testWorld();
  const { world } = made;
  [host] = (await someHosts(world, [{ name: "web-1", labels: { ring: "canary" } }])) as [HostId];
  carol = await aPerson(world, "carol");
  const alice = await aPerson(world, "alice", { role: "approver" });
  const patch = await aPatch(world, carol);
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  const { digest } = (await createPlan(world, carol.actor, request, askedOpenssl)).plan;
  const change = await requestChange(world, carol.actor, { plan: digest, reason: "a flaw" });
  const signature = alice.sign((await loadPlan(world.db, digest))?.statement ?? "");
  await approveChange(world, alice.actor, { change: change.id, signature });
  await integrated(world);
  await startRollout(world, carol.actor, { change: change.id });
});
afterAll(() => made.close());

const about = () => inTransaction(made.world.db, (tx) => loadJobAbout(tx, host));
const run = (text: string) => sql.raw(text).execute(made.owner());

test("a certificate for a job is signed only while the job itself may start, or has begun", async () => {
  expect(await about()).toBeNull();
  await run(
    "insert into host_slot (host, rollout) select host, rollout from target on conflict (host) do update set rollout = excluded.rollout",
  );
  await run("update target set state = 'leased', lease_until = now() + interval '1 hour'");
  // Its wave is not open yet.
  expect(await about()).toBeNull();
  // The wave may begin a second after its plan was made: as if that second were over.
  const over = "not_before = now() - interval '1 minute'";
  await run(`update wave set state = 'open', opened_at = now(), ${over}`);
  expect((await about())?.text).toMatch(/^C-\d+ R-1 target 0\.1$/);
  const said = { rollout: "R-1", reason: "a look first" };
  await halt(made.world, carol.actor, { ...said, isFrozen: false });
  expect(await about()).toBeNull();
  await goOn(made.world, said.rollout);
  await run("update host_slot set is_quarantined = true");
  expect(await about()).toBeNull();
  await run("update host_slot set is_quarantined = false");
  await run("update subject set disabled_at = now() where handle = 'alice'");
  expect(await about()).toBeNull();
  // A host that is at work is always heard.
  await run("update target set state = 'applying', is_begun = true");
  expect(await about()).not.toBeNull();
});
