import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { Failure } from "./failure.ts";
import { issueText } from "./issue-text.ts";

/**
 * Policy and other files that people write. A fault names its line and what is allowed there, all
 * faults at once: a file that is half understood must never decide anything.
 */

/** Larger files are no policy; a parser bomb (aliases of aliases) is refused long before that. */
const YAML_BYTES_MAX = 256 * 1024;
const ALIASES_MAX = 100;
const FAULTS_SHOWN_MAX = 20;

/** A strict object whose error for an unknown field says which fields there are. */
export function strictFields<Shape extends z.core.$ZodShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.map((key) => JSON.stringify(key)).join(", ")} is not known here; known are ${known}`
        : undefined,
  });
}

/** Parses YAML 1.2 by a schema; throws `invalid` with every fault and its line. */
export function parseYaml<T>(schema: z.ZodType<T>, text: string, file: string): T {
  if (text.length > YAML_BYTES_MAX) {
    throw new Failure("too-large", `The file ${file} is longer than ${YAML_BYTES_MAX} bytes.`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    ...{ lineCounter: lines, prettyErrors: false },
    // A list as the name of a field is a fault of the file, and no warning of this process.
    logLevel: "error",
  });
  const faults = document.errors.map((e) => `line ${lines.linePos(e.pos[0]).line}: ${e.message}`);
  if (faults.length > 0) throw invalidFile(file, faults);
  const parsed = schema.safeParse(withAliases(document, file));
  if (parsed.success) return parsed.data;
  throw invalidFile(
    file,
    parsed.error.issues.map((issue) => {
      const line = lineOf(document, lines, faultPath(issue));
      const where = issue.path.length === 0 ? "the file" : issue.path.join(".");
      return `line ${line}: ${where}: ${issueText(issue)}`;
    }),
  );
}

/** Aliases are followed only here, so one that leads nowhere, or to too much, is found out only here. */
function withAliases(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw invalidFile(file, [`${cause.message}; write out what *alias stands for`]);
  }
}

function invalidFile(file: string, faults: readonly string[]): Failure {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX);
  const more = faults.length > shown.length ? ` (and ${faults.length - shown.length} more)` : "";
  return new Failure("invalid", `${file} cannot be used. ${shown.join("; ")}${more}.`, {
    facts: { file, faults: shown },
  });
}

/** An unknown field is at fault itself, not the object that holds it. */
function faultPath(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  const [key] = issue.code === "unrecognized_keys" ? issue.keys : [];
  return key === undefined ? issue.path : [...issue.path, key];
}

/** The line of the deepest part of the path that the file has. */
function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: unknown } | undefined)?.range;
    if (Array.isArray(range)) return lines.linePos(Number(range[0])).line;
  }
  return 1;
}
