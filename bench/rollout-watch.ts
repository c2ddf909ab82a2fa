/**
 * What `fettle rollout watch` takes while hosts change: `node bench/rollout-watch.ts [hosts] [--waves N]
 * [--rate HOSTS-A-SECOND] [--seconds N] [--failed HOSTS] [--screen FILE]`. The engine's own turns, claims,
 * permits and results run a rollout of hosts that are done at once; the command line has a terminal of 100
 * columns and 40 rows, made by `script` (util-linux). Told are its processor time, what came from the
 * server and what was written to the terminal, and in how many frames. JSON lines.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { screenOf } from "../test/e2e/screen.ts";
import { treeSeconds } from "./cpu-account.ts";
import { missingPrograms } from "./needs.ts";
import { openBenchSite } from "./site.ts";
import { watchedRollout } from "./watched-rollout.ts";

const { values: flags, positionals } = parseArgs({
  options: {
    waves: { type: "string", default: "40" },
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    failed: { type: "string", default: "0" },
    screen: { type: "string" },
  },
  allowPositionals: true,
});
const hosts = Number(positionals[0] ?? 10_000);
const [waves, rate, seconds] = [flags.waves, flags.rate, flags.seconds].map(Number) as [
  number,
  number,
  number,
];
const COLUMNS = 100;
const ROWS = 40;

if (missingPrograms(["script"]).length > 0) {
  console.error("This measures a program at a terminal. Install bsdutils, which has script.");
  process.exit(1);
}
const site = await openBenchSite();
const home = mkdtempSync(join(tmpdir(), "fettle-watch-"));
const wire = await openWire(Number(new URL(site.url).port));
const atTerminal = {
  env: {
    ...{ PATH: process.env["PATH"] ?? "", HOME: home, SHELL: "/bin/sh", TERM: "xterm" },
    ...{ FETTLE_URL: wire.url, FETTLE_TOKEN: site.token },
  },
  // A group of its own: what ends is the command line, not this.
  detached: true,
};
try {
  const rollout = await watchedRollout(site.world, {
    ...{ hosts, waves, rate, failed: Number(flags.failed) },
  });
  const cli = resolve(import.meta.dirname, "../src/main/cli.ts");
  const line = `stty cols ${COLUMNS} rows ${ROWS} && exec '${process.execPath}' '${cli}' rollout watch ${rollout.ref}`;
  const child = spawn("script", ["-qefc", line, "/dev/null"], atTerminal);
  const ended = new Promise((done) => child.once("close", done));
  let [raw, frames] = ["", 0];
  child.stdout.on("data", (chunk: Buffer) => {
    raw += chunk.toString();
    frames += 1;
  });
  while (!raw.includes("Live.") && !raw.includes("more lines")) await sleep(100);
  await sleep(1_000);
  const atRest = { bytes: raw.length, frames, cpu: cpuOf(child.pid) };
  const sent = wire.told();
  const [before, serverBefore] = [await rollout.verified(), process.cpuUsage()];
  const stop = rollout.run();
  await sleep(seconds * 1_000);
  const changed = (await rollout.verified()) - before;
  const each = (some: number) => Math.round((some / seconds) * 10) / 10;
  const after = wire.told();
  const { user, system } = process.cpuUsage(serverBefore);
  const cpu = cpuOf(child.pid) - atRest.cpu;
  await stop();
  console.log(
    JSON.stringify({
      ...{ hosts, waves, changedASecond: each(changed) },
      cpuMsASecond: each(cpu * 1_000),
      serverAndEngineMsASecond: each((user + system) / 1_000),
      looksASecond: each(after.answers - sent.answers),
      kBFromServerASecond: each((after.bytes - sent.bytes) / 1_000),
      framesASecond: each(frames - atRest.frames),
      kBToTerminalASecond: each((raw.length - atRest.bytes) / 1_000),
    }),
  );
  if (flags.screen !== undefined) writeFileSync(flags.screen, `${screenOf(raw, COLUMNS)}\n`);
  child.stdin.write("\u0003");
  await ended;
} finally {
  wire.server.close();
  await site.close();
  rmSync(home, { recursive: true });
}

function cpuOf(pid: number | undefined): number {
  return pid === undefined ? 0 : treeSeconds(pid);
}

/** What lies between the two, and counts what the server answers. */
async function openWire(port: number): Promise<{
  readonly url: string;
  readonly server: Server;
  readonly told: () => { readonly bytes: number; readonly answers: number };
}> {
  let [bytes, answers] = [0, 0];
  const server = createServer((near: Socket) => {
    const far = connect(port, "127.0.0.1");
    far.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      answers += chunk.toString("latin1").split("HTTP/1.1 200").length - 1;
    });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${own}`, server, told: () => ({ bytes, answers }) };
}
