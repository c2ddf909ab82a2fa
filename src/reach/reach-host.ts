import { join } from "node:path";
import { hostProgram } from "./host-program.ts";
import type { ReachTarget } from "./model.ts";
import { type HostPrograms, type ReachPaths, type Transport, transportTo } from "./transport.ts";

/** The way to a host with the host program of this server's version. */
export function reachHost(paths: ReachPaths, target: ReachTarget): Transport {
  return transportTo(target, paths, programsFor(paths));
}

/** How long the program is that a piped host is sent. */
export function programBytes(paths: ReachPaths): number {
  return programsFor(paths).remote.length;
}

const made = new Map<string, HostPrograms>();

/**
 * The program is read and joined once for each state folder. On this machine it keeps its package
 * lists in a private folder, so that inspecting needs no root and touches nothing.
 */
function programsFor(paths: ReachPaths): HostPrograms {
  const known = made.get(paths.state);
  if (known !== undefined) return known;
  // The program takes plain paths only; the folder for sockets is always one.
  const parent = /^[A-Za-z0-9/._-]+$/.test(paths.state) ? paths.state : paths.sockets;
  const programs = {
    remote: Buffer.from(hostProgram()),
    local: Buffer.from(hostProgram({ var: join(parent, "local-host") })),
  };
  made.set(paths.state, programs);
  return programs;
}
