import { parentPort, workerData } from "node:worker_threads";
import { Failure } from "../base/failure.ts";
import { type ReadBill, readBill } from "./read-bill.ts";

/** A thread of its own for one document: reads it, answers once and ends. */
export type BillAnswer =
  | { readonly kind: "read"; readonly bill: ReadBill }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

function answer(): BillAnswer {
  try {
    return { kind: "read", bill: readBill(workerData) };
  } catch (cause) {
    if (cause instanceof Failure)
      return { kind: "refused", code: cause.code, message: cause.message };
    throw cause;
  }
}

parentPort?.postMessage(answer());
