import { z } from "zod";
import { type Instant, instantFromText } from "../../../base/instant.ts";
import { issueText } from "../../../base/issue-text.ts";
import {
  cleanText,
  type FeedFormat,
  ProblemList,
  type VexProduct,
  type VexStatement,
} from "../../feed-format.ts";
import { jsonRecords } from "../../json-records.ts";
import { vexReading } from "../../vex-reading.ts";

/**
 * OpenVEX 0.2 documents. A statement inherits author and time from its document; a product is told by
 * its `@id` or its identifiers, and may name the parts the statement is about. `not_affected` must
 * say why (a justification or an impact statement), or it is not believed.
 */
export const openvex: FeedFormat = {
  name: "openvex",
  recognise: (head) => /"@context"\s*:\s*"https:\/\/openvex\.dev\/ns/.test(head),
  begin() {
    const statements: VexStatement[] = [];
    const problems = new ProblemList();
    return {
      add(document) {
        for (const { place, value } of jsonRecords(document, problems)) {
          readDocument(value, place, statements, problems);
        }
      },
      finish: () => [vexReading("openvex", statements, problems)],
    };
  },
};

const documentSchema = z.object({
  "@id": z.string().default(""),
  author: z.string().default(""),
  timestamp: z.string().optional(),
  statements: z.array(z.unknown()),
});

const componentSchema = z.object({
  "@id": z.string().optional(),
  identifiers: z.record(z.string(), z.string()).optional(),
});

const productSchema = z.union([
  // Documents before 0.2 wrote products as plain texts.
  z.string().transform((id) => ({ "@id": id, identifiers: undefined, subcomponents: undefined })),
  componentSchema.extend({ subcomponents: z.array(componentSchema).optional() }),
]);

const statementSchema = z.object({
  vulnerability: z.union([
    z.string().transform((name) => ({ name, aliases: undefined, "@id": undefined })),
    z.object({
      "@id": z.string().optional(),
      name: z.string().optional(),
      aliases: z.array(z.string()).optional(),
    }),
  ]),
  products: z.array(productSchema).min(1),
  status: z.enum(["not_affected", "affected", "fixed", "under_investigation"]),
  justification: z.string().optional(),
  impact_statement: z.string().optional(),
  action_statement: z.string().optional(),
  timestamp: z.string().optional(),
  last_updated: z.string().optional(),
});

const statuses = {
  not_affected: "not-affected",
  affected: "affected",
  fixed: "fixed",
  under_investigation: "under-investigation",
} as const;

function readDocument(
  value: unknown,
  place: string,
  statements: VexStatement[],
  problems: ProblemList,
): void {
  const document = documentSchema.safeParse(value);
  if (!document.success) {
    problems.add(place, "is no OpenVEX document");
    return;
  }
  for (const [at, raw] of document.data.statements.entries()) {
    const statement = statementSchema.safeParse(raw);
    const where = `${place} statements[${at}]`.trim();
    if (!statement.success) {
      const issue = statement.error.issues[0];
      problems.add(
        where,
        `${issue?.path.join(".") ?? ""}: ${issue === undefined ? "" : issueText(issue)}`,
      );
      continue;
    }
    const made = statementOf(statement.data, document.data);
    if (typeof made === "string") problems.add(where, made);
    else statements.push(made);
  }
}

function statementOf(
  s: z.output<typeof statementSchema>,
  document: z.output<typeof documentSchema>,
): VexStatement | string {
  const id = s.vulnerability.name ?? s.vulnerability["@id"]?.split("/").at(-1) ?? "";
  const why = s.justification ?? s.impact_statement ?? "";
  if (id === "") return "names no vulnerability";
  if (s.status === "not_affected" && why === "") return "says not_affected without saying why";
  return {
    vulnerability: cleanText(id, 100),
    aliases: (s.vulnerability.aliases ?? []).filter((alias) => !/^https?:/.test(alias)),
    products: s.products.map(productOf),
    status: statuses[s.status],
    justification: cleanText(why || (s.action_statement ?? ""), 300),
    author: cleanText(document.author, 200),
    document: cleanText(document["@id"], 300),
    at: timeOf(s.last_updated ?? s.timestamp ?? document.timestamp),
  };
}

function productOf(product: z.output<typeof productSchema>): VexProduct {
  return {
    identifiers: identifiersOf(product),
    name: product["@id"] ?? "",
    version: "",
    parts: (product.subcomponents ?? []).flatMap(identifiersOf),
  };
}

function identifiersOf(of: {
  readonly "@id"?: string | undefined;
  readonly identifiers?: Readonly<Record<string, string>> | undefined;
}): readonly string[] {
  const all = [of["@id"] ?? "", ...Object.values(of.identifiers ?? {})];
  return [...new Set(all.filter((id) => id !== "").map((id) => cleanText(id, 500)))];
}

function timeOf(text: string | undefined): Instant | null {
  return instantFromText(text ?? "");
}
