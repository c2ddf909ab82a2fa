import type { Command } from "commander";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import type { ScanFinding } from "../intel/scan-packages.ts";
import { applyVex, type VexResult } from "../intel/vex-apply.ts";
import { ecosystemOfRelease } from "../inventory/release-name.ts";
import { type FileCli, showAnswer } from "./file-cli.ts";
import { bytesOf, readVexFiles, scannedProduct } from "./read-vex.ts";
import { unmatchedLines } from "./view/scan-report.ts";
import { renderTable } from "./view/table.ts";

/** Statements about exploitability, applied to findings without a server. */
export function registerVex(program: Command, cli: FileCli): void {
  const vex = program
    .command("vex")
    .description("Statements about what is exploitable, and why not");
  vex
    .command("apply <files...>")
    .description(
      "Apply VEX files to the findings of a scan (-o json), from a file or standard input",
    )
    .option("--findings <file>", "what fettle scan -o json printed; default: standard input")
    .option("--release <name>", "the release the packages are of, for statements that name one")
    .option("--product <purl>", "what was scanned as a whole, for statements about its parts")
    .option("--author <name...>", "only these authors may set findings aside")
    .action((files: string[], flags: VexFlags) => apply(cli, files, flags));
}

interface VexFlags {
  readonly findings?: string;
  readonly release?: string;
  readonly product?: string;
  readonly author?: readonly string[];
}

const findingSchema = z.looseObject({
  package: z.object({ name: z.string(), version: z.string(), source: z.string() }),
  id: z.string(),
  advisories: z.array(z.string()),
  state: z.string(),
  fixed: z.string().nullable(),
  remedy: z.string().nullable(),
  why: z.string(),
});

const findingsSchema = z.object({ findings: z.array(findingSchema) });

const OPEN_EXIT = 1;

async function apply(cli: FileCli, files: readonly string[], flags: VexFlags): Promise<void> {
  const text =
    flags.findings === undefined
      ? await cli.terminal.readInput()
      : bytesOf(flags.findings).toString("utf8");
  const findings = findingsIn(text);
  const ecosystem = flags.release === undefined ? "" : ecosystemOfRelease(flags.release);
  const statements = await readVexFiles(files);
  const targets = findings.map((finding) => ({ finding, subject: subjectOf(finding, ecosystem) }));
  const result = applyVex(targets, statements, {
    product: scannedProduct(flags.product),
    authors: flags.author === undefined ? null : new Set(flags.author),
  });
  await showAnswer(cli, { findings: result.findings, unmatched: result.unmatched }, () =>
    resultTable(result),
  );
  cli.terminal.err(
    unmatchedLines(result)
      .map((line) => `${line}\n`)
      .join(""),
  );
  const isOpen = result.findings.some((f) => f.state !== "not-affected" && f.state !== "fixed");
  process.exitCode = isOpen ? OPEN_EXIT : 0;
}

function findingsIn(text: string | null): readonly ScanFinding[] {
  let value: unknown = null;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    // What is no JSON is told below with what is no list of findings.
  }
  const parsed = findingsSchema.safeParse(value);
  if (parsed.success) return parsed.data.findings as readonly ScanFinding[];
  throw new Failure(
    "invalid",
    "The findings are not what fettle scan -o json prints. Name that file with --findings, or pipe it in.",
  );
}

function subjectOf({ package: p }: ScanFinding, ecosystem: string) {
  return { ...p, ecosystem, sourceVersion: p.version, arch: "" };
}

function resultTable(result: VexResult<ScanFinding>): string {
  if (result.findings.length === 0) return "No finding.";
  return renderTable(result.findings, [
    { head: "package", cell: (f) => f.package.name, widthMax: 30 },
    { head: "version", cell: (f) => f.package.version, widthMax: 30 },
    { head: "id", cell: (f) => f.id },
    { head: "state", cell: (f) => f.state },
    { head: "why", cell: (f) => f.why, widthMax: 80 },
  ]);
}
