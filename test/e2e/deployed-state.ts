import type { ChildProcessByStdio } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { run, waitFor } from "../../lab/machine.ts";

/**
 * The state of a server that was started once, loaded its starter snapshot and was stopped: nobody is set
 * up, no host is known. It is made once a run and copied, which costs a twentieth of a first start;
 * first starts themselves are what start.real.test.ts and install.real.test.ts are about.
 */
const MAKE_MS_MAX = 240_000;

export type StartServer = (given: {
  readonly state: string;
  readonly sockets: string;
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
}) => ChildProcessByStdio<null, Readable, Readable>;

/** Makes the folder `state`; outside a run of tests it leaves that to the server's own first start. */
export async function fillState(state: string, start: StartServer): Promise<void> {
  const shared = process.env["FETTLE_TEST_STATES"];
  if (shared === undefined) return;
  const made = join(shared, "made");
  if (isFirst(join(shared, "making"))) await make(shared, made, start);
  await waitFor("another test to make the first state", MAKE_MS_MAX, async () => existsSync(made));
  await run("cp", ["-a", "--", made, state]);
}

/** Of all files of tests that ask, the one that makes it for the others. */
function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  }
}

async function make(shared: string, made: string, start: StartServer): Promise<void> {
  const state = join(shared, "new");
  const server = start({ state, sockets: join(shared, "s"), port: 0 });
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  server.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    // Told to stop it first ends what it is at: the whole snapshot is loaded. Only once, as a second
    // signal would end it at once.
    if (said.includes("listens at") && !server.killed) server.kill("SIGTERM");
  });
  const code = await new Promise<number | null>((resolve) => server.once("close", resolve));
  if (code !== 0) throw new Error(`The first server of the run ended with ${code}: ${said}`);
  renameSync(state, made);
}
