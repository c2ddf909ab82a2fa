import { afterAll, beforeAll, expect, test } from "vitest";
import { answered, askedOpenssl, NEW_VERSION, someHosts } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Host } from "../inventory/model.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { resolvePairs } from "./actions-resolve.ts";

let made: TestWorld;
let hosts: readonly Host[];
const target = { ecosystem: "Debian:12", source: "openssl", sourceVersion: NEW_VERSION };

beforeAll(async () => {
  made = await testWorld();
  const names = ["a-1", "a-2", "b-1", "c-1"];
  await someHosts(
    made.world,
    names.map((name) => ({ name, labels: {} })),
  );
  hosts = await loadHosts(made.world.db, { scopes: everywhere });
});
afterAll(() => made.close());

/** The host with these units running. */
function running(host: Host | undefined, ...units: string[]): Host {
  const services = units.map((unit) => ({ unit, state: "active" as const, pid: 1 }));
  return { ...host!, facts: { ...host!.facts!, services } };
}

test("hosts with equal sets and services are asked once", async () => {
  const asked: string[] = [];
  const pairs = await resolvePairs(
    made.world,
    {
      pair: (world, pair, wants) => {
        asked.push(wants.map((want) => `${want.name} ${want.version}`).join());
        return askedOpenssl.pair(world, pair, wants);
      },
      host: () => expect.unreachable("no single host is asked"),
    },
    { target, hosts },
  );
  expect(asked).toEqual([`libssl3 ${NEW_VERSION}`]);
  expect(pairs).toMatchObject([{ outcome: { kind: "moves" } }]);
  expect(pairs[0]?.servicesUnasked).toBeUndefined();
});

test("where services differ, one host of each combination says what it has to restart", async () => {
  const [a1, a2, b1, c1] = hosts;
  const mixed = [
    running(a1, "nginx.service"),
    running(a2, "nginx.service"),
    running(b1, "haproxy.service"),
    { ...running(c1, "exim4.service"), contact: { ...c1!.contact, state: "unreachable" as const } },
  ];
  const pairs = await resolvePairs(
    made.world,
    {
      ...askedOpenssl,
      host: async (_world, host) =>
        answered(
          host,
          (host.facts?.services ?? []).map((service) => service.unit),
        ),
    },
    { target, hosts: mixed },
  );
  expect(pairs).toMatchObject([
    {
      servicesUnasked: 1,
      outcome: { resolution: { affectedServices: ["haproxy.service", "nginx.service"] } },
    },
  ]);
});

test("a fix that no source offers is told without asking anybody", async () => {
  const newer = { ...target, sourceVersion: "3.0.99-1" };
  const nobody = () => expect.unreachable("nobody is asked");
  const pairs = await resolvePairs(
    made.world,
    { pair: nobody, host: nobody },
    { target: newer, hosts },
  );
  expect(pairs).toMatchObject([{ outcome: { kind: "fix-not-offered" } }]);
});

test("an ecosystem whose versions have no order is refused in words", async () => {
  const other = { ...target, ecosystem: "Plan9:4" };
  await expect(
    resolvePairs(made.world, askedOpenssl, { target: other, hosts }),
  ).rejects.toMatchObject({ code: "blocked" });
});
