import { writeFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";
import { SECOND_MS } from "../base/instant.ts";
import { pause } from "../base/pause.ts";
import { ask, type Client } from "../client/client.ts";
import type { components } from "../client/schema.d.ts";
import { type Cli, show } from "./cli.ts";
import { waysText } from "./view/ways-in.ts";

/** Looks at one host for second ways in: the host's own program looks and signs, this shows it. */
export interface DoctorHostFlags {
  /** Only what the host said last, for who may read and not scan. */
  readonly last?: true;
  /** Writes the signed text here, and the signature beside it. */
  readonly to?: string;
}

const WAITS_MS_MAX = 120 * SECOND_MS;
const LOOKS_EVERY_MS = 300;

export async function doctorHost(cli: Cli, host: string, flags: DoctorHostFlags): Promise<void> {
  const client = cli.client();
  if (flags.last !== true) await lookAnew(client, host);
  const params = { path: { host } };
  const ways = await ask(client.GET("/api/v1/hosts/{host}/ways-in", { params }));
  if (flags.to !== undefined) writeSigned(ways, flags.to);
  show(cli, ways, () => waysText(ways, { now: cli.clock(), file: flags.to }));
  process.exitCode = waysExit(ways);
}

type Ways = components["schemas"]["WaysIn"];

/** As the doctor of a deployment: 1 something is wrong, 3 something could not be looked at, else 0. */
export function waysExit({ at, proof, items }: Ways): 0 | 1 | 3 {
  if (proof === "wrong" || items.some(({ level }) => level === "bad")) return 1;
  return at === null || items.some(({ level }) => level === "unknown") ? 3 : 0;
}

async function lookAnew(client: Client, host: string): Promise<void> {
  const body = { hosts: [host], refreshLists: false };
  const started = await ask(client.POST("/api/v1/scans", { body }));
  const params = { path: { scan: started.id } };
  const until = AbortSignal.timeout(WAITS_MS_MAX);
  for (let scan = started; ; scan = await ask(client.GET("/api/v1/scans/{scan}", { params }))) {
    if (scan.failed > 0) {
      throw new Failure(
        "unavailable",
        `${host} could not be looked at: fettle host scan --id ${scan.id} --watch says why. What it said last: fettle doctor ${host} --last`,
      );
    }
    if (scan.finishedAt !== null) return;
    if (until.aborted) {
      throw new Failure(
        "unavailable",
        `${host} has not answered for ${WAITS_MS_MAX / SECOND_MS} s. The look goes on: fettle host scan --id ${scan.id} --watch`,
      );
    }
    await pause(LOOKS_EVERY_MS, until);
  }
}

function writeSigned({ text, signature, host }: Ways, to: string): void {
  if (text === null || signature === null) {
    throw new Failure("blocked", `${host} has signed no report, so nothing was written.`);
  }
  writeFileSync(to, text, { flag: "wx" });
  writeFileSync(`${to}.sig`, signature, { flag: "wx" });
}
