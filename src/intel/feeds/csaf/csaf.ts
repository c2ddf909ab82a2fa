import { instantFromText } from "../../../base/instant.ts";
import { AdvisoryDraft, Extent, textAbout } from "../../advisory-draft.ts";
import {
  cleanText,
  type FeedFormat,
  ProblemList,
  type VexProduct,
  type VexStatement,
  VULNERABILITY_ID,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";
import type { Statement } from "../../model.ts";
import { vexReading } from "../../vex-reading.ts";
import {
  type CsafDocument,
  type CsafVulnerability,
  documentSchema,
  type Said,
  vulnerabilitySchema,
} from "./csaf-document.ts";
import { type CsafProduct, productsIn, surroundings } from "./product-tree.ts";
import { rpmStatement } from "./rpm-statement.ts";

/**
 * CSAF 2.0 and 2.1 documents: security advisories and VEX. What they say about rpm packages within a
 * release of a distribution becomes statements as any advisory's; what they say about other products
 * becomes VEX statements. A status list alone is not the answer: remediations tell whether a fix will
 * come, flags and threats why something is not affected.
 */
export const csaf: FeedFormat = {
  name: "csaf",
  recognise: (head) => /"csaf_version"\s*:\s*"2\.[01]"/.test(head) || isCsafBySchema(head),
  begin() {
    const drafts = new Map<string, AdvisoryDraft>();
    const vex: VexStatement[] = [];
    const problems = new ProblemList();
    const extent = new Extent();
    return {
      add(document) {
        extent.add(document);
        const parsed = tryParse(document.text);
        const read = documentSchema.safeParse(parsed.ok ? parsed.value : null);
        if (read.success) readDocument(read.data, { drafts, vex, problems }, document.place);
        else problems.add(document.place, "is no CSAF document, or was cut short");
      },
      finish: () => [
        ...[...drafts].map(([feed, draft]) => draft.reading({ feed, extent: extent.value })),
        vexReading("csaf-vex", vex, problems),
      ],
    };
  },
};

function isCsafBySchema(head: string): boolean {
  return /"\$schema"\s*:\s*"[^"]*csaf_json_schema\.json"/.test(head) && /"document"\s*:/.test(head);
}

/** Lists of `product_status` → what they say. */
const statusOfList: Readonly<Record<string, VexStatement["status"]>> = {
  known_affected: "affected",
  first_affected: "affected",
  last_affected: "affected",
  known_not_affected: "not-affected",
  fixed: "fixed",
  first_fixed: "fixed",
  under_investigation: "under-investigation",
};

interface Target {
  readonly drafts: Map<string, AdvisoryDraft>;
  readonly vex: VexStatement[];
  readonly problems: ProblemList;
}

function readDocument(document: CsafDocument, target: Target, place: string): void {
  const { tracking, publisher } = document.document;
  const products = productsIn(document.product_tree ?? {});
  const feed = `csaf-${slug(publisher.name)}`;
  const at = instantFromText(tracking.current_release_date ?? "");
  const said: Statement[] = [];
  const ids = new Set<string>();
  for (const [index, raw] of (document.vulnerabilities ?? []).entries()) {
    const parsed = vulnerabilitySchema.safeParse(raw);
    const where = `${place || tracking.id} vulnerabilities[${index}]`;
    const id = parsed.success ? (parsed.data.cve ?? parsed.data.ids?.[0]?.text ?? "") : "";
    if (!parsed.success || !VULNERABILITY_ID.test(id)) {
      target.problems.add(where, "is no vulnerability with an id");
      continue;
    }
    ids.add(id);
    const of: Said = { id, feed, at, products, vulnerability: parsed.data, document };
    readStatuses(of, { said, vex: target.vex, problems: target.problems, where });
  }
  if (said.length === 0) return;
  const draft = target.drafts.get(feed) ?? new AdvisoryDraft();
  target.drafts.set(feed, draft);
  const about = [...ids].map((id) => textAbout(id, { title: document.document.title }));
  draft.record(tracking.id, { said, about, at });
}

function readStatuses(
  of: Said,
  to: {
    readonly said: Statement[];
    readonly vex: VexStatement[];
    readonly problems: ProblemList;
    readonly where: string;
  },
): void {
  const others = new Map<string, { status: VexStatement["status"]; why: string; ids: string[] }>();
  for (const [list, ids] of Object.entries(of.vulnerability.product_status ?? {})) {
    const status = Object.hasOwn(statusOfList, list) ? statusOfList[list] : undefined;
    // `recommended` says what to take, not what is affected.
    if (status === undefined) continue;
    for (const id of ids) {
      const product = of.products.get(id);
      if (product === undefined) {
        to.problems.add(
          to.where,
          `names the product ${cleanText(id, 100)}, which is not in the tree`,
        );
        continue;
      }
      const statement = rpmStatement(of, product, status);
      if (statement !== null) to.said.push(statement);
      else if (!isRpmWithinRelease(product)) addOther(others, of, { id, status });
    }
  }
  for (const { status, why, ids } of others.values()) to.vex.push(vexOf(of, { status, why, ids }));
}

/** Packages of a distribution are statements or, as debug builds, nothing; never VEX. */
function isRpmWithinRelease(product: CsafProduct): boolean {
  return product.within !== null && product.purls.some((purl) => purl.startsWith("pkg:rpm/"));
}

function addOther(
  others: Map<string, { status: VexStatement["status"]; why: string; ids: string[] }>,
  of: Said,
  { id, status }: { readonly id: string; readonly status: VexStatement["status"] },
): void {
  const why = reasonFor(of.vulnerability, id);
  const key = `${status}\n${why}`;
  const own = others.get(key) ?? { status, why, ids: [] };
  own.ids.push(id);
  others.set(key, own);
}

/** Flags are the machine's words for why; threats of the kind `impact` are people's. */
function reasonFor(vulnerability: CsafVulnerability, id: string): string {
  const flag = vulnerability.flags?.find((f) => f.product_ids?.includes(id) === true)?.label;
  const impact = vulnerability.threats?.find(
    (t) => t.category === "impact" && (t.product_ids?.includes(id) ?? true),
  );
  return cleanText(flag ?? impact?.details ?? "", 300);
}

function vexOf(
  of: Said,
  { status, why, ids }: { status: VexStatement["status"]; why: string; ids: readonly string[] },
): VexStatement {
  const { publisher, tracking } = of.document.document;
  return {
    vulnerability: of.id,
    aliases: (of.vulnerability.ids ?? []).map(({ text }) => cleanText(text, 100)),
    products: ids.flatMap((id) => {
      const product = of.products.get(id);
      return product === undefined ? [] : [productOf(product)];
    }),
    status,
    justification: why,
    author: cleanText(publisher.name, 200),
    document: cleanText(tracking.id, 300),
    at: of.at,
  };
}

function productOf(product: CsafProduct): VexProduct {
  const within = [...surroundings(product)].flatMap((w) => [...w.cpes, ...w.purls]);
  return {
    identifiers: [...product.purls, ...product.cpes, ...within],
    name: cleanText(product.name, 300),
    version: cleanText(product.version, 100),
    parts: [],
  };
}

function slug(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  if (plain.startsWith("red-hat")) return "redhat";
  return plain.replaceAll(/^-|-$/g, "").slice(0, 40) || "unnamed";
}
