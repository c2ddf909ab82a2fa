import type { Command } from "commander";
import type { CsafReport } from "../intel/csaf-check.ts";
import { type FileCli, showAnswer } from "./file-cli.ts";
import { bytesOf } from "./read-vex.ts";
import { safeText } from "./view/table.ts";

/** CSAF documents, checked as the standard demands, without a server. */
export function registerCsaf(program: Command, cli: FileCli): void {
  const csaf = program.command("csaf").description("Security advisories in CSAF");
  csaf
    .command("check <file>")
    .description(
      "The schema and every mandatory test of CSAF 2.0 or 2.1, by the file's own version",
    )
    .action(async (file: string) => {
      const { checkCsafText } = await import("../intel/csaf-check.ts");
      const report = await checkCsafText(bytesOf(file).toString("utf8"), file);
      await showAnswer(cli, report, () => reportText(report));
      process.exitCode = report.isValid ? 0 : 1;
    });
}

function reportText(report: CsafReport): string {
  const failed = report.tests.filter((test) => !test.isValid);
  const lines = failed.flatMap((test) =>
    test.errors.map((error) => `${test.name}  ${safeText(error.path)}  ${safeText(error.message)}`),
  );
  const verdict = report.isValid
    ? `Valid CSAF ${report.version}: ${report.tests.length} tests passed.`
    : `Not valid CSAF ${report.version}: ${failed.length} of ${report.tests.length} tests failed.`;
  return [...lines, verdict].join("\n");
}
