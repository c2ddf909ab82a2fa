import { durationToText, MINUTE_MS } from "../base/instant.ts";
import type { Finding } from "./doctor-facts.ts";

/** Judgements that a machine and a server have in common. */
const FREE_BYTES_WISHED = 2 * 1024 ** 3;
/** Approvals and orders carry times; hosts refuse what lies this far off. */
const CLOCK_ATTENTION_MS = 2_000;
const CLOCK_BAD_MS = MINUTE_MS;

export function good(check: string, says: string): Finding {
  return { check, state: "good", says, advice: null };
}

export function loose(
  check: string,
  folder: string,
  found: readonly { readonly path: string; readonly mode: string }[],
): readonly Finding[] {
  if (found.length === 0) return [good(check, `${folder}: secrets are their owner's alone`)];
  return found.map(({ path, mode }) => ({
    check,
    state: "bad",
    says: `${folder}/${path} has mode ${mode}: others than its owner can reach it`,
    advice:
      path === "."
        ? `chmod go-w ${folder}`
        : `chmod 600 ${folder}/${path}; if others had access, make a new one`,
  }));
}

export function room(check: string, folder: string, freeBytes: number): Finding {
  const says = `${gigabytes(freeBytes)} free at ${folder}`;
  if (freeBytes >= FREE_BYTES_WISHED) return good(check, says);
  const isBad = freeBytes < FREE_BYTES_WISHED / 8;
  const advice = "Make room: database and ledger stop where the disk is full.";
  return { check, state: isBad ? "bad" : "attention", says, advice };
}

export function clock(check: string, aheadMs: number, of: string): Finding {
  const size = Math.abs(aheadMs);
  const says = `differs from ${of} by ${durationToText(size)}`;
  if (size < CLOCK_ATTENTION_MS) return good(check, `as on ${of}`);
  return {
    check,
    state: size < CLOCK_BAD_MS ? "attention" : "bad",
    says,
    advice:
      "Let both follow a time server (timedatectl set-ntp true); hosts refuse orders from the future.",
  };
}

export function gigabytes(bytes: number): string {
  return bytes >= 1024 ** 3
    ? `${(bytes / 1024 ** 3).toFixed(1)} GB`
    : `${Math.round(bytes / 1024 ** 2)} MB`;
}
