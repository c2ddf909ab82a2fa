import { z } from "zod";
import { doubledKeyIn } from "../base/doubled-key.ts";
import { Failure } from "../base/failure.ts";
import {
  type CsafSchema,
  compileCsaf21,
  judgeUniquenessOnce,
  type SchemaCheck,
  type SchemaCompiler,
} from "./csaf-schema.ts";
import { type Complaint, ownTests, prohibitedCategory } from "./csaf-tests.ts";
import { documentTests, omittedRevisions } from "./csaf-tests-document.ts";
import { metricTests } from "./csaf-tests-metrics.ts";
import { productTests, productTests21 } from "./csaf-tests-products.ts";

/**
 * A CSAF document against its JSON schema and the mandatory tests of its own version (CSAF 2.0 and
 * 2.1, section 6.1), by the reference library and, where that has none yet or follows an older draft of
 * 2.1, our own. A document that is no CSAF 2.x is refused, not failed.
 */
export interface CsafReport {
  readonly version: string;
  readonly isValid: boolean;
  readonly tests: readonly CsafTest[];
}

export interface CsafTest {
  /** `json`, `schema`, or the test's number in the standard, such as `6.1.6`. */
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

/**
 * The document as it is written. Schema and tests see one of two fields of the same name, and who reads
 * it with another program sees the other (RFC 8259 §4): a test of its own, told where it fails.
 */
export async function checkCsafText(text: string, file: string): Promise<CsafReport> {
  const report = await checkCsaf(valueIn(text, file));
  const path = doubledKeyIn(text);
  if (path === null) return report;
  const message = "the name stands twice in the same object (RFC 8259 §4)";
  const json: CsafTest = { name: "json", isValid: false, errors: [{ path, message }] };
  return { ...report, isValid: false, tests: [json, ...report.tests] };
}

function valueIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid", `${file} is not JSON, or was cut short.`, { cause });
  }
}

export async function checkCsaf(document: unknown): Promise<CsafReport> {
  const head = headSchema.safeParse(document);
  if (!head.success) {
    throw new Failure(
      "invalid",
      "The file is no CSAF document of version 2.0 or 2.1: document.csaf_version does not say so.",
    );
  }
  if (nestsTooDeep(document)) {
    throw new Failure(
      "invalid",
      `The file nests deeper than ${DEPTH_MAX} levels, which no advisory does. It was not checked.`,
    );
  }
  const version = head.data.document.csaf_version;
  const schema21 = version === "2.1" ? await schemaOf21() : null;
  const own = schema21 === null ? testsOf20 : testsOf21(schema21);
  const schema =
    schema21 === null
      ? await run("schema", await schemaOf20(), document)
      : await run("schema", checkedBy(schema21.document), document);
  const tests: CsafTest[] = [schema];
  for (const [name, test] of await mandatoryOf(version)) {
    const number = numberOf(name);
    if (number === CATEGORY_TEST || (own.has(number) && !shared.has(number))) continue;
    const read = schema.isValid ? run : runLoose;
    const result = await read(number, test, document);
    if (result !== null) tests.push(shared.has(number) ? ofOthers(result) : result);
  }
  for (const [name, test] of own) {
    const result = await run(name, test, document);
    const known = tests.findIndex((other) => other.name === name);
    if (known < 0) tests.push(result);
    else tests[known] = joined(tests[known] ?? result, result);
  }
  tests.push(await run(CATEGORY_TEST, prohibitedCategory(version), document));
  tests.sort((a, b) => (a.name === b.name ? 0 : isBefore(a.name, b.name) ? -1 : 1));
  return { version, isValid: tests.every((test) => test.isValid), tests };
}

/** Validators of schemas call themselves for each level; the standard ends branches at 30. */
const DEPTH_MAX = 1_000;

function nestsTooDeep(document: unknown): boolean {
  let level: readonly unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return true;
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? Object.values(value) : [],
    );
  }
  return false;
}

/** Tests that the library does for CVSS 2 and 3, and we for 4.0. */
const shared: ReadonlySet<string> = new Set(["6.1.8", "6.1.9"]);
/** Of 6.1.21 the library takes revisions of one moment in the order of the file. */
const testsOf20: ReadonlyMap<string, Test> = new Map(
  entriesOf({ ...productTests, "6.1.21": omittedRevisions }),
);

function ofOthers(test: CsafTest): CsafTest {
  const errors = test.errors.filter(({ path }) => !path.includes("/cvss_v4"));
  return { ...test, errors, isValid: errors.length === 0 };
}

function joined(a: CsafTest, b: CsafTest): CsafTest {
  return { name: a.name, isValid: a.isValid && b.isValid, errors: [...a.errors, ...b.errors] };
}

function testsOf21(schema: CsafSchema): ReadonlyMap<string, Test> {
  const plain = { ...productTests21, ...documentTests, ...metricTests(schema) };
  return new Map<string, Test>([...ownTests, ...entriesOf(plain)]);
}

function entriesOf(
  tests: Readonly<Record<string, (document: unknown) => readonly Complaint[]>>,
): readonly [string, Test][] {
  return Object.entries(tests).map(([name, test]): [string, Test] => [
    name,
    (document) => ({ errors: test(document) }),
  ]);
}

function checkedBy(check: SchemaCheck): Test {
  return (document) => {
    const isValid = check(document);
    const errors: readonly Complaint[] = (check.errors ?? []).map(({ instancePath, message }) => ({
      instancePath,
      message: message ?? "",
    }));
    return { isValid, errors: isValid ? [] : errors };
  };
}

let compiled: CsafSchema | null = null;

async function schemaOf21(): Promise<CsafSchema> {
  if (compiled !== null) return compiled;
  await trustSchemasOfLibrary();
  const [compiler, document, cvss4] = await Promise.all([
    import("@secvisogram/csaf-validator-lib/csaf_2_1/csafAjv.js"),
    import("@secvisogram/csaf-validator-lib/csaf_2_1/schemaTests/csaf_2_1/schema.js"),
    import("@secvisogram/csaf-validator-lib/csaf_2_1/csafAjv/cvss-v4.0.js"),
  ]);
  const older = { document: document.default, cvss4: cvss4.default };
  compiled ??= compileCsaf21(compiler.default, older);
  return compiled;
}

/**
 * Each of the library's tests makes a compiler of its own when it is loaded, and each compiler would
 * first compile the schema of schemas to judge the few lines of JTD (RFC 8927) it is given: nine tenths
 * of the time of a check. These lines are the library's own, the same at every start.
 */
async function trustSchemasOfLibrary(): Promise<void> {
  const { Ajv } = await import("ajv/dist/jtd.js");
  Ajv.prototype.validateSchema = () => true;
}

async function schemaOf20(): Promise<Test> {
  await trustSchemasOfLibrary();
  schemaTestsOf20 ??= loadedOf20();
  const loaded = await schemaTestsOf20;
  const test = testsIn(loaded).get("csaf_2_0");
  if (test === undefined) throw new Failure("internal", "The CSAF library lacks its schema test.");
  return test;
}

let schemaTestsOf20: Promise<object> | null = null;

/** The library compiles its schema while it is loaded, so what compiles it is readied before. */
async function loadedOf20(): Promise<object> {
  const compiler: { readonly default: SchemaCompiler } = await import(
    "@secvisogram/csaf-validator-lib/lib/shared/csafAjv.js"
  );
  judgeUniquenessOnce(compiler.default);
  return import("@secvisogram/csaf-validator-lib/schemaTests.js");
}

async function mandatoryOf(version: "2.0" | "2.1"): Promise<ReadonlyMap<string, Test>> {
  await trustSchemasOfLibrary();
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
