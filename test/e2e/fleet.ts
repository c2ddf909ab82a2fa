import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabHost } from "../../lab/host.ts";
import type { LabSources } from "../../lab/host-files.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { signWithSshKey } from "../../src/cli/ssh-sign.ts";
import { ask } from "../../src/client/client.ts";
import type { paths } from "../../src/client/schema.d.ts";
import { type Desk, firstPerson, invitePerson, type Person } from "./people.ts";
import { clone, type ServerProcess, startServerProcess } from "./server-process.ts";

/** A whole deployment for one file of tests: lab hosts, the real server process, and its people. */

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
export type Rollout = Json<paths["/api/v1/rollouts/{rollout}"]["get"]>;
export type Target = Json<paths["/api/v1/rollouts/{rollout}/targets"]["get"]>["items"][number];

export { must, type Person } from "./people.ts";

export interface Fleet {
  readonly lab: Lab;
  readonly server: ServerProcess;
  /** Asks for changes and starts them. */
  readonly alice: Person;
  /** Approves. */
  readonly bob: Person;
  readonly folder: string;
  addPerson(handle: string, role: string): Promise<Person>;
  close(): Promise<void>;
}

/** Tests of a file build on each other, so one of them alone cannot be tried again. */
export const whole = { retry: 0 } as const;

/** How often a test asks the server: it shares the machine with everything it waits for. */
const LOOK_MS = 200;
const STATE_DIR = join(clone, ".fettle", "lab");

export async function startFleet(options: {
  readonly name: string;
  readonly hosts: number;
  /** Tests that need no package of Debian's leave its archives out: see LabSources. */
  readonly sources?: LabSources;
  /** How its people are made; the API does it sooner. */
  readonly people?: Desk["by"];
}): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), "fettle-people-"));
  const closers: (() => Promise<void>)[] = [
    async () => rmSync(folder, { recursive: true, force: true }),
  ];
  const closeAll = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  let closing: Promise<void> | null = null;
  // Who asks again, as after a signal, waits for the same end.
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const name = `${options.name}-${process.pid}`;
    const { hosts, sources = "debian" } = options;
    const making = startLab({ hosts, sources, stateDir: STATE_DIR, name });
    closers.push(() => endMade(making, (made) => made.stop()));
    const starting = startServerProcess();
    closers.push(() => endMade(starting, (made) => made.close()));
    const [lab, server] = await Promise.all([making, starting]);
    const desk: Desk = { folder, server, by: options.people ?? "api" };
    const alice = await firstPerson(desk, "alice");
    const addPerson = (handle: string, role: string): Promise<Person> =>
      invitePerson(desk, alice, { handle, role });
    const bob = await addPerson("bob", "approver");
    return { lab, server, alice, bob, folder, addPerson, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Also what is still being made when something beside it has failed already. */
async function endMade<T>(making: Promise<T>, end: (made: T) => Promise<void>): Promise<void> {
  const made = await making.catch(() => null);
  if (made !== null) await end(made);
}

/** A rings policy over the lab's three rings: no soak worth waiting for, nobody may fail. */
export function ringsPolicy(
  given: {
    readonly probes?: readonly string[];
    readonly need?: number;
    readonly rollback?: string;
    /** Hosts of one ring at work together; as many as the ring's number unless told. */
    readonly atOnce?: number;
    readonly attempts?: number;
  } = {},
): string {
  const { probes = [], need = 1, rollback = "host", atOnce, attempts = 5 } = given;
  const ring = (name: string, at: number): string =>
    `  - name: ${name}
    hosts: ring=${name}
    batch: { size: ${atOnce ?? at + 1}, inFlightMax: ${atOnce ?? at + 1} }
    soak: 1s
    success: 100%
    failedMax: 0
    opens: always
    onFailure: { rollback: ${rollback} }
    need: ${need}`;
  return [
    "format: fettle-rings 1",
    "name: e2e",
    "inventoryAgeMax: 24h",
    "irreversible: no",
    `attempts: ${attempts}`,
    "permit: online",
    "revert: order 72h",
    "classes:",
    `  normal: { need: ${need}, validity: 7d }`,
    "rings:",
    ...["canary", "ring1", "ring2"].map(ring),
    ...(probes.length === 0 ? [] : ["probes:"]),
    ...probes.map((probe) => `  - probe: ${probe}\n    when: ring in (canary,ring1,ring2)`),
    "",
  ].join("\n");
}

interface Adding {
  readonly hosts?: readonly LabHost[];
  /** Labels beside, or in place of, those the lab gives. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Adds lab hosts with their pinned keys, makes them able to take jobs, and looks at them. */
export async function addHosts(fleet: Fleet, rings: string, adding: Adding = {}): Promise<void> {
  const { client } = fleet.alice;
  const { hosts = fleet.lab.hosts, labels = {} } = adding;
  await Promise.all(
    hosts.map(async (host) => {
      const body = hostBody(fleet, host, "piped");
      const given = { ...body, labels: { ...body.labels, ...labels } };
      await ask(client.POST("/api/v1/hosts", { body: given }));
      const params = { path: { host: host.name } };
      const enrolment = { rings, acceptsNewKey: false };
      await ask(client.POST("/api/v1/hosts/{host}/enrolment", { params, body: enrolment }));
    }),
  );
  await scan(fleet, hosts);
}

/** A host as the API takes it; the label `name` lets a plan take this host alone. */
export function hostBody(fleet: Fleet, host: LabHost, program: "piped" | "installed") {
  return {
    name: host.name,
    labels: { ...host.labels, name: host.name },
    mode: "managed" as const,
    way: {
      kind: "ssh" as const,
      user: "root",
      address: host.address,
      port: host.port,
      identityFile: fleet.lab.identityFile,
      hostKeys: [host.hostKey],
      program,
    },
  };
}

export async function scan(
  fleet: Fleet,
  hosts: readonly { readonly name: string }[],
  refreshLists = true,
): Promise<void> {
  const { client } = fleet.alice;
  const body = { refreshLists, hosts: hosts.map((host) => host.name) };
  const started = await ask(client.POST("/api/v1/scans", { body }));
  const params = { path: { scan: started.id } };
  const scanned = await until("the scan to finish", 180_000, async () => {
    const now = await ask(client.GET("/api/v1/scans/{scan}", { params }));
    return now.finishedAt === null ? null : now;
  });
  if (scanned.failed === 0) return;
  const { items } = await ask(client.GET("/api/v1/scans/{scan}/hosts", { params }));
  throw new Error(`the scan failed: ${JSON.stringify(items)}`);
}

/** Asks again until `condition` gives something, or tells what was awaited. */
export async function until<T>(
  what: string,
  msMax: number,
  condition: () => Promise<T | null | false>,
): Promise<T> {
  const end = Date.now() + msMax;
  for (;;) {
    const found = await condition();
    if (found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${msMax / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export interface Wanted {
  readonly source: string;
  readonly rings: string;
  /** Label expression; all hosts that have the package unless told. */
  readonly hosts?: string;
  /** In place of them: labels, and how many hosts with them at most. */
  readonly rule?: string;
  readonly max?: number;
  readonly acceptIrreversible?: boolean;
}

export interface Prepared {
  readonly patch: string;
  readonly plan: string;
  readonly change: string;
}

/** Opens the case, plans it, asks for approval; nobody has approved yet. */
export async function prepare(fleet: Fleet, wanted: Wanted): Promise<Prepared> {
  const { client } = fleet.alice;
  const { source, rings } = wanted;
  const justification = `The newest ${source} is wanted on these hosts today`;
  const opening = { source, justification };
  const { patch } = await ask(client.POST("/api/v1/patches", { body: opening }));
  const body = {
    patch: patch.ref,
    policy: rings,
    class: "normal" as const,
    acceptIrreversible: wanted.acceptIrreversible === true,
    ...(wanted.hosts === undefined ? {} : { hosts: wanted.hosts }),
    ...(wanted.rule === undefined ? {} : { rule: wanted.rule }),
    ...(wanted.max === undefined ? {} : { max: wanted.max }),
  };
  const { digest } = await ask(client.POST("/api/v1/plans", { body }));
  const request = { plan: digest, reason: `e2e ${source}` };
  const { number } = await ask(client.POST("/api/v1/changes", { body: request }));
  return { patch: patch.ref, plan: digest, change: number };
}

/** Signs the statement with the person's own key, as `fettle change approve` does. */
export async function approve(person: Person, change: string): Promise<void> {
  const params = { path: { change } };
  const statement = String(
    await ask(person.client.GET("/api/v1/changes/{change}/statement", { params, parseAs: "text" })),
  );
  const namespace = "fettle-approve-v1";
  const signature = await signWithSshKey({ key: person.key, namespace, text: statement });
  const body = { signature };
  await ask(person.client.POST("/api/v1/changes/{change}/approvals", { params, body }));
}

/** Prepared, approved by bob, started by alice: gives the rollout's `R-n`. */
export async function startRollout(
  fleet: Fleet,
  wanted: Wanted,
): Promise<Prepared & { ref: string }> {
  const prepared = await prepare(fleet, wanted);
  await approve(fleet.bob, prepared.change);
  const body = { change: prepared.change };
  const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body }));
  return { ...prepared, ref };
}

export async function showRollout(fleet: Fleet, ref: string): Promise<Rollout> {
  const params = { path: { rollout: ref } };
  return ask(fleet.alice.client.GET("/api/v1/rollouts/{rollout}", { params }));
}

export async function targetsOf(fleet: Fleet, ref: string): Promise<readonly Target[]> {
  const params = { path: { rollout: ref }, query: { limit: 200 } };
  const page = await ask(fleet.alice.client.GET("/api/v1/rollouts/{rollout}/targets", { params }));
  return page.items;
}

export async function targetOf(fleet: Fleet, ref: string, host: string): Promise<Target> {
  return (await targetsOf(fleet, ref)).find((target) => target.name === host)!;
}

/** Waits until the rollout is in one of the states; what it says then is in the failure. */
export async function untilRollout(
  fleet: Fleet,
  ref: string,
  isThere: (rollout: Rollout) => boolean,
  msMax = 180_000,
): Promise<Rollout> {
  try {
    return await until(`rollout ${ref}`, msMax, async () => {
      const now = await showRollout(fleet, ref);
      return isThere(now) ? now : null;
    });
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${await pictureOf(fleet, ref)}`, { cause });
  }
}

/** For messages of failing tests: where each host stands. */
export async function pictureOf(fleet: Fleet, ref: string): Promise<string> {
  const rollout = await showRollout(fleet, ref);
  const targets = await targetsOf(fleet, ref);
  const lines = targets.map((t) => `${t.name} ${t.state} ${t.attempt} ${t.sentence} [${t.step}]`);
  return [rollout.state, rollout.now, ...lines].join("\n");
}

export function hasEnded(rollout: Rollout): boolean {
  return rollout.state !== "running";
}

/** `version status` of a package by dpkg's own word on the host; `-` where it is not there. */
export async function installed(host: LabHost, name: string): Promise<string> {
  const format = "$" + "{Version} $" + "{db:Status-Status}";
  const asked = await host.exec(["dpkg-query", "-W", "-f", format, name]);
  return asked.code === 0 && asked.stdout.trim() !== "" ? asked.stdout.trim() : "-";
}

/** What is not as dpkg wants it, in dpkg's own words; nothing when all is well. */
export async function audit(host: LabHost): Promise<string> {
  return (await host.exec(["dpkg", "--audit"])).stdout;
}

/** Writes a file of root's own on the host. */
export async function writeOnHost(host: LabHost, path: string, text: string): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await host.must(["install", "-d", "-m", "0755", "/etc/fettle", folder]);
  await host.must(["install", "-m", "0644", "/dev/null", path]);
  await host.must(["tee", path], { input: text });
}

export function writeFile(fleet: Fleet, name: string, text: string): string {
  const path = join(fleet.folder, name);
  writeFileSync(path, text);
  return path;
}
