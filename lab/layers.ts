import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../src/base/failure.ts";
import { runCommand } from "../src/base/run-command.ts";
import { cleanEnvironment } from "./machine.ts";

/**
 * Finds a folder whose file system can hold the hosts' upper layers: an overlay cannot lie on an
 * overlay, which is what the state folder is on in many containers.
 */
export async function findLayersDir(
  preferred: string,
  id: string,
  say: (text: string) => void,
): Promise<string> {
  const candidates = [preferred, `/var/tmp/fettle-lab-${id}`, `/dev/shm/fettle-lab-${id}`];
  for (const candidate of candidates) {
    if (!(await canHoldLayers(join(candidate, "trial")))) {
      await rm(candidate, { recursive: true, force: true });
      continue;
    }
    if (candidate !== preferred) {
      say(`the state folder cannot hold overlay layers here, so the hosts live in ${candidate}`);
    }
    return candidate;
  }
  throw new Failure(
    "unavailable",
    `None of ${candidates.join(", ")} can hold overlay layers. Give the lab a state folder on a plain file system (ext4, xfs, btrfs or tmpfs).`,
  );
}

/** Mounts one for trial in a namespace of its own, so that nothing stays behind. */
async function canHoldLayers(dir: string): Promise<boolean> {
  for (const name of ["lower", "upper", "work", "root"]) {
    await mkdir(join(dir, name), { recursive: true });
  }
  const result = await runCommand({
    program: "unshare",
    args: [
      ...["--mount", "mount", "-t", "overlay", "fettle-lab", "-o"],
      ...[`lowerdir=${dir}/lower,upperdir=${dir}/upper,workdir=${dir}/work`, `${dir}/root`],
    ],
    env: { ...cleanEnvironment },
    timeoutMs: 20_000,
    outputBytesMax: 64 * 1024,
  });
  await rm(dir, { recursive: true, force: true });
  if (result.stderr.includes("unshare:")) {
    throw new Failure(
      "unavailable",
      "This machine does not let root make namespaces (a container without that right?), so the lab cannot run here.",
      { facts: { said: result.stderr.toString() } },
    );
  }
  return result.ended === "exit" && result.code === 0;
}
