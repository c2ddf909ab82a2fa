import { z } from "zod";
import { instantFromText } from "../base/instant.ts";
import { isObject, listIn, type Member, membersIn } from "./csaf-products.ts";
import { isDateTime } from "./csaf-schema.ts";
import type { Complaint } from "./csaf-tests.ts";
import { trackingOf } from "./csaf-tests-metrics.ts";
import { categoryOf } from "./csaf-tests-products.ts";

/**
 * Mandatory tests of CSAF 2.1 about the document itself: its profile (6.1.27), dates, revisions,
 * licence and the form of extensions.
 */
type Json = Readonly<Record<string, unknown>>;
type Test = (document: unknown) => readonly Complaint[];

const ADVISORIES = ["csaf_security_advisory", "csaf_deprecated_security_advisory"];
const WITH_PRODUCTS = [...ADVISORIES, "csaf_vex"];
const WITHOUT = ["csaf_informational_advisory", "csaf_withdrawn", "csaf_superseded"];

export const documentTests: Readonly<Record<string, Test>> = {
  "6.1.21": omittedRevisions,
  "6.1.27.3": ofProfile(WITHOUT, (document) => ("vulnerabilities" in document ? [""] : [])),
  "6.1.27.4": ofProfile(WITH_PRODUCTS, missing("product_tree")),
  "6.1.27.5": ofProfile(WITH_PRODUCTS, missingInEach("notes")),
  "6.1.27.6": ofProfile(ADVISORIES, missingInEach("product_status")),
  "6.1.27.8": ofProfile(["csaf_vex"], withoutId),
  "6.1.27.11": ofProfile(WITH_PRODUCTS, missing("vulnerabilities")),
  "6.1.37": wrongDates,
  "6.1.54": wrongLicense,
  "6.1.55": withoutLicenseText,
  "6.1.60.1": wrongExtensions,
};

function ofProfile(
  categories: readonly string[],
  find: (document: Json) => readonly string[],
): Test {
  return (document) => {
    if (!isObject(document) || !categories.includes(categoryOf(document))) return [];
    const message = `a document of category ${categoryOf(document)} may not be so`;
    return find(document).map((instancePath) => ({ instancePath, message }));
  };
}

function missing(name: string): (document: Json) => readonly string[] {
  return (document) => (name in document ? [] : [`/${name}`]);
}

function missingInEach(name: string): (document: Json) => readonly string[] {
  return (document) =>
    listIn(document, "vulnerabilities").flatMap((vulnerability, at) =>
      isObject(vulnerability) && name in vulnerability ? [] : [`/vulnerabilities/${at}/${name}`],
    );
}

/** 6.1.27.8: an id without products is of them all; else each product of the status needs one. */
function withoutId(document: Json): readonly string[] {
  const groups = listIn(document.product_tree, "product_groups");
  return listIn(document, "vulnerabilities").flatMap((vulnerability, at) => {
    if (!isObject(vulnerability) || vulnerability.cve !== undefined) return [];
    if (vulnerability.ids === undefined) return [`/vulnerabilities/${at}`];
    return isEachNamed(vulnerability, groups) ? [] : [`/vulnerabilities/${at}/ids`];
  });
}

function isEachNamed(vulnerability: Json, groups: readonly unknown[]): boolean {
  const membersOf = (id: unknown): readonly unknown[] =>
    groups.flatMap((g) => (isObject(g) && g.group_id === id ? listIn(g, "product_ids") : []));
  const named = listIn(vulnerability, "ids").map((id) => [
    ...listIn(id, "product_ids"),
    ...listIn(id, "group_ids").flatMap(membersOf),
  ]);
  const isOfAll = listIn(vulnerability, "ids").some(
    (id) => listIn(id, "product_ids").length + listIn(id, "group_ids").length === 0,
  );
  const { product_status: status } = vulnerability;
  const products = isObject(status) ? Object.values(status).flat() : [];
  const all = new Set(named.flat());
  return isOfAll || products.every((product) => all.has(product));
}

/** 6.1.21: revisions begin with version 0 or 1 and leave none out; of one date the smaller is first. */
export function omittedRevisions(document: unknown): readonly Complaint[] {
  const instancePath = "/document/tracking/revision_history";
  const numbers = trackingOf(document)
    .revision_history.map(({ date, number }) => ({
      at: instantFromText(date) ?? 0,
      major: Number.parseInt(number, 10),
    }))
    .toSorted((a, b) => a.at - b.at || a.major - b.major)
    .map(({ major }) => major);
  const [first] = numbers;
  if (first === undefined) return [];
  if (first !== 0 && first !== 1) {
    return [{ instancePath, message: "its first version is neither 0 nor 1" }];
  }
  const omitted = numbers.findIndex((number, at) => number > (numbers[at - 1] ?? first) + 1);
  if (omitted < 0) return [];
  return [{ instancePath, message: `a version before ${numbers[omitted]} was omitted` }];
}

const DATES = new Set([
  ...["date", "current_release_date", "initial_release_date", "disclosure_date"],
  ...["discovery_date", "exploitation_date", "timestamp"],
]);

/** 6.1.37: every time of the standard's own elements. */
function wrongDates(document: unknown): readonly Complaint[] {
  return [...membersIn(document)].filter(isWrongDate).map(({ path }) => ({
    instancePath: path,
    message: "it is no date and time",
  }));
}

function isWrongDate({ name, value }: Member): boolean {
  return DATES.has(name) && typeof value === "string" && !isDateTime(value);
}

const headSchema = z.object({
  lang: z.string().optional(),
  license_expression: z.string().optional(),
  notes: z.array(z.object({ category: z.string(), title: z.string().optional() })).catch([]),
});

function headOf(document: unknown): z.output<typeof headSchema> {
  const head = isObject(document) ? document.document : undefined;
  return headSchema.safeParse(head).data ?? { notes: [] };
}

function wrongLicense(document: unknown): readonly Complaint[] {
  const { license_expression: text } = headOf(document);
  if (text === undefined || isLicense(text)) return [];
  const message = "it is no license expression of SPDX";
  return [{ instancePath: "/document/license_expression", message }];
}

const ID = /^[A-Za-z0-9.-]+$/;
const REFERENCE = /^(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+$/;
const LIKE_REFERENCE = /^(?:licenseref|additionref|documentref)-/i;

const OPERATOR = /^(?:AND|and|OR|or|WITH|with)$/;

/** SPDX 3.0.1, annex B, without `DocumentRef`; operators are all upper or all lower case. */
export function isLicense(text: string): boolean {
  let isOperand = true;
  let isException = false;
  let open = 0;
  for (const word of text.match(/[()]|[^\s()]+/g) ?? []) {
    if (isOperand && word === "(" && !isException) {
      open++;
      continue;
    }
    const isNext = isOperand ? isSimple(word, isException) : word === ")" || OPERATOR.test(word);
    if (!isNext || (word === ")" && --open < 0)) return false;
    isException = !isOperand && /^with$/i.test(word);
    isOperand = !isOperand && word !== ")";
  }
  return !isOperand && open === 0;
}

/** What stands behind `WITH` is an exception, which has no `+`. */
function isSimple(word: string, isException: boolean): boolean {
  if (REFERENCE.test(word)) return isException === word.startsWith("AdditionRef-");
  if (LIKE_REFERENCE.test(word)) return false;
  return ID.test(isException ? word : word.replace(/\+$/, ""));
}

/** Registered by AboutCode's licence database under this prefix. */
const REGISTERED = /^LicenseRef-scancode-/;

/** 6.1.55, by the references of one's own: which plain ids are listed, no document tells. */
function withoutLicenseText(document: unknown): readonly Complaint[] {
  const { lang, license_expression: text = "", notes } = headOf(document);
  if (lang !== undefined && !/^en(?:-|$)/i.test(lang)) return [];
  const own = (text.match(/(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+/g) ?? []).filter(
    (id) => !REGISTERED.test(id),
  );
  if (own.length === 0) return [];
  const titled = notes.filter(({ title }) => title === "License");
  const [only] = titled;
  if (titled.length === 1 && only?.category === "legal_disclaimer") return [];
  const message = "no single note has the title License and the category legal_disclaimer";
  return [{ instancePath: "/document/notes", message }];
}

const extensionSchema = z.strictObject({
  $schema: z.string(),
  category: z.enum(["essential", "significant", "supplementary"]),
  critical: z.boolean(),
  content: z.record(z.string(), z.unknown()).refine((content) => Object.keys(content).length > 0),
});

/** 6.1.60.1: every extension, wherever one may stand. */
function wrongExtensions(document: unknown): readonly Complaint[] {
  const all = [...membersIn(document)].filter(({ name }) => name === "x_extensions");
  return all.flatMap(({ value, path }) =>
    (Array.isArray(value) ? value : [value]).flatMap((item, at) =>
      malformed(item, `${path}/${at}`),
    ),
  );
}

function malformed(item: unknown, path: string): readonly Complaint[] {
  const issue = extensionSchema.safeParse(item).error?.issues[0];
  if (issue === undefined) return [];
  return [{ instancePath: [path, ...issue.path].join("/"), message: issue.message }];
}
