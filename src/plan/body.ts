import {
  type DocumentReader,
  grammar,
  type Parsed,
  parseDocument,
  type WordKind,
  writeDocument,
} from "../base/document.ts";
import { never } from "../base/failure.ts";
import type { PackageStep, Step } from "./model.ts";

/**
 * A body is the complete transaction of the hosts that share it, with the undo of each step, in the
 * same approved text: rollback must work when nobody answers (§3). A line that is well-formed but
 * names an unknown verb or wrong arguments is E_VERB; everything else is E_FORMAT.
 */
export interface BodyText {
  readonly steps: readonly Step[];
  /**
   * The numbers of the steps that begin another transaction: the packages before such a step are wholly
   * there before it starts. Empty: all packages are one transaction.
   */
  readonly transactions: readonly number[];
  /** `at` is the number of the step it undoes; numbers rise, one undo a step at most. */
  readonly undo: readonly { readonly at: number; readonly step: Step }[];
}

/** §1.3. */
export const BODY_BYTES_MAX = 256 * 1024;

export function writeBody(body: BodyText): string {
  return writeDocument("body", [
    ...body.steps.map((step, at) => `step ${at + 1} ${stepToText(step)}`),
    ...body.transactions.map((at) => `transaction ${at}`),
    ...body.undo.map(({ at, step }) => `undo ${at} ${stepToText(step)}`),
  ]);
}

export function parseBody(text: string): Parsed<BodyText> {
  return parseDocument(text, { type: "body", bytesMax: BODY_BYTES_MAX }, (reader) => {
    const steps: Step[] = [];
    do {
      const { at, step } = readNumbered(reader, "step");
      if (at !== steps.length + 1) reader.stop(`step ${steps.length + 1} must stand here`);
      steps.push(step);
    } while (reader.isNext("step"));
    const transactions: number[] = [];
    while (reader.isNext("transaction")) {
      const [at] = reader.fields("transaction", "number");
      if (!isBetweenPackages(steps, Number(at))) {
        reader.stop("`transaction` must name a package step behind another");
      }
      if (Number(at) <= (transactions.at(-1) ?? 0)) reader.stop("`transaction` numbers must rise");
      transactions.push(Number(at));
    }
    const undo: { at: number; step: Step }[] = [];
    while (reader.isNext("undo")) {
      const line = readNumbered(reader, "undo");
      if (line.at > steps.length) reader.stop("`undo` names a step that does not exist");
      if (line.at <= (undo.at(-1)?.at ?? 0)) reader.stop("`undo` numbers must rise");
      undo.push(line);
    }
    return { steps, transactions, undo };
  });
}

function isBetweenPackages(steps: readonly Step[], at: number): boolean {
  return [steps[at - 2], steps[at - 1]].every((step) => step !== undefined && "sha256" in step);
}

/** The package steps of a body by transaction, in order; one list where nothing is said, none without any. */
export function transactionsOf({ steps, transactions }: BodyText): PackageStep[][] {
  const parts: PackageStep[][] = [];
  for (const [at, step] of steps.entries()) {
    if (!("sha256" in step)) continue;
    const part = parts.at(-1);
    if (part === undefined || transactions.includes(at + 1)) parts.push([step]);
    else part.push(step);
  }
  return parts;
}

/** `packages in 2 transactions: runtime, then server app`. */
export function inTransactionsText(body: BodyText): string {
  const parts = transactionsOf(body).map((steps) => steps.map(({ name }) => name).join(" "));
  return `packages in ${parts.length} transactions: ${parts.join(", then ")}`;
}

function readNumbered(reader: DocumentReader, key: "step" | "undo"): { at: number; step: Step } {
  const [at, ...words] = reader.words(key);
  reader.must("number", at ?? "", key);
  const step = stepFromWords(words);
  return step === null
    ? reader.stop(`\`${key} ${at}\` has an unknown verb or wrong arguments`, 0, "E_VERB")
    : { at: Number(at), step };
}

/** Which words follow each verb; `-` stands for itself: none. */
const PACKAGE_WORDS = {
  upgrade: ["name", "name", "version", "version", "digest"],
  downgrade: ["name", "name", "version", "version", "digest"],
  install: ["name", "name", "-", "version", "digest"],
  remove: ["name", "name", "version", "-", "-"],
} as const satisfies Record<string, readonly (WordKind | "-")[]>;

function stepFromWords(words: readonly string[]): Step | null {
  const [verb, ...args] = words;
  const [first = "", second = "", third = "", fourth = "", fifth = ""] = args;
  switch (verb) {
    case "upgrade":
    case "downgrade":
    case "install":
    case "remove":
      if (!match(args, PACKAGE_WORDS[verb])) return null;
      return { verb, name: first, arch: second, from: third, to: fourth, sha256: fifth };
    case "restart":
      return match(args, ["name"]) ? { verb, unit: first } : null;
    case "run":
      return match(args, ["name"]) ? { verb, hook: first } : null;
    case "probe":
    case "hold":
    case "snapshot":
    case "restore":
      return match(args, ["name"]) ? { verb, name: first } : null;
    case "reboot":
      return args.length === 0 ? { verb } : null;
    default:
      return null;
  }
}

function match(words: readonly string[], kinds: readonly (WordKind | "-")[]): boolean {
  return (
    words.length === kinds.length &&
    kinds.every((kind, at) => {
      const word = words[at] ?? "";
      return kind === "-" ? word === "-" : grammar[kind].test(word);
    })
  );
}

export function stepToText(step: Step): string {
  switch (step.verb) {
    case "upgrade":
    case "downgrade":
    case "install":
    case "remove":
      return [step.verb, step.name, step.arch, step.from, step.to, step.sha256].join(" ");
    case "restart":
      return `restart ${step.unit}`;
    case "run":
      return `run ${step.hook}`;
    case "probe":
    case "hold":
    case "snapshot":
    case "restore":
      return `${step.verb} ${step.name}`;
    case "reboot":
      return "reboot";
    default:
      return never(step);
  }
}
