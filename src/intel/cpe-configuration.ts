import { z } from "zod";
import {
  ANY,
  cpeText,
  hasWildcard,
  NOT_APPLICABLE,
  parseCpe,
  plainValue,
} from "../inventory/cpe-name.ts";
import { attributeOf, CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import { cleanText, type ProblemList } from "./feed-format.ts";
import type { CpeConfiguration, CpeMatch, CpeNode, Statement } from "./model.ts";

/**
 * Configurations of the NVD's API 2.0, which CVE records 5.1 write alike (`cpeApplicability`), as
 * statements about products: one for each product that a record calls vulnerable.
 */
const bound = z.string().max(200).optional();

const matchSchema = z.object({
  vulnerable: z.boolean(),
  criteria: z.string().max(1_000),
  versionStartIncluding: bound,
  versionStartExcluding: bound,
  versionEndIncluding: bound,
  versionEndExcluding: bound,
});

const joined = { operator: z.string().optional(), negate: z.boolean().optional() };

export const configurationsSchema = z
  .array(
    z.object({
      ...joined,
      nodes: z.array(z.object({ ...joined, cpeMatch: z.array(z.unknown()) })),
    }),
  )
  .optional();

export type RawConfigurations = z.output<typeof configurationsSchema>;

/** Far above what any record names; the longest of real ones have some thousand. */
const MATCHES_MAX = 20_000;

/** The readable part; what cannot be read is a problem of its record, and the rest of it counts. */
export function configurationsOf(
  raw: RawConfigurations,
  of: { readonly place: string; readonly problems: ProblemList },
): readonly CpeConfiguration[] {
  return (raw ?? []).map((configuration) => ({
    ...joining(configuration),
    nodes: configuration.nodes.map((node) => ({
      ...joining(node),
      matches: node.cpeMatch.flatMap((match) => {
        const read = matchOf(match);
        if (typeof read !== "string") return [read];
        of.problems.add(of.place, read);
        return [];
      }),
    })),
  }));
}

function joining(of: { operator?: string | undefined; negate?: boolean | undefined }) {
  return { needsAll: of.operator?.toUpperCase() === "AND", isNegated: of.negate === true };
}

function matchOf(raw: unknown): CpeMatch | string {
  const match = matchSchema.safeParse(raw);
  if (!match.success) return "holds a CPE match that cannot be read";
  const { criteria, vulnerable: isVulnerable, ...bounds } = match.data;
  const name = parseCpe(criteria);
  if (name === null) return `names what is no CPE: ${criteria}`;
  if (hasWildcard(name.product)) return `names no single product: ${criteria}`;
  return {
    cpe: cleanText(criteria, 1_000),
    isVulnerable,
    ...named("from", bounds.versionStartIncluding),
    ...named("after", bounds.versionStartExcluding),
    ...named("upTo", bounds.versionEndIncluding),
    ...named("before", bounds.versionEndExcluding),
  };
}

function named(key: string, version: string | undefined): Record<string, string> {
  const text = cleanText(version ?? "", 200);
  return text === "" || text === "*" ? {} : { [key]: text };
}

/** CVE record 5.x, `affected[]`: versions beside the CPE names of a product. */
const productsSchema = z.array(
  z.object({
    cpes: z.array(z.string().max(1_000)).optional().catch(undefined),
    versions: z
      .array(
        z.object({
          version: z.string().max(200),
          status: z.string(),
          lessThan: z.string().max(200).optional(),
          lessThanOrEqual: z.string().max(200).optional(),
        }),
      )
      .optional()
      .catch(undefined),
  }),
);

type Product = z.output<typeof productsSchema>[number];

/**
 * Only versions that a record calls affected: one that lists what is *not* affected, or leaves out the
 * versions, means something else with every publisher, and says nothing here.
 */
export function configurationsOfProducts(raw: unknown): readonly CpeConfiguration[] {
  const products = productsSchema.safeParse(raw);
  const matches = (products.success ? products.data : []).flatMap((product) =>
    (product.cpes ?? []).flatMap((cpe) => matchesOf(cpe, product)),
  );
  if (matches.length === 0) return [];
  const alone = { needsAll: false, isNegated: false };
  return [{ ...alone, nodes: [{ ...alone, matches }] }];
}

function matchesOf(cpe: string, { versions = [] }: Product): readonly CpeMatch[] {
  const name = parseCpe(cpe);
  if (name === null || hasWildcard(name.product)) return [];
  // Names with a version of their own are the list of versions once more: a thousand of either.
  if (name.version !== ANY && name.version !== NOT_APPLICABLE) {
    const isAffected = versions.some(({ status }) => status === "affected");
    return isAffected ? [{ cpe: cpeText(name), isVulnerable: true }] : [];
  }
  return versions.flatMap(({ version, status, lessThan, lessThanOrEqual }): CpeMatch[] => {
    if (status !== "affected") return [];
    const isRange = lessThan !== undefined || lessThanOrEqual !== undefined;
    const isOpen = /^(\*|n\/a|unspecified|unknown|all( versions)?|-)$/i.test(version.trim());
    if (!isRange && isOpen) return [];
    const own = isRange ? ANY : attributeOf(version);
    return [
      {
        cpe: cpeText({ ...name, version: own, update: isRange ? ANY : name.update }),
        isVulnerable: true,
        ...named("from", isRange && !isOpen && version !== "0" ? version : undefined),
        ...named("before", lessThan),
        ...named("upTo", lessThanOrEqual),
      },
    ];
  });
}

export function cpeStatements(of: {
  readonly feed: string;
  readonly id: string;
  readonly configurations: readonly CpeConfiguration[];
  readonly problems: ProblemList;
}): readonly Statement[] {
  const productOf = productsByName();
  const products = new Set(
    of.configurations.flatMap(({ nodes }) =>
      nodes.flatMap(({ matches }) =>
        matches.filter((match) => match.isVulnerable).map((match) => productOf(match)),
      ),
    ),
  );
  return [...products].flatMap((packageName): Statement[] => {
    const configurations = of.configurations.flatMap((each) =>
      about({ product: packageName, configuration: each, productOf }),
    );
    const count = configurations.reduce(
      (sum, { nodes }) => sum + nodes.reduce((n, { matches }) => n + matches.length, 0),
      0,
    );
    if (count > MATCHES_MAX) {
      of.problems.add(of.id, `names ${count} versions of ${packageName}, more than ${MATCHES_MAX}`);
      return [];
    }
    return [
      {
        feed: of.feed,
        ecosystem: CPE_ECOSYSTEM,
        packageName,
        matches: "binary",
        vulnerability: of.id,
        advisory: "",
        state: { kind: "cpe", configurations },
        urgency: "",
      },
    ];
  });
}

type ProductOf = (match: CpeMatch) => string;

/** Each name is taken apart once: records name thousands, and every product is looked for in all. */
function productsByName(): ProductOf {
  const known = new Map<string, string>();
  return ({ cpe }) => {
    const found = known.get(cpe);
    if (found !== undefined) return found;
    const product = plainValue(parseCpe(cpe)?.product ?? "");
    known.set(cpe, product);
    return product;
  };
}

/** What of a configuration bears on a product: of alternatives only those that name it. */
function about(of: {
  readonly product: string;
  readonly configuration: CpeConfiguration;
  readonly productOf: ProductOf;
}): readonly CpeConfiguration[] {
  const { product, configuration, productOf } = of;
  const names = ({ matches }: CpeNode): boolean =>
    matches.some((match) => match.isVulnerable && productOf(match) === product);
  if (!configuration.nodes.some(names)) return [];
  const isPlain = !configuration.isNegated && configuration.nodes.every((node) => !node.isNegated);
  if (!isPlain || configuration.needsAll) return [configuration];
  const nodes = configuration.nodes
    .filter(names)
    .map((node) =>
      node.needsAll
        ? node
        : { ...node, matches: node.matches.filter((match) => productOf(match) === product) },
    );
  return [{ ...configuration, nodes }];
}
