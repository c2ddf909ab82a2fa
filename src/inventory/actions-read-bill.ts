import { Failure, type FailureCode } from "../base/failure.ts";
import { answerOfThread } from "../base/own-thread.ts";
import type { BillAnswer } from "./actions-read-bill-thread.ts";
import { type ReadBill, readBill } from "./read-bill.ts";

/**
 * Reads large documents beside the event loop: a bill of a hundred thousand entries takes seconds, and
 * everybody else is answered meanwhile. Few are read at once, each with a limit of memory and time of
 * its own; a document that exceeds one is refused, and nothing else notices.
 */
const THREAD_FROM_BYTES = 256 * 1024;
const THREADS_MAX = 2;
const WAITING_MAX = 20;
const TIMEOUT_MS = 60_000;
const MEMORY_MAX_MB = 1_024;

export async function readBillBeside(of: Parameters<typeof readBill>[0]): Promise<ReadBill> {
  // A thread costs more than a small document does.
  if (of.bytes.byteLength < THREAD_FROM_BYTES) return readBill(of);
  await turn();
  try {
    return await readInThread(of);
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

let running = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (running >= THREADS_MAX) {
    if (waiting.length >= WAITING_MAX) {
      throw new Failure(
        "rate-limited",
        `${WAITING_MAX} large documents wait to be read already. Hand it in again in a minute.`,
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
}

/** The build puts the thread's program beside the bundle that starts it. */
const program = new URL(
  import.meta.filename.endsWith(".js") ? "./read-bill-thread.js" : "./actions-read-bill-thread.ts",
  import.meta.url,
);

async function readInThread(of: Parameters<typeof readBill>[0]): Promise<ReadBill> {
  const answer = await answerOfThread({
    program,
    data: { bytes: of.bytes, release: of.release },
    timeoutMs: TIMEOUT_MS,
    memoryMaxMb: MEMORY_MAX_MB,
  });
  return billOf(answer as BillAnswer | null);
}

function billOf(answer: BillAnswer | null): ReadBill {
  if (answer === null) {
    throw new Failure(
      "too-large",
      `Reading the document took more than ${TIMEOUT_MS / 1_000} seconds or ${MEMORY_MAX_MB} MB. Split it by what is deployed together.`,
    );
  }
  if (answer.kind === "read") return answer.bill;
  throw new Failure(answer.code as FailureCode, answer.message);
}
