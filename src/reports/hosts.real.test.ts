import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addHost, inspect } from "../../test/builders/fleet.ts";
import { trackerFile } from "../../test/builders/intel.ts";
import { aPerson, type TestPerson } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import type { HostId } from "../base/ids.ts";
import { HOUR_MS } from "../base/instant.ts";
import { type Tone, tones } from "../base/tone.ts";
import { inTransaction } from "../db/database.ts";
import { loadFeedFile } from "../intel/actions.ts";
import { listFindings, showFinding } from "../intel/actions-findings.ts";
import { showRuntime } from "../intel/actions-runtime.ts";
import { applyRuntimePolicy } from "../intel/actions-runtime-aside.ts";
import { rematch } from "../intel/rematch.ts";
import { recordUnreachable } from "../inventory/record-inspection.ts";
import { loadHosts } from "../inventory/store.ts";
import { fixFirstOn } from "../triage/actions-fix-first.ts";
import { listFindingsOfHost } from "./actions-host-findings.ts";
import { type HostQuery, listShownHosts, showHost } from "./actions-hosts.ts";

let made: TestWorld;
let ada: TestPerson;
let shop: TestPerson;

const openssl = (version: string) => ({
  name: "libssl3",
  version,
  arch: "amd64",
  source: "openssl",
  sourceVersion: version,
});

beforeAll(async () => {
  made = await testWorld();
  const { world } = made;
  ada = await aPerson(world, "ada");
  shop = await aPerson(world, "sam", { role: "viewer", scope: "env=shop" });
  const old = [openssl("1.0-1")];
  await addHost(world, { name: "a-old", packages: old, labels: { env: "shop" } });
  await addHost(world, { name: "b-old", packages: old, labels: { env: "bank" } });
  await addHost(world, { name: "c-new", packages: [openssl("1.0-2")], labels: { env: "shop" } });
  const gone = await addHost(world, { name: "d-gone", packages: old, labels: { env: "shop" } });
  await inTransaction(world.db, (tx) =>
    recordUnreachable(
      tx,
      { id: gone },
      {
        at: world.clock(),
        isSilent: true,
        kind: "unreachable",
        problem: "no route",
        actor: systemActor.subject,
      },
    ),
  );
  const release = { bookworm: { status: "resolved", fixed_version: "1.0-2", urgency: "high" } };
  const bytes = trackerFile({
    openssl: { "CVE-2026-1000": release, "CVE-2026-1001": release },
    linux: { "CVE-2026-2000": release, "CVE-2026-2001": release },
  });
  const asOf = world.clock();
  await loadFeedFile(world, systemActor, { bytes, asOf, acceptShrink: false });
  await rematch(world);
});
afterAll(() => made.close());

const all: HostQuery = { q: "", label: "", selector: "", cursor: "", limit: 100 };
const names = (list: { items: readonly { name: string }[] }): string[] =>
  list.items.map((item) => item.name);

describe("hosts with their four states", () => {
  test("list says of each host what the host alone says", async () => {
    const list = await listShownHosts(made.world, ada.actor, all);
    expect(names(list)).toEqual(["a-old", "b-old", "c-new", "d-gone"]);
    expect(list.total).toBe(4);
    for (const item of list.items) {
      const { host } = await showHost(made.world, ada.actor, item.id);
      expect(host).toEqual(item);
    }
    expect(list.items[0]?.states.risk).toMatchObject({
      state: "attention",
      label: "2 vulnerabilities",
      reason: "All of them have a fix.",
    });
    expect(list.items[3]?.states.reachable).toMatchObject({ state: "bad", reason: "no route" });
  });

  test("every filter keeps exactly the hosts whose state it names, and facets count them", async () => {
    const { items, facets } = await listShownHosts(made.world, ada.actor, all);
    const respects = {
      reach: "reachable",
      fresh: "fresh",
      reboot: "reboot",
      risk: "risk",
    } as const;
    for (const [filter, respect] of Object.entries(respects)) {
      for (const tone of tones) {
        const query = { ...all, [filter]: [tone] as Tone[] };
        const list = await listShownHosts(made.world, ada.actor, query);
        const expected = items.filter((item) => item.states[respect].state === tone);
        expect(names(list), `${filter}=${tone}`).toEqual(names({ items: expected }));
        expect(list.total).toBe(expected.length);
        expect(facets[filter as keyof typeof facets][tone]).toBe(expected.length);
      }
    }
  });

  test("text, labels and jumping into the list work together", async () => {
    const bank = await listShownHosts(made.world, ada.actor, { ...all, q: "env=BANK" });
    expect(names(bank)).toEqual(["b-old"]);
    const labelled = await listShownHosts(made.world, ada.actor, { ...all, label: "env=shop" });
    expect(names(labelled)).toEqual(["a-old", "c-new", "d-gone"]);
    const jumped = await listShownHosts(made.world, ada.actor, { ...all, skip: 2, limit: 1 });
    expect([names(jumped), jumped.total, jumped.next]).toEqual([["c-new"], 4, "c-new"]);
  });

  test("text is looked for in name, address and each label, in whatever case", async () => {
    const hosts = await loadHosts(made.world.db, { scopes: [[]] });
    for (const q of ["", "old", "A-", "ENV", "v=sh", "192.0", "shop\na", "é", "=", "a-oldenv"]) {
      const expected = hosts.filter(({ name, way, labels }) => {
        const address = way.kind === "ssh" ? way.address : "";
        const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        return [name, address, ...pairs].some((text) =>
          text.toLowerCase().includes(q.toLowerCase()),
        );
      });
      const list = await listShownHosts(made.world, ada.actor, { ...all, q });
      expect(names(list), q).toEqual(names({ items: expected }));
      expect(list.total).toBe(expected.length);
    }
  });

  test("labels cut lists, counts and single hosts alike, and buttons say why not", async () => {
    const list = await listShownHosts(made.world, shop.actor, all);
    expect([names(list), list.total]).toEqual([["a-old", "c-new", "d-gone"], 3]);
    await expect(showHost(made.world, shop.actor, "b-old")).rejects.toMatchObject({
      code: "not-found",
    });
    expect(list.items[0]?.actions[0]).toEqual({
      verb: "scan",
      label: "Look at it now",
      allowed: false,
      reason: "This needs the right host.scan, which you do not hold here.",
    });
  });

  test("findings of a host come with what was compared", async () => {
    const found = await listFindingsOfHost(made.world, ada.actor, {
      host: "a-old",
      q: "",
      limit: 1,
    });
    expect([found.total, found.items.length, found.isMatching]).toEqual([2, 1, false]);
    expect(found.items[0]?.because).toMatch(
      /^openssl 1\.0-1 is older than 1\.0-2 \(debian-tracker/,
    );
    const none = await listFindingsOfHost(made.world, ada.actor, {
      host: "c-new",
      q: "",
      limit: 9,
    });
    expect([none.total, none.items]).toEqual([0, []]);
  });

  describe("what runs there", () => {
    const ask = { host: "e-quiet", q: "", limit: 9 };
    const quiet = async (runtime: readonly string[], version = "1.0-1") => {
      await inspect(made.world, hostId, { packages: [openssl(version)], runtime });
      return await listFindingsOfHost(made.world, ada.actor, ask);
    };
    let hostId: HostId;
    beforeAll(async () => {
      hostId = await addHost(made.world, { name: "e-quiet", packages: [openssl("1.0-1")] });
    });

    test("stands beside the findings that it speaks against, which count all the same", async () => {
      const found = await quiet(["runtime all 9 0 0", "idle l libssl3"]);
      expect([found.total, found.runtimeCount]).toEqual([2, 2]);
      expect(found.items[0]?.filter).toMatchObject({
        kind: "not-loaded",
        author: "e-quiet",
        isSetAside: false,
        justification: "libssl3: no process has the library in memory.",
      });
      const { host } = await showHost(made.world, ada.actor, "e-quiet");
      expect(host.findings?.open).toBe(2);
      // Three other hosts have it too, of which nobody knows what runs.
      const { filters, packages } = await showFinding(made.world, ada.actor, "CVE-2026-1000");
      const list = await listFindings(made.world, ada.actor, {
        group: "vulnerability",
        hasRuntime: true,
      });
      const said = [{ kind: "not-loaded", label: "not loaded", hostCount: 1 }];
      expect(list.rows.map((row) => [row.hostCount, row.runtime])).toEqual([
        [4, said],
        [4, said],
      ]);
      expect(filters).toMatchObject([{ filter: { kind: "not-loaded" }, hostCount: 1 }]);
      expect(packages.find((one) => one.finding.state === "affected-fix-available")).toMatchObject({
        hostCount: 4,
        filteredHostCount: 0,
      });
    });

    test("leaves what is to be done where the policy says so, until another look, or until it is old", async () => {
      const { world } = made;
      const counts = async () =>
        (await listFindings(world, ada.actor, { group: "vulnerability" })).rows.map((row) => [
          row.key,
          row.hostCount,
        ]);
      const everywhere = [
        ["CVE-2026-1000", 4],
        ["CVE-2026-1001", 4],
      ];
      const looks = ["runtime all 9 0 0", "idle l libssl3"];
      const folder = join(world.paths.state, "policies");
      mkdirSync(folder, { recursive: true });
      const rule = "name: unused, when: [not-loaded], effect: set-aside";
      const put = (hosts: string, more = "") =>
        writeFileSync(
          join(folder, "runtime.yaml"),
          `kind: runtime\nevidence: 12h\nrules:\n  - { ${rule}, hosts: "${hosts}"${more} }\n`,
        );
      await quiet(looks);
      put("env=elsewhere");
      await applyRuntimePolicy(world);
      expect(await counts()).toEqual(everywhere);

      const kev = { cveID: "CVE-2026-1001", dateAdded: "2026-11-19" };
      const listed = (vulnerabilities: readonly object[]) =>
        loadFeedFile(world, systemActor, {
          bytes: Buffer.from(JSON.stringify({ dateReleased: "2026-11-20", vulnerabilities })),
          asOf: null,
          acceptShrink: true,
        });
      await listed([kev]);
      put("!env");
      await applyRuntimePolicy(world);
      expect((await counts()).sort()).toEqual([
        ["CVE-2026-1000", 3],
        ["CVE-2026-1001", 4],
      ]);
      const { items } = await listFindingsOfHost(world, ada.actor, ask);
      expect(items.find((row) => row.vulnerability === "CVE-2026-1000")?.filter).toMatchObject({
        ...{ kind: "not-loaded", isSetAside: true },
        justification: "libssl3: no process has the library in memory.",
        trust: expect.stringMatching(/^Set aside by the rule "unused" of .*runtime\.yaml/),
      });
      const { packages, filters } = await showFinding(world, ada.actor, "CVE-2026-1000");
      expect(packages[0]).toMatchObject({ hostCount: 3, filteredHostCount: 1 });
      expect(filters.filter(({ filter }) => filter.isSetAside)).toHaveLength(1);
      put("!env", ", exploited: too");
      await applyRuntimePolicy(world);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([3, 3]);

      // Lowered it is counted as before, and told where.
      const lowering = "name: idle, when: [not-loaded], effect: lower, exploited: too";
      writeFileSync(
        join(folder, "runtime.yaml"),
        `kind: runtime\nevidence: 12h\nrules:\n  - { ${lowering}, hosts: "!env" }\n`,
      );
      await applyRuntimePolicy(world);
      const { rows: lowered } = await listFindings(world, ada.actor, { group: "vulnerability" });
      expect(lowered.map((row) => [row.hostCount, row.loweredHostCount])).toEqual([
        [4, 1],
        [4, 1],
      ]);
      const onHost = await listFindingsOfHost(world, ada.actor, ask);
      expect(onHost.items[0]?.filter).toMatchObject({ isSetAside: false, isLowered: true });
      const { steps } = await fixFirstOn(world, ada.actor, {});
      expect(steps[0]?.item.lowered).toEqual([]);
      put("!env", ", exploited: too");
      await applyRuntimePolicy(world);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([3, 3]);

      // Another look that sees it in memory, before the policy has had its turn.
      await quiet(["runtime all 9 0 0", "used libssl3\t0\t1\t0\tnginx"]);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([4, 4]);
      await quiet(looks);
      await applyRuntimePolicy(world);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([3, 3]);
      // Nobody looks any more: half a day later nothing is concluded from it.
      await applyRuntimePolicy({ ...world, clock: () => world.clock() + 13 * HOUR_MS });
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([4, 4]);
      await applyRuntimePolicy(world);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([3, 3]);
      rmSync(join(folder, "runtime.yaml"));
      await applyRuntimePolicy(world);
      expect((await counts()).map(([, hosts]) => hosts)).toEqual([4, 4]);
      const { rows } = await sql<{ facts: unknown }>`
        select facts from event where type = 'finding.set-aside' order by id`.execute(world.db);
      expect(rows.length).toBe(8);
      await listed([{ ...kev, cveID: "CVE-2020-0001" }]);
    });

    test("is unknown where the look was not whole or told nothing", async () => {
      const looks = [
        ["runtime part 9 0 1", "idle l libssl3"],
        ["runtime all 9 0 0", "idle l libssl3", "used \u0007"],
        ["runtime all 9 0 0", "used libssl3\t0\t1\t0\tnginx"],
        [],
      ];
      for (const look of looks) {
        const found = await quiet(look);
        expect([found.total, found.runtimeCount], look.join()).toEqual([2, 0]);
      }
      expect(await showRuntime(made.world, ada.actor, "e-quiet")).toMatchObject({
        state: { name: "unknown" },
        asOf: null,
      });
    });

    test("knows a module that is switched off by the files that Linux's own record names", async () => {
      const { world } = made;
      const image = { ...openssl("0.9-1"), name: "linux-image-6.1.0-9-amd64", source: "linux" };
      const runtime = [
        "runtime all 9 0 0",
        `idle k ${image.name}`,
        "module nf_tables",
        "module-off sctp_diag install kernel/net/sctp/sctp_diag.ko.xz",
      ];
      const name = "f-kernel";
      await addHost(world, { name, packages: [image], runtime });
      const record = (cveId: string, ...programFiles: string[]) => ({
        dataType: "CVE_RECORD",
        cveMetadata: { cveId, state: "PUBLISHED" },
        containers: {
          cna: {
            descriptions: [{ lang: "en", value: "A flaw." }],
            affected: [{ vendor: "Linux", product: "Linux", programFiles }],
          },
        },
      });
      const records = [
        record("CVE-2026-2000", "net/sctp/sctp_diag.c"),
        record("CVE-2026-2001", "net/sctp/sctp_diag.c", "net/sctp/socket.c"),
      ];
      const bytes = Buffer.from(JSON.stringify(records));
      await loadFeedFile(world, systemActor, { bytes, asOf: null, acceptShrink: false });
      await rematch(world);
      const found = await listFindingsOfHost(world, ada.actor, { ...ask, host: name });
      const kinds = found.items.map((row) => [row.vulnerability, row.filter?.kind ?? null]);
      expect(kinds.sort()).toEqual([
        ["CVE-2026-2000", "module-disabled"],
        ["CVE-2026-2001", null],
      ]);
      const { filters } = await showFinding(world, ada.actor, "CVE-2026-2000");
      expect(filters).toMatchObject([{ filter: { kind: "module-disabled" }, hostCount: 1 }]);
    });

    test("tells of what is fixed on disk and still open in memory", async () => {
      const stale = ["runtime all 9 2 0", "used libssl3\t0\t2\t1\tnginx,sshd"];
      expect((await quiet(stale, "1.0-2")).total).toBe(0);
      const shown = await showRuntime(made.world, ada.actor, "e-quiet");
      expect(shown.restarts).toEqual([
        {
          package: "libssl3",
          state: {
            name: "fixed-until-restart",
            tone: "attention",
            label: "fixed on disk, not effective until restart",
          },
          installed: "1.0-2",
          before: "1.0-1",
          processes: ["nginx", "sshd"],
          vulnerabilities: [
            { id: "CVE-2026-1000", isExploited: false },
            { id: "CVE-2026-1001", isExploited: false },
          ],
        },
      ]);
      expect(shown.used).toEqual([
        expect.objectContaining({ name: "libssl3", mappedCount: 2, staleCount: 1 }),
      ]);
      expect(shown.sentence).toContain("2 processes of containers or other roots are left out");
      await quiet(["runtime all 9 0 0", "used libssl3\t0\t2\t0\tnginx,sshd"], "1.0-2");
      expect((await showRuntime(made.world, ada.actor, "e-quiet")).restarts).toEqual([]);
    });
  });
});
