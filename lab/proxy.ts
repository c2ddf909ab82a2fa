import { spawn } from "node:child_process";
import { mkdir, open, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Failure } from "../src/base/failure.ts";
import { guestDir } from "./base-root.ts";
import { cleanEnvironment, readOr, waitFor } from "./machine.ts";
import { runMarker } from "./model.ts";
import { type ProxyPlan, proxyConfig } from "./proxy-config.ts";

/** Starts the run's caching proxy and waits until it listens. It ends with the sweep of the run. */
export async function startProxy(id: string, plan: ProxyPlan): Promise<void> {
  await mkdir(plan.dir, { recursive: true });
  await mkdir(plan.cacheDir, { recursive: true });
  const config = join(plan.dir, "nginx.conf");
  // It may hold a password for the machine's web proxy.
  await writeFile(config, proxyConfig(plan), { mode: 0o600 });
  const log = await open(join(plan.dir, "error.log"), "a", 0o600);
  const child = spawn(
    "unshare",
    [
      ...["--pid", "--fork", "--kill-child=KILL"],
      ...["sh", join(guestDir, "proxy.sh"), runMarker(id), config, plan.dir],
    ],
    { detached: true, stdio: ["ignore", log.fd, log.fd], env: { ...cleanEnvironment } },
  );
  await log.close();
  child.unref();
  let hasEnded = false;
  child.once("exit", () => {
    hasEnded = true;
  });
  await waitFor("the lab's proxy to listen", 15_000, async () => {
    if (hasEnded) {
      throw new Failure(
        "unavailable",
        `The lab's proxy did not start; see ${plan.dir}/error.log.`,
        {
          facts: { said: (await readOr(join(plan.dir, "error.log"), "")).slice(-2000) },
        },
      );
    }
    return await isListening(plan.address, plan.port);
  });
}

export function isListening(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1_000 });
    const settle = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", settle(true));
    socket.once("error", settle(false));
    socket.once("timeout", settle(false));
  });
}
