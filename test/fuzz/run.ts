import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { keepInput } from "./corpus-files.ts";
import { corpusName, type FuzzRun } from "./fuzzer.ts";
import { INPUT_BYTES_MAX } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";
import { fuzzTargets } from "./targets.ts";
import type { WorkerInput } from "./worker.ts";

/**
 * `npm run fuzz [-- TARGET… --seconds 60 --seed N --keep]`: one JSON line a target, exit code 1 when
 * one of them crashed, hung for a second, took a GiB or changed a prototype. The input that did it is
 * written beside the line. Coverage has its own peaks of some 300 MiB, so less would judge the fuzzer. `--keep` adds what reached new code to the corpus.
 */
const HANG_MS = 1_000;
const HEAP_MIB_MAX = 1_024;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    keep: { type: "boolean", default: false },
  },
});

const unknown = positionals.filter((name) => !fuzzTargets.some((each) => each.name === name));
if (unknown.length > 0) {
  const names = fuzzTargets.map(({ name }) => name).join(" ");
  process.stderr.write(`No target is named ${unknown.join(", ")}. There are: ${names}\n`);
  process.exit(2);
}
let found = 0;
for (const target of fuzzTargets) {
  if (positionals.length > 0 && !positionals.includes(target.name)) continue;
  found += (await one(target)) ? 1 : 0;
}
process.exit(found === 0 ? 0 : 1);

async function one(target: FuzzTarget): Promise<boolean> {
  const inHand = new SharedArrayBuffer(8 + INPUT_BYTES_MAX);
  const asked: WorkerInput = {
    ...{ target: target.name, seconds: Number(values.seconds), seed: Number(values.seed), inHand },
  };
  const ended = await watched(asked);
  const { finding } = ended;
  if (values.keep) for (const input of ended.kept) keepInput(target, Buffer.from(input));
  const path = finding === null ? null : save(target, Buffer.from(finding.input));
  const { runs, reached, kept } = ended;
  const told = { target: target.name, seed: asked.seed, runs, reached, kept: kept.length };
  process.stdout.write(`${JSON.stringify({ ...told, finding: finding?.why ?? null, path })}\n`);
  return finding !== null;
}

function save(target: FuzzTarget, input: Buffer): string {
  const path = join(tmpdir(), `fuzz-${target.name}-${corpusName(input)}`);
  writeFileSync(path, input);
  return path;
}

/** Ends a thread that stands at one input for too long, and tells which. */
function watched(asked: WorkerInput): Promise<FuzzRun> {
  const head = new Int32Array(asked.inHand, 0, 2);
  const nothing: FuzzRun = { runs: 0, reached: 0, kept: [], finding: null };
  const input = (): Buffer => Buffer.from(new Uint8Array(asked.inHand, 8, head[0] ?? 0));
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: asked,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    // Processor time, which is the worker's alone: a busy machine is no hang.
    const spent = (): number => process.cpuUsage().user / 1_000;
    let last = { number: 0, at: spent() };
    const watch = setInterval(() => {
      const number = Atomics.load(head, 1);
      const now = spent();
      if (number !== last.number) last = { number, at: now };
      // Between two inputs the thread reads the program, or what was reached.
      if (number % 2 === 0 || now - last.at < HANG_MS) return;
      end({
        ...nothing,
        runs: (number + 1) / 2,
        finding: { input: input(), why: `took over ${HANG_MS} ms` },
      });
      void worker.terminate();
    }, HANG_MS / 10);
    const end = (run: FuzzRun): void => {
      clearInterval(watch);
      resolve(run);
    };
    worker.on("message", end);
    worker.on("error", (cause) =>
      end({
        ...nothing,
        runs: Math.ceil((head[1] ?? 0) / 2),
        finding: { input: input(), why: String(cause) },
      }),
    );
  });
}
