import type { Parsed } from "../../src/base/document.ts";
import { Failure } from "../../src/base/failure.ts";

/** What is fuzzed: each parser that takes what others wrote, with what it promises. */
export interface FuzzTarget {
  readonly name: string;
  /** Where changes begin. */
  readonly seeds: readonly (string | Buffer)[];
  /** Words of the format, which chance alone would hardly write. */
  readonly words: readonly string[];
  /** Throws what `isRefusal` knows for input it does not take, anything else for a broken promise. */
  readonly run: (input: Buffer) => unknown;
  readonly isRefusal: (cause: unknown) => boolean;
}

export class BrokenPromise extends Error {}

export function target(
  name: string,
  of: {
    readonly seeds: FuzzTarget["seeds"];
    readonly words?: readonly string[];
    readonly run: (text: string, input: Buffer) => unknown;
  },
): FuzzTarget {
  return {
    ...{ name, seeds: of.seeds, words: of.words ?? [] },
    run: (input) => of.run(input.toString("utf8"), input),
    isRefusal: (cause) => cause instanceof Failure,
  };
}

/** One encoding per meaning (host protocol §1.1): what is accepted is written again byte for byte. */
export function documents<T>(
  name: string,
  seeds: readonly string[],
  how: { readonly parse: (text: string) => Parsed<T>; readonly write: (value: T) => string },
): FuzzTarget {
  const words = [
    "fettle",
    "end",
    "-",
    "host *",
    "frozen",
    "rule",
    "online",
    "lease 900",
    "offline",
  ];
  return target(name, {
    ...{ seeds, words },
    run(text) {
      const read = how.parse(text);
      if (read.ok && how.write(read.value) !== text) {
        throw new BrokenPromise("it was accepted, but is written in another way");
      }
    },
  });
}
