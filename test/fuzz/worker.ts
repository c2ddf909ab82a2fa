import { parentPort, workerData } from "node:worker_threads";
import { inputsOf } from "./corpus-files.ts";
import { fuzz } from "./fuzzer.ts";
import { fuzzTargets } from "./targets.ts";

/**
 * One target in a thread of its own, whose memory is limited and which is ended when an input takes
 * too long. What it works on stands in memory that outlives it.
 */
export interface WorkerInput {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** Length of the input in hand, twice the inputs so far (odd while one is being read), its bytes. */
  readonly inHand: SharedArrayBuffer;
}

const { target: name, seconds, seed, inHand } = workerData as WorkerInput;
const head = new Int32Array(inHand, 0, 2);
const room = new Uint8Array(inHand, 8);
const target = fuzzTargets.find((each) => each.name === name);
if (target === undefined) throw new Error(`no target is named ${name}`);
const until = performance.now() + seconds * 1_000;
const run = await fuzz(target, {
  ...{ seeds: inputsOf(target), seed },
  isOver: () => performance.now() >= until,
  onInput(input) {
    room.set(input.subarray(0, room.length));
    head[0] = Math.min(input.length, room.length);
    Atomics.add(head, 1, 1);
  },
  onAnswer: () => Atomics.add(head, 1, 1),
});
parentPort?.postMessage({
  ...{ runs: run.runs, reached: run.reached, kept: run.kept },
  finding: run.finding,
});
