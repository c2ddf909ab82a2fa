import { StringDecoder } from "node:string_decoder";
import { Failure } from "../base/failure.ts";
import type { Output } from "./cli.ts";
import { whyUnread } from "./read-file.ts";
import type { Streams } from "./streams.ts";
import { safeText } from "./view/table.ts";

/**
 * Answers line by line, as a stream: as many lines come out as went in, in the same order, whatever
 * one of them holds. A line that has no answer becomes `?`, is named on standard error with the
 * reason, and counted; the exit code is then 1.
 */

/** What offline commands are given. */
export interface OfflineCli {
  readonly streams: Streams;
  readonly output: () => Output;
}

export interface Answer {
  /** For people and pipes; one line, or `?` where there is none. */
  readonly text: string;
  readonly json: object;
  /** Why there is no answer. */
  readonly problem?: string;
}

export type AnswerLine = (line: string) => Answer;

/** Longer ones are not held in memory; nothing that we answer comes near it. */
const LINE_CHARACTERS_MAX = 1_000_000;
/** So many lines are named; the rest is counted. */
const NAMED_MAX = 20;

export interface Work {
  readonly cli: OfflineCli;
  /** Files to read; none for standard input, which `-` names too. */
  readonly files: readonly string[];
  readonly answer: AnswerLine;
}

/** Exit code: 0 when every line had an answer, 1 when one had none. */
export async function answerLines({ cli, files, answer }: Work): Promise<number> {
  const { streams } = cli;
  const printer = new Printer(cli);
  if (files.length === 0 && streams.isInputTerminal) {
    streams.err("Reading lines from the terminal; end with Ctrl-D.\n");
  }
  for (const file of files.length === 0 ? ["-"] : files) {
    const name = file === "-" ? null : file;
    let number = 0;
    for await (const lines of batches(streams, name)) {
      let text = "";
      for (const line of lines) {
        number++;
        text += printer.lineFor({ file: name, number, answer: judged(line, answer) });
      }
      await streams.write(text);
    }
  }
  return printer.end();
}

/**
 * Words of the command line: one that names a file, or can only mean one, is read line by line; any
 * other is itself what is asked. Without words the lines come from standard input.
 */
export async function answerWords(
  cli: OfflineCli,
  words: readonly string[],
  answer: AnswerLine,
): Promise<number> {
  if (words.every((word) => isFileName(cli, word)))
    return answerLines({ cli, files: words, answer });
  if (words.some((word) => isFileName(cli, word))) {
    throw new Failure(
      "invalid",
      `Some of ${words.join(", ")} are files. Give either files or values.`,
    );
  }
  return answerValues(cli, words.map(answer));
}

/** A mistyped name of a file must not be answered as if it were a value. */
export function isFileName({ streams }: OfflineCli, word: string): boolean {
  return word === "-" || LIKE_A_FILE.test(word) || streams.isFile(word);
}

const LIKE_A_FILE = /^(?:\.{0,2}|~)\/|\.(?:txt|tsv|csv|lst|list|jsonl?)$/;

/** The same for values that stand on the command line itself. */
export async function answerValues(cli: OfflineCli, answers: readonly Answer[]): Promise<number> {
  const printer = new Printer(cli);
  for (const [at, answer] of answers.entries()) {
    await cli.streams.write(printer.lineFor({ file: null, number: at + 1, answer }));
  }
  return printer.end();
}

const tooLong: Answer = {
  text: "?",
  json: {},
  problem: `the line is longer than ${LINE_CHARACTERS_MAX} characters`,
};

/** Bytes that are no UTF-8 all become this sign, so that texts which differ would look the same. */
const REPLACEMENT = "\u{FFFD}";
const notText: Answer = { text: "?", json: {}, problem: "the line is not UTF-8 text" };

function judged(line: string | null, answer: AnswerLine): Answer {
  if (line === null) return tooLong;
  return line.includes(REPLACEMENT) ? notText : answer(line);
}

interface Place {
  readonly file: string | null;
  readonly number: number;
  readonly answer: Answer;
}

class Printer {
  readonly #cli: OfflineCli;
  readonly #output: Output;
  #lines = 0;
  #problems = 0;

  constructor(cli: OfflineCli) {
    this.#cli = cli;
    this.#output = cli.output();
  }

  lineFor({ file, number, answer }: Place): string {
    this.#lines++;
    if (answer.problem !== undefined) this.#name(file, number, answer.problem);
    if (this.#output === "table") return `${answer.text}\n`;
    const problem = answer.problem === undefined ? {} : { problem: answer.problem };
    const where = file === null ? { line: number } : { file, line: number };
    const json = JSON.stringify({ ...where, ...answer.json, ...problem });
    // JSON is YAML; one item of a list a line keeps that a stream too.
    return this.#output === "yaml" ? `- ${json}\n` : `${json}\n`;
  }

  end(): number {
    if (this.#problems === 0) return 0;
    if (this.#lines > 1) {
      this.#cli.streams.err(
        `fettle: ${this.#problems} of ${this.#lines} lines could not be answered.\n`,
      );
    }
    return 1;
  }

  #name(file: string | null, number: number, problem: string): void {
    this.#problems++;
    if (this.#problems > NAMED_MAX) return;
    const place = file === null ? `line ${number}` : `${safeText(file)}, line ${number}`;
    this.#cli.streams.err(`fettle: ${place}: ${safeText(problem)}\n`);
    if (this.#problems === NAMED_MAX) {
      this.#cli.streams.err("fettle: further lines without an answer are only counted.\n");
    }
  }
}

/** Lines in the batches in which they arrive; null for one that is too long to hold. */
async function* batches(
  streams: Streams,
  file: string | null,
): AsyncIterable<readonly (string | null)[]> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let isSkipping = false;
  let isBegin = true;
  for await (const piece of pieces(streams, file)) {
    let text = decoder.write(Buffer.from(piece));
    // Some editors begin a file with a mark of its encoding, which is no part of its first line.
    if (isBegin && text.startsWith("\u{FEFF}")) text = text.slice(1);
    isBegin &&= text === "";
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    const lines: (string | null)[] = parts.map(withoutReturn);
    if (isSkipping && lines.length > 0) {
      lines[0] = null;
      isSkipping = false;
    }
    if (isSkipping || rest.length > LINE_CHARACTERS_MAX) {
      isSkipping = true;
      rest = "";
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (isSkipping) yield [null];
  else if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

async function* pieces(streams: Streams, file: string | null): AsyncIterable<Uint8Array> {
  try {
    yield* streams.read(file);
  } catch (cause) {
    const named = file ?? "standard input";
    throw new Failure("invalid", `The file ${named}: ${whyUnread(cause)}.`, { cause });
  }
}
