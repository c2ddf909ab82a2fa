import { mkdir, open, readdir, rename, rm, unlink, writeFile } from "node:fs/promises";
import { Failure } from "../src/base/failure.ts";
import { type Subnet, subnetCandidates } from "./addresses.ts";
import { readOr, routedNetworks, startTicks } from "./machine.ts";
import { type Owner, type Registration, registrationSchema, registryFolder } from "./model.ts";

/** Who is running a lab on this machine: one small file a run, and one a claimed network. */

export async function register(registration: Registration): Promise<void> {
  await mkdir(registryFolder, { recursive: true, mode: 0o700 });
  const path = registrationPath(registration.id);
  await writeFile(`${path}.new`, JSON.stringify(registration), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function registration(id: string): Promise<Registration | null> {
  const text = await readOr(registrationPath(id), null);
  return text === null ? null : registrationSchema.parse(JSON.parse(text));
}

export async function registrations(): Promise<readonly Registration[]> {
  const names = await readdir(registryFolder).catch(() => []);
  const ids = names.flatMap((name) => /^([0-9a-f]{6})\.json$/.exec(name)?.[1] ?? []);
  const found = await Promise.all(ids.map(registration));
  return found.filter((entry) => entry !== null);
}

export async function unregister(id: string): Promise<void> {
  await releaseNetworks((owner) => owner === id);
  await rm(registrationPath(id), { force: true });
}

export async function currentOwner(): Promise<Owner> {
  return { pid: process.pid, startTicks: (await startTicks(process.pid)) ?? "" };
}

export async function isAlive(owner: Owner): Promise<boolean> {
  return (await startTicks(owner.pid)) === owner.startTicks;
}

/** Claims a /24 that nothing on this machine routes and no other run holds. */
export async function claimNetwork(id: string): Promise<Subnet> {
  const known = new Set((await registrations()).map((entry) => entry.id));
  // A run is registered before it claims, so a claim without a registration is a dead one.
  await releaseNetworks((owner) => !known.has(owner));
  for (const candidate of subnetCandidates(id, await routedNetworks())) {
    if (await claim(candidate, id)) return candidate;
  }
  throw new Failure("unavailable", "All networks of the lab are taken: end a run with `down`.");
}

async function claim(network: Subnet, id: string): Promise<boolean> {
  try {
    const file = await open(`${registryFolder}/network-${network.third}`, "wx", 0o600);
    await file.writeFile(id);
    await file.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Failure("unavailable", `The lab could not write to ${registryFolder}.`, { cause });
  }
}

async function releaseNetworks(isReleased: (owner: string) => boolean): Promise<void> {
  const names = await readdir(registryFolder).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith("network-"))) {
    const path = `${registryFolder}/${name}`;
    const owner = await readOr(path, null);
    // An empty file is a claim in the making.
    if (owner !== null && owner !== "" && isReleased(owner)) {
      await unlink(path).catch(() => undefined);
    }
  }
}

function registrationPath(id: string): string {
  return `${registryFolder}/${id}.json`;
}
