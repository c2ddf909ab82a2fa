import { z } from "zod";

/**
 * The products of a CSAF document (CSAF 2.0, 3.1.3 and 3.2.2): branches name full products, and
 * relationships make new ones ("this rpm as a component of that release"). Status lists name ids of
 * either kind, so an id means nothing before its relationship is resolved, however long the chain.
 */
export interface CsafProduct {
  readonly id: string;
  readonly name: string;
  readonly purls: readonly string[];
  readonly cpes: readonly string[];
  /** The version or the range of versions that a branch names, "" where none does. */
  readonly version: string;
  /** What it is installed in or a component of; null for a product of its own. */
  readonly within: CsafProduct | null;
}

const helperSchema = z.object({
  cpe: z.string().optional(),
  purl: z.string().optional(),
  purls: z.array(z.string()).optional(),
});

const productSchema = z.object({
  name: z.string(),
  product_id: z.string(),
  product_identification_helper: helperSchema.optional(),
});

const branchSchema = z.object({
  category: z.string(),
  name: z.string(),
  product: productSchema.optional(),
  branches: z.array(z.unknown()).optional(),
});

export const treeSchema = z.object({
  branches: z.array(z.unknown()).optional(),
  full_product_names: z.array(z.unknown()).optional(),
  relationships: z.array(z.unknown()).optional(),
  product_paths: z.array(z.unknown()).optional(),
});

const relationshipSchema = z.object({
  category: z.string(),
  full_product_name: productSchema,
  product_reference: z.string(),
  relates_to_product_reference: z.string(),
});

/** CSAF 2.1 writes relationships as a way over any number of products. */
const pathSchema = z.object({
  full_product_name: productSchema,
  beginning_product_reference: z.string(),
  subpaths: z.array(z.object({ next_product_reference: z.string() })).min(1),
});

const DEPTH_MAX = 30;
const VERSION_BRANCHES = ["product_version", "product_version_range"];

export function productsIn(tree: z.output<typeof treeSchema>): ReadonlyMap<string, CsafProduct> {
  const products = new Map<string, CsafProduct>();
  addBranches(products, tree.branches ?? [], "");
  for (const raw of tree.full_product_names ?? []) {
    const product = productSchema.safeParse(raw);
    if (product.success) products.set(product.data.product_id, made(product.data, ""));
  }
  addRelationships(products, [...(tree.relationships ?? []), ...(tree.product_paths ?? [])]);
  return products;
}

function addBranches(
  products: Map<string, CsafProduct>,
  branches: readonly unknown[],
  version: string,
): void {
  const waiting = branches.map((raw) => ({ raw, version, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const branch = branchSchema.safeParse(next.raw);
    if (!branch.success || next.depth > DEPTH_MAX) continue;
    const { category, name, product, branches: inner = [] } = branch.data;
    const own = VERSION_BRANCHES.includes(category) ? name : next.version;
    if (product !== undefined) products.set(product.product_id, made(product, own));
    for (const raw of inner) waiting.push({ raw, version: own, depth: next.depth + 1 });
  }
}

function made(product: z.output<typeof productSchema>, version: string): CsafProduct {
  const { cpe, purl, purls = [] } = product.product_identification_helper ?? {};
  return {
    id: product.product_id,
    name: product.name,
    purls: purl === undefined ? purls : [purl, ...purls],
    cpes: cpe === undefined ? [] : [cpe],
    version,
    within: null,
  };
}

/** A relationship may be made of other relationships, listed in any order. */
function addRelationships(products: Map<string, CsafProduct>, all: readonly unknown[]): void {
  let waiting = all.flatMap((raw) => {
    const relationship = relationshipSchema.safeParse(raw).data;
    if (relationship !== undefined) {
      const { product_reference: part, relates_to_product_reference: whole } = relationship;
      return [{ product: relationship.full_product_name, part, wholes: [whole] }];
    }
    const path = pathSchema.safeParse(raw).data;
    if (path === undefined) return [];
    const wholes = path.subpaths.map((subpath) => subpath.next_product_reference);
    return [{ product: path.full_product_name, part: path.beginning_product_reference, wholes }];
  });
  for (let left = -1; waiting.length > 0 && waiting.length !== left; ) {
    left = waiting.length;
    waiting = waiting.filter((relationship) => !resolve(products, relationship));
  }
}

interface Combination {
  readonly product: z.output<typeof productSchema>;
  readonly part: string;
  /** What it is part of, the nearest first. */
  readonly wholes: readonly string[];
}

function resolve(products: Map<string, CsafProduct>, of: Combination): boolean {
  const part = products.get(of.part);
  const wholes = of.wholes.flatMap((id) => products.get(id) ?? []);
  if (part === undefined || wholes.length < of.wholes.length) return false;
  const within = wholes.reduceRight<CsafProduct | null>(
    (outer, whole) => ({ ...whole, within: whole.within ?? outer }),
    null,
  );
  const own = made(of.product, part.version);
  products.set(own.id, {
    ...own,
    purls: own.purls.length > 0 ? own.purls : part.purls,
    cpes: own.cpes.length > 0 ? own.cpes : part.cpes,
    within,
  });
  return true;
}

/** Every product it is part of, the nearest first. */
export function* surroundings(product: CsafProduct): Generator<CsafProduct> {
  let next = product.within;
  for (let depth = 0; next !== null && depth < DEPTH_MAX; depth++) {
    yield next;
    next = next.within;
  }
}
