import { existsSync } from "node:fs";
import { expect, vi } from "vitest";
import { randomFrom } from "../../src/rollout/simulation-random.ts";
import { killNow, type Root } from "./apply-root.ts";
import type { Answers, Job, Server, Talk } from "./apply-server.ts";

/**
 * Kills at moments that nobody chose: each round is one job, cut off once and then asked for its end.
 * Who dies is drawn too: a power cut takes everything, an operator or the kernel one of them. The seed
 * is printed with whatever fails, and gives the same round again as far as the machine allows.
 */

export const roundsOf = (short: number, long: number): number =>
  process.env["FETTLE_TEST_LONG"] === "1" ? long : short;

type Victim = "everything" | "the program" | "the package manager" | "both";
const VICTIMS: readonly Victim[] = [
  "everything",
  "everything",
  "everything",
  "both",
  "both",
  "the program",
  "the package manager",
];

export interface Round {
  readonly cut: Talk;
  readonly last: Talk;
  /** For messages. */
  readonly said: string;
}

export async function cutJob(
  server: Server,
  root: Root,
  job: Job,
  how: {
    readonly seed: number;
    /** The cut falls within this time after the line that announces the packages. */
    readonly spanMs: number;
    /** What the package manager's own processes are called. */
    readonly manager: readonly string[];
  },
): Promise<Round> {
  const random = randomFrom(how.seed);
  const victim = random.pick(VICTIMS);
  const after = random.next() * how.spanMs;
  let waiting: NodeJS.Timeout | undefined;
  let killed: readonly number[] = [];
  const answers: Answers = {
    journal: (line) => {
      if (!/^APPLYING .*verb=packages/.test(line)) return;
      // A job of several transactions announces each; what is left of a second cut would hit the judge.
      waiting ??= setTimeout(() => {
        killed = strike(root, victim, how.manager);
      }, after);
    },
  };
  const cut = await server.apply(root, job, answers);
  // A job that was faster than the draw is not cut off, and neither is the next one.
  clearTimeout(waiting);
  // What is killed still holds its locks until the machine has put it away.
  await vi.waitFor(() => expect(killed.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]), {
    timeout: 20_000,
  });
  let last = cut;
  for (let times = 0; times < 5 && last.results.length === 0; times++) {
    last = await server.resume(root);
  }
  const journal = root.read("var/lib/fettle/job/journal");
  const output = root.read("var/lib/fettle/job/output").split("\n").slice(-12).join("\n");
  const said = `seed ${how.seed}: ${victim} at ${after.toFixed(0)} ms\n${journal}\n${output}`;
  return { cut, last, said };
}

/** Returns whom it killed. */
function strike(root: Root, victim: Victim, manager: readonly string[]): readonly number[] {
  if (victim === "everything") return root.kill();
  const worker = Number(root.read("var/lib/fettle/job/worker"));
  const isProgramMeant = (victim === "both" || victim === "the program") && worker > 1;
  if (isProgramMeant) killNow(worker);
  const managers = victim === "the program" ? [] : root.kill(manager);
  return isProgramMeant ? [worker, ...managers] : managers;
}
