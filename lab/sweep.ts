import { readdir, rm } from "node:fs/promises";
import { kill, links, processes, run, waitFor } from "./machine.ts";
import { bridgeName, linkName, type Registration, runMarker } from "./model.ts";
import { isAlive, registrations, unregister } from "./registry.ts";

/**
 * Removes a run, in whatever state it is: processes, links, folders, registration, in that order,
 * so that a sweep that is itself killed can be repeated. Mounts need no work: they live in the
 * hosts' mount namespaces and end with their processes.
 */
export async function sweepRun(entry: Registration): Promise<void> {
  await endProcesses(entry.id);
  await removeLinks(entry.id);
  await rm(entry.layersDir, { recursive: true, force: true, maxRetries: 5 });
  await rm(entry.runDir, { recursive: true, force: true, maxRetries: 5 });
  await unregister(entry.id);
}

/** Removes every run whose owner has died; runs that were detached are somebody's and stay. */
export async function sweepDeadRuns(): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const entry of await registrations()) {
    if (entry.owner === null || (await isAlive(entry.owner))) continue;
    await sweepRun(entry);
    swept.push(entry.id);
  }
  return swept;
}

/**
 * Every process of a run has its marker as an argument of its own, and is the parent or the first
 * process of a PID namespace whose other members the kernel ends with it.
 */
async function endProcesses(id: string): Promise<void> {
  await waitFor("the processes of a lab to end", 20_000, async () => {
    const left = (await processes()).filter(({ args }) => args.includes(runMarker(id)));
    for (const { pid } of left) kill(pid, "SIGKILL");
    return left.length === 0;
  });
}

async function removeLinks(id: string): Promise<void> {
  const ofRun = (name: string): boolean =>
    name === bridgeName(id) || name.startsWith(linkName(id, 0).slice(0, -1));
  for (const link of await links()) {
    if (!ofRun(link.name)) continue;
    // The kernel may remove a link by itself when its namespace ends: only what stays is an error.
    await run("ip", ["link", "delete", link.name]).catch(() => undefined);
  }
  await waitFor("the links of a lab to go", 10_000, async () =>
    (await links()).every((link) => !ofRun(link.name)),
  );
}

/** Folders of runs that no registration names any more, left by a machine that was restarted. */
export async function sweepOrphanFolders(runsDir: string): Promise<void> {
  const known = new Set((await registrations()).map((entry) => entry.id));
  for (const name of await readdir(runsDir).catch(() => [])) {
    if (known.has(name)) continue;
    await rm(`${runsDir}/${name}`, { recursive: true, force: true });
  }
}
