import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { ownTests, prohibitedCategory } from "./csaf-tests.ts";

/**
 * A CSAF document against its JSON schema and the mandatory tests of its own version (CSAF 2.0 and
 * 2.1, section 6.1), by the reference library and, where that has none yet, our own. A document that is
 * no CSAF 2.x is refused, not failed.
 */
export interface CsafReport {
  readonly version: string;
  readonly isValid: boolean;
  readonly tests: readonly CsafTest[];
}

export interface CsafTest {
  /** `schema`, or the test's number in the standard, such as `6.1.6`. */
  readonly name: string;
  readonly isValid: boolean;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
}

const headSchema = z.object({ document: z.object({ csaf_version: z.enum(["2.0", "2.1"]) }) });

const resultSchema = z.object({
  isValid: z.boolean().optional(),
  errors: z
    .array(z.object({ instancePath: z.string().default(""), message: z.string().default("") }))
    .default([]),
});

const CATEGORY_TEST = "6.1.26";

type Test = (document: unknown) => unknown;

export async function checkCsaf(document: unknown): Promise<CsafReport> {
  const head = headSchema.safeParse(document);
  if (!head.success) {
    throw new Failure(
      "invalid",
      "The file is no CSAF document of version 2.0 or 2.1: document.csaf_version does not say so.",
    );
  }
  const version = head.data.document.csaf_version;
  const schema = await run("schema", await schemaOf(version), document);
  const tests: CsafTest[] = [schema];
  for (const [name, test] of await mandatoryOf(version)) {
    if (numberOf(name) === CATEGORY_TEST) continue;
    const read = schema.isValid ? run : runLoose;
    const result = await read(numberOf(name), test, document);
    if (result !== null) tests.push(result);
  }
  for (const [name, test] of version === "2.1" ? ownTests : []) {
    if (!tests.some((known) => known.name === name)) tests.push(await run(name, test, document));
  }
  tests.push(await run(CATEGORY_TEST, prohibitedCategory(version), document));
  tests.sort((a, b) => (a.name === b.name ? 0 : isBefore(a.name, b.name) ? -1 : 1));
  return { version, isValid: tests.every((test) => test.isValid), tests };
}

async function schemaOf(version: "2.0" | "2.1"): Promise<Test> {
  const loaded =
    version === "2.0"
      ? await import("@secvisogram/csaf-validator-lib/schemaTests.js")
      : await import("@secvisogram/csaf-validator-lib/csaf_2_1/schemaTests.js");
  const test = testsIn(loaded).get(version === "2.0" ? "csaf_2_0" : "csaf_2_1");
  if (test === undefined) throw new Failure("internal", "The CSAF library lacks its schema test.");
  return test;
}

async function mandatoryOf(version: "2.0" | "2.1"): Promise<ReadonlyMap<string, Test>> {
  const loaded =
    version === "2.0"
      ? await import("@secvisogram/csaf-validator-lib/mandatoryTests.js")
      : await import("@secvisogram/csaf-validator-lib/csaf_2_1/mandatoryTests.js");
  return testsIn(loaded);
}

function testsIn(loaded: object): ReadonlyMap<string, Test> {
  const all: readonly (readonly [string, unknown])[] = Object.entries(loaded);
  const isTest = (entry: readonly [string, unknown]): entry is readonly [string, Test] =>
    typeof entry[1] === "function" && /^(mandatoryTest_|csaf_)/.test(entry[0]);
  return new Map(all.filter(isTest));
}

/** The tests rely on the form that the schema demands; one that stumbles over another says nothing. */
async function runLoose(name: string, test: Test, document: unknown): Promise<CsafTest | null> {
  try {
    return await run(name, test, document);
  } catch {
    return null;
  }
}

async function run(name: string, test: Test, document: unknown): Promise<CsafTest> {
  const result = resultSchema.parse((await test(document)) ?? {});
  const errors = result.errors.map(({ instancePath: path, message }) => ({ path, message }));
  return { name, isValid: result.isValid ?? errors.length === 0, errors };
}

/** `mandatoryTest_6_1_27_3` → `6.1.27.3`. */
function numberOf(name: string): string {
  return name.replace(/^mandatoryTest_/, "").replaceAll("_", ".");
}

function isBefore(a: string, b: string): boolean {
  if (a === "schema" || b === "schema") return a === "schema";
  return a.localeCompare(b, "en", { numeric: true }) < 0;
}
