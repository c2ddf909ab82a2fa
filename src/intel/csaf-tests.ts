import { z } from "zod";
import { instantFromText } from "../base/instant.ts";
import { parsePurl } from "../inventory/purl.ts";
import { orderOfType, parseVers } from "./vers.ts";

/**
 * Mandatory tests of CSAF 2.1 (section 6.1) that the reference library does not have yet. Each looks at
 * what it can read; what has another form than the schema demands is the schema's matter.
 */
export interface Complaint {
  readonly instancePath: string;
  readonly message: string;
}

const helperSchema = z.object({
  purls: z.array(z.string()).catch([]),
  serial_numbers: z.array(z.string()).catch([]),
  skus: z.array(z.string()).catch([]),
});
const productSchema = z.object({ product_identification_helper: helperSchema.optional() });
const branchSchema = z.object({
  category: z.string(),
  name: z.string(),
  product: productSchema.optional(),
  branches: z.array(z.unknown()).catch([]),
});
const documentSchema = z.object({
  document: z.object({
    tracking: z.object({
      status: z.string(),
      revision_history: z.array(z.object({ date: z.string() })).catch([]),
    }),
  }),
  product_tree: z
    .object({
      branches: z.array(z.unknown()).catch([]),
      full_product_names: z.array(z.unknown()).catch([]),
      relationships: z.array(z.object({ full_product_name: z.unknown() })).catch([]),
    })
    .optional(),
  vulnerabilities: z
    .array(
      z.object({
        metrics: z
          .array(
            z.object({
              content: z.object({ epss: z.object({ timestamp: z.string() }).optional() }),
            }),
          )
          .catch([]),
        first_known_exploitation_dates: z
          .array(z.object({ date: z.string(), exploitation_date: z.string() }))
          .catch([]),
      }),
    )
    .catch([]),
});

type Document = z.output<typeof documentSchema>;

interface Branch {
  readonly path: string;
  readonly category: string;
  readonly name: string;
}

interface Product {
  readonly path: string;
  /** The branches that lead to it, from the root; none for a product on its own. */
  readonly way: readonly Branch[];
  readonly helper: z.output<typeof helperSchema> | undefined;
}

interface Read {
  readonly document: Document;
  readonly branches: readonly Branch[];
  readonly products: readonly Product[];
}

const tests: Readonly<Record<string, (of: Read) => readonly Complaint[]>> = {
  "6.1.42": purlsDiffer,
  "6.1.44": (of) => manyStars(of, "serial_numbers"),
  "6.1.50": rangeRules,
  "6.1.51": lateEpss,
  "6.1.53": lateExploitation,
  "6.1.57": stackedCategories,
  "6.1.58": versionBesideRange,
  "6.1.59": singleVersion,
  "6.1.61": (of) => manyStars(of, "skus"),
};

/** 6.1.26: names of profiles, without prefix and in plain letters. */
const profiles: Readonly<Record<"2.0" | "2.1", readonly string[]>> = {
  "2.0": ["securityincidentresponse", "informationaladvisory", "securityadvisory", "vex"],
  "2.1": [
    ...["securityincidentresponse", "informationaladvisory", "securityadvisory", "vex"],
    ...["deprecatedsecurityadvisory", "withdrawn", "superseded"],
  ],
};
const categorySchema = z.object({ document: z.object({ category: z.string() }) });

/** 6.1.26: a category of one's own must not look like a profile's; the library takes some that do. */
export function prohibitedCategory(version: "2.0" | "2.1") {
  return (document: unknown): { readonly errors: readonly Complaint[] } => {
    const category = categorySchema.safeParse(document).data?.document.category ?? "";
    // Dashes, underscores and blanks in whatever form, and the combining low line.
    const plain = category.toLowerCase().replaceAll(/\u0332|[\p{Pd}\p{Pc}\s\u2212]/gu, "");
    const profile = profiles[version].find((name) => plain === name || plain === `csaf${name}`);
    const isProfile = profile !== undefined && exact.has(category);
    const isReserved = /^csaf_/i.test(category) && category !== "csaf_base" && !isProfile;
    if (isProfile || (profile === undefined && !isReserved)) return { errors: [] };
    const message = `${JSON.stringify(category)} looks like the category of a profile`;
    return { errors: [{ instancePath: "/document/category", message }] };
  };
}

const exact: ReadonlySet<string> = new Set([
  ...["csaf_security_incident_response", "csaf_informational_advisory", "csaf_security_advisory"],
  ...["csaf_vex", "csaf_deprecated_security_advisory", "csaf_withdrawn", "csaf_superseded"],
]);

export const ownTests: ReadonlyMap<
  string,
  (document: unknown) => { errors: readonly Complaint[] }
> = new Map(
  Object.entries(tests).map(([name, test]) => [
    name,
    (document: unknown) => {
      const read = documentSchema.safeParse(document);
      return { errors: read.success ? test(laidOut(read.data)) : [] };
    },
  ]),
);

function laidOut(document: Document): Read {
  const {
    branches = [],
    full_product_names = [],
    relationships = [],
  } = document.product_tree ?? {};
  const found: Branch[] = [];
  const products: Product[] = [];
  const waiting = branches.map((raw, at) => ({
    raw,
    path: `/product_tree/branches/${at}`,
    way: [] as readonly Branch[],
  }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const read = branchSchema.safeParse(next.raw);
    if (!read.success) continue;
    const { path } = next;
    const { category, name, product, branches: inner } = read.data;
    const branch: Branch = { path, category, name };
    const way = [...next.way, branch];
    found.push(branch);
    if (product !== undefined) {
      products.push({
        path: `${path}/product`,
        way,
        helper: product.product_identification_helper,
      });
    }
    waiting.push(...inner.map((raw, at) => ({ raw, path: `${path}/branches/${at}`, way })));
  }
  const alone = [
    ...full_product_names.map((raw, at) => ({
      raw,
      path: `/product_tree/full_product_names/${at}`,
    })),
    ...relationships.map(({ full_product_name: raw }, at) => ({
      raw,
      path: `/product_tree/relationships/${at}/full_product_name`,
    })),
  ];
  for (const { raw, path } of alone) {
    const read = productSchema.safeParse(raw);
    if (read.success) {
      products.push({ path, way: [], helper: read.data.product_identification_helper });
    }
  }
  return { document, branches: found, products };
}

/** 6.1.42: several package URLs of one product differ in their qualifiers only. */
function purlsDiffer({ products }: Read): readonly Complaint[] {
  return products.flatMap(({ path, helper }) => {
    const plain = new Set((helper?.purls ?? []).map(withoutQualifiers));
    if (plain.size < 2) return [];
    const instancePath = `${path}/product_identification_helper/purls`;
    return [{ instancePath, message: "the package URLs differ in more than their qualifiers" }];
  });
}

function withoutQualifiers(text: string): string {
  const { purl } = parsePurl(text);
  if (purl === null) return text;
  const { type, namespace, name, version, subpath } = purl;
  return JSON.stringify([type, namespace, name, version, subpath]);
}

/** 6.1.44 and 6.1.61: several stars that stand for any characters would be ambiguous. */
function manyStars({ products }: Read, of: "serial_numbers" | "skus"): readonly Complaint[] {
  return products.flatMap(({ path, helper }) =>
    (helper?.[of] ?? []).flatMap((text, at) => {
      const stars = text.replaceAll(/\\./g, "").split("*").length - 1;
      if (stars < 2) return [];
      const instancePath = `${path}/product_identification_helper/${of}/${at}`;
      return [{ instancePath, message: "it has several stars that are not escaped" }];
    }),
  );
}

const CONSTRAINT = /^(?:[<>!]=|[<>=])?[^<>=!|\s]+$/;

/** 6.1.50: a range is VERS, or comparators with versions between pipes and no blanks. */
function rangeRules({ branches }: Read): readonly Complaint[] {
  return ranges(branches).flatMap(({ path, name }) => {
    const problem = rangeProblem(name);
    return problem === null ? [] : [{ instancePath: `${path}/name`, message: problem }];
  });
}

function ranges(branches: readonly Branch[]): readonly Branch[] {
  return branches.filter(({ category }) => category === "product_version_range");
}

function rangeProblem(name: string): string | null {
  if (name === "vers:/all") return null;
  const vers = /^vers:([^/]*)\/(.*)$/s.exec(name);
  const [, type = "", list = name] = vers ?? [];
  if (vers !== null && (type === "all" || type === "none" || orderOfType(type) !== null)) {
    return parseVers(name).problem;
  }
  // Of a type that nobody here knows the form is checked all the same.
  if (vers !== null && list === "*") return null;
  const isWritten = list.split("|").every((part) => CONSTRAINT.test(part));
  return isWritten ? null : "it is neither VERS nor a list of comparators with versions";
}

/** 6.1.59: one version alone is a `product_version`. */
function singleVersion({ branches }: Read): readonly Complaint[] {
  return ranges(branches).flatMap(({ path, name }) => {
    const list = name.replace(/^vers:[^/]*\//, "");
    const isSingle = /^=?[^<>=!|*\s]+$/.test(list) && name !== "vers:/all";
    if (!isSingle) return [];
    return [{ instancePath: `${path}/name`, message: "the range is a single version" }];
  });
}

/** 6.1.51: no EPSS of a published document is newer than its newest revision. */
function lateEpss({ document: { document, vulnerabilities } }: Read): readonly Complaint[] {
  const { status, revision_history: history } = document.tracking;
  if (status !== "final" && status !== "interim") return [];
  const newest = Math.max(...history.map(({ date }) => instantFromText(date) ?? -Infinity));
  return vulnerabilities.flatMap(({ metrics }, at) =>
    metrics.flatMap(({ content: { epss } }, place) => {
      if (epss === undefined || (instantFromText(epss.timestamp) ?? 0) <= newest) return [];
      const instancePath = `/vulnerabilities/${at}/metrics/${place}/content/epss/timestamp`;
      return [{ instancePath, message: "it is newer than the newest revision of the document" }];
    }),
  );
}

/** 6.1.53: nobody knows of an exploitation before it happened. */
function lateExploitation({ document: { vulnerabilities } }: Read): readonly Complaint[] {
  return vulnerabilities.flatMap(({ first_known_exploitation_dates: dates }, at) =>
    dates.flatMap(({ date, exploitation_date: exploited }, place) => {
      if ((instantFromText(exploited) ?? 0) <= (instantFromText(date) ?? Infinity)) return [];
      const item = `/vulnerabilities/${at}/first_known_exploitation_dates/${place}`;
      const message = "the exploitation is newer than the date of the item";
      return [{ instancePath: `${item}/exploitation_date`, message }];
    }),
  );
}

/** 6.1.57: on the way to a product each category stands once, families of products aside. */
function stackedCategories({ products }: Read): readonly Complaint[] {
  return products.flatMap(({ path, way }) => {
    const categories = way.map((b) => b.category).filter((c) => c !== "product_family");
    const twice = categories.find((category, at) => categories.indexOf(category) < at);
    if (twice === undefined) return [];
    return [{ instancePath: path, message: `the category ${twice} stands twice on the way to it` }];
  });
}

/** 6.1.58: a product has a version or a range of versions. */
function versionBesideRange({ products }: Read): readonly Complaint[] {
  return products.flatMap(({ path, way }) => {
    const categories = new Set(way.map(({ category }) => category));
    if (!categories.has("product_version") || !categories.has("product_version_range")) return [];
    return [{ instancePath: path, message: "a version and a range both lead to it" }];
  });
}
