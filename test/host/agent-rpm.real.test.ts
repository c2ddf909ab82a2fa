import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import { parseLabels } from "../../src/base/labels.ts";
import { concernsOfAgents, listAgents, makeAgentToken } from "../../src/fleet/actions-agent.ts";
import { agentDoor } from "../../src/fleet/actions-agent-door.ts";
import { installLine } from "../../src/fleet/agent-install-line.ts";
import { writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { agentCa } from "../../src/fleet/store-agent-ca.ts";
import { startScan } from "../../src/inventory/actions-scan.ts";
import { everywhere, loadHosts } from "../../src/inventory/store.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { ownProgram } from "../../src/reach/own-program.ts";
import { startRollout } from "../../src/rollout/actions.ts";
import { showRollout } from "../../src/rollout/actions-show.ts";
import { startRollouts } from "../../src/rollout/loops.ts";
import { startAgentListener } from "../../src/server/agent-listener.ts";
import { approvedMark, localTexts } from "../builders/local-hosts.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";
import type { Root } from "./apply-root.ts";
import {
  anRpmRoot,
  dropRpmFixture,
  makeRpmFixture,
  missingForRpm,
  type RpmFixture,
  rpmBody,
} from "./rpm-fixture.ts";

/**
 * A host of rpm from our own package to its next version: `rpm -i`, the install line, a scan, and a change
 * that updates the program with dnf while it carries the change out. Program, rpm, dnf, TLS and database
 * are real.
 */
const NEXT = "99.0.1";
const missing = missingForRpm();

describe.skipIf(missing !== null)("a host of rpm with our package", () => {
  let made: TestWorld;
  let folder: string;
  let fixture: RpmFixture;
  let root: Root;
  let close: () => Promise<void>;
  let line: string;
  beforeAll(async () => {
    made = await testWorld();
    folder = mkdtempSync(join(tmpdir(), "fettle-agent-rpm-"));
    const { version } = ownProgram();
    const own = [version, NEXT].map((each) => {
      const script = join(import.meta.dirname, "../../scripts/build-host-packages.ts");
      execFileSync(process.execPath, [script, "--out", folder, "--version", each]);
      const file = join(folder, `fettle-host-${each}-1.noarch.rpm`);
      return { name: "fettle-host", version: each, file };
    });
    fixture = await makeRpmFixture("dnf", own);
    root = await anRpmRoot(fixture);
    // Only the package may bring it; what the fixture's layer has of Fettle is not this host's.
    await root.sh("rm -rf /usr/sbin/fettle-host /etc/fettle /var/lib/fettle; mkdir -p /etc/cron.d");
    root.write("etc/hosts", "127.0.0.1 localhost\n");
    ({ close, line } = await listenFor(made));
  }, 120_000);
  afterAll(async () => {
    await root?.close();
    if (fixture !== undefined) await dropRpmFixture(fixture);
    await close?.();
    await made?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = (): Promise<string> => root.sh("fettle-host agent once 2>&1 || true");
  const agent = async () => {
    const [one] = await listAgents(made.world, systemActor, { afterName: "", limit: 9 });
    if (one === undefined) throw new Error("no agent is enrolled");
    return one;
  };

  test("is enrolled by the line, and what the package brought stays the package's own", async () => {
    await root.sh(`rpm -i /srv/repo/fettle-host-${ownProgram().version}-1.noarch.rpm`);
    const said = await root.sh(line);
    expect(said).toContain("enrolled as h-");
    expect(said).toContain("cron calls the server each minute");
    expect(await root.sh("rpm -V fettle-host")).toBe("");
    expect(await call()).toBe("");
    const { name } = await agent();
    await startScan(made.world, systemActor, { hosts: [name], refresh: "nothing" });
    await call();
    const program = async () => (await agent()).program;
    await expect.poll(program, { timeout: 10_000 }).toEqual(ownProgram());
    expect((await concernsOfAgents(made.world, systemActor)).items).toEqual([]);
  });

  test("takes the next version of its own package by a change like any other", async () => {
    const scope = { scopes: everywhere, names: [(await agent()).name] };
    const hosts = await loadHosts(made.world.db, scope);
    // What somebody would ask of it afterwards: that it starts, and says what it is.
    root.write("etc/fettle/hooks.d/check", "#!/bin/sh\nfettle-host agent-unit cron\n", 0o755);
    root.write("etc/fettle/probes.d/works", "hook check\ntries 1\n");
    const [step = "", undo = ""] = rpmBody(fixture, [["fettle-host", ownProgram().version, NEXT]]);
    const body = ["fettle body 1", step, "step 2 probe works", undo, "end", ""].join("\n");
    const change = await approvedMark(
      made.world,
      [{ ring: "canary", hosts }],
      ...([null, 9, body] as const),
    );
    const rollouts = startRollouts(made.world);
    try {
      const { id } = await startRollout(made.world, systemActor, { change });
      const deadline = Date.now() + 60_000;
      for (let state = ""; state !== "finished"; ) {
        const said = await call();
        const shown = await showRollout(made.world, systemActor, id);
        ({ state } = shown.row);
        if (Date.now() > deadline) expect(shown.view, said).toBe("finished");
      }
    } finally {
      await rollouts.stop();
    }
    const { rows } = await sql`select state, way from job_result`.execute(made.world.db);
    expect(rows).toEqual([{ state: "done", way: "agent" }]);
    expect(await root.sh("rpm -q fettle-host")).toBe(`fettle-host-${NEXT}-1.noarch\n`);
    // The look after the job saw it, and somebody is told that this server is the older one now.
    const version = async () => (await agent()).program?.version;
    await expect.poll(version, { timeout: 10_000 }).toBe(NEXT);
    const { items } = await concernsOfAgents(made.world, systemActor);
    expect(items.map(({ kind, count }) => [kind, count])).toEqual([["other-program", 1]]);
    // The new one calls as the one before did.
    expect(await call()).toBe("");
  });
});

/** A server that agents reach, and an install line for one host. */
async function listenFor({ world: base }: TestWorld) {
  const world = { ...base, config: { ...base.config, agentPort: 0, agentName: "localhost" } };
  const ca = await agentCa(world.paths.state);
  const door = agentDoor(world);
  const { certificatePem: caPem, issueServer } = ca;
  const listener = await startAgentListener(world, { caPem, issueServer, answer: door.answer });
  const labels = parseLabels(["ring=canary"]);
  const host = { name: "agent", protocolId: "h-00000000000000000000", labels };
  const policy = writeHostPolicy(localTexts(world, host).policy);
  const made = await makeAgentToken(world, systemActor, {
    ...{ ring: "canary", labels, policy, lifeMs: 60_000 },
  });
  const { deployment: tenant } = world.config;
  const program = sha256(hostProgram());
  const line = installLine({
    trust: { tenant, url: listener.url, authority: caPem, program },
    ...{ token: made.token, policy: sha256(policy), ring: "canary", labels: ["ring=canary"] },
  });
  const close = async (): Promise<void> => {
    await listener.close();
    await door.stop();
  };
  return { line, close };
}
