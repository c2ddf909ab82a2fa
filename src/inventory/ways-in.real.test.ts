import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addHost } from "../../test/builders/fleet.ts";
import { aPackage } from "../../test/builders/intel.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { parseSelector } from "../base/labels.ts";
import { inTransaction } from "../db/database.ts";
import { parseInspection } from "./inspection.ts";
import { recordInspection } from "./record-inspection.ts";
import { everywhere } from "./store.ts";
import { countWaysIn, loadWaysIn, loadWaysOfHosts, type SeenWays } from "./store-ways-in.ts";

let made: TestWorld;
let host: HostId;
beforeAll(async () => {
  made = await testWorld();
  const packages = [aPackage({ name: "bash", source: "bash", ecosystem: "Debian:12" })];
  host = await addHost(made.world, { name: "a-1", packages, labels: { team: "shop" } });
});
afterAll(() => made.close());

async function look(ways: SeenWays | null): Promise<void> {
  const result = parseInspection([
    ...["os debian 12 bookworm", "arch amd64", "kernel 6.1.0-9-amd64", `boot ${"0".repeat(32)}`],
    "pkg bash\tamd64\t1\tbash\t1\tinstalled\tauto",
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  const { inspection } = result;
  const at = made.world.clock();
  const seen = { inspection, observedAt: at, recordedAt: at, actor: systemActor.subject, ways };
  await inTransaction(made.world.db, (tx) => recordInspection(tx, { id: host }, seen));
}
const report = (over: Partial<SeenWays>): SeenWays => ({
  ...{ text: "fettle ways 1\n", signature: null, proof: "signed", problem: null, found: [] },
  ...over,
});
const told = async () =>
  (
    await sql<{ facts: object }>`
      select facts from event where type = 'host.ways-in' order by id`.execute(made.world.db)
  ).rows.map(({ facts }) => facts);
const sudo = [{ kind: "sudo", what: "deploy all" }];

test("a report is told to the log when it says something else, and silence leaves it as it was", async () => {
  expect(await loadWaysIn(made.world.db, host)).toBeNull();
  await look(report({}));
  await look(report({}));
  expect(await told()).toEqual([expect.objectContaining({ count: 0, proof: "signed", found: [] })]);
  await look(report({ found: sudo }));
  const { since } = (await loadWaysIn(made.world.db, host)) ?? {};
  await look(report({ found: sudo, text: "fettle ways 1\nlater\n" }));
  const kept = await loadWaysIn(made.world.db, host);
  expect(kept).toMatchObject({ since, text: "fettle ways 1\nlater\n", found: sudo });
  expect(await told()).toHaveLength(2);
  expect((await told())[1]).toMatchObject({ count: 1, found: ["sudo deploy all"] });
  await look(null);
  expect(await loadWaysIn(made.world.db, host)).toMatchObject({ found: sudo, proof: "signed" });
  await look(report({ proof: "wrong", problem: "signed by another key" }));
  expect((await told())[2]).toMatchObject({ count: 0, proof: "wrong" });
});

test("hosts are listed and counted within labels only, and one that never said is among them", async () => {
  const packages = [aPackage({ name: "bash", source: "bash", ecosystem: "Debian:12" })];
  await addHost(made.world, { name: "b-1", packages, labels: { team: "bank" } });
  await look(report({}));
  const of = async (scope: string) => {
    const scopes = scope === "" ? everywhere : [parseSelector(scope)];
    const rows = await loadWaysOfHosts(made.world.db, { scopes, limit: 10 });
    return [await countWaysIn(made.world.db, scopes), rows.map(({ name, proof }) => [name, proof])];
  };
  expect(await of("")).toEqual([{ hosts: 2, signed: 1 }, [["b-1", null]]]);
  expect(await of("team=shop")).toEqual([{ hosts: 1, signed: 1 }, []]);
  expect(await of("team=bank")).toEqual([{ hosts: 1, signed: 0 }, [["b-1", null]]]);
});
