import { Failure } from "../base/failure.ts";
import type { ServedContext } from "../ledger/served-route.ts";

export function liveHints(_context: ServedContext): AsyncGenerator<string> {
  throw new Failure("unavailable", "There are no live hints yet.");
}
