import { z } from "zod";

/**
 * Products of a CSAF document: where each id is defined, where ids are used, and of what a product is
 * made. Walks without recursion, because documents may be made to nest without end.
 */
export interface DefinedProduct {
  readonly id: string;
  readonly path: string;
  /** The branches that lead to it, from the root. */
  readonly way: readonly { readonly category: string; readonly name: string }[];
  /** Of a product that is made of others: the first and then each that it goes on with. */
  readonly made: readonly { readonly category: string; readonly id: string }[];
}

export interface Used {
  readonly id: string;
  readonly path: string;
}

type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = isObject(value) ? value[name] : undefined;
  return Array.isArray(found) ? found : [];
}

const namedSchema = z.object({ product_id: z.string() });
const branchSchema = z.object({ category: z.string().catch(""), name: z.string().catch("") });
const relationSchema = z.object({
  category: z.string(),
  product_reference: z.string(),
  relates_to_product_reference: z.string(),
});
const pathSchema = z.object({
  beginning_product_reference: z.string(),
  subpaths: z.array(z.object({ category: z.string(), next_product_reference: z.string() })),
});

export function definedProducts(tree: unknown): readonly DefinedProduct[] {
  const found: DefinedProduct[] = [];
  const define = (value: unknown, of: Omit<DefinedProduct, "id">): void => {
    const named = namedSchema.safeParse(value);
    if (named.success) found.push({ ...of, id: named.data.product_id });
  };
  const root = "/product_tree";
  const none: DefinedProduct["way"] = [];
  const waiting = listIn(tree, "branches").map((raw, at) => ({
    ...{ raw, path: `${root}/branches/${at}`, way: none },
  }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { raw, path } = next;
    const branch = branchSchema.safeParse(raw);
    if (!branch.success || !isObject(raw)) continue;
    const way = [...next.way, branch.data];
    define(raw.product, { path: `${path}/product`, way, made: [] });
    for (const [at, inner] of listIn(raw, "branches").entries()) {
      waiting.push({ raw: inner, path: `${path}/branches/${at}`, way });
    }
  }
  for (const [at, raw] of listIn(tree, "full_product_names").entries()) {
    define(raw, { path: `${root}/full_product_names/${at}`, way: [], made: [] });
  }
  for (const name of ["relationships", "product_paths"] as const) {
    for (const [at, raw] of listIn(tree, name).entries()) {
      const path = `${root}/${name}/${at}/full_product_name`;
      if (isObject(raw)) define(raw.full_product_name, { path, way: [], made: partsOf(raw) });
    }
  }
  return found;
}

function partsOf(raw: Json): DefinedProduct["made"] {
  const relation = relationSchema.safeParse(raw);
  if (relation.success) {
    const { category, product_reference: first, relates_to_product_reference } = relation.data;
    return [
      { category: "", id: first },
      { category, id: relates_to_product_reference },
    ];
  }
  const path = pathSchema.safeParse(raw);
  if (!path.success) return [];
  return [
    { category: "", id: path.data.beginning_product_reference },
    ...path.data.subpaths.map((s) => ({ category: s.category, id: s.next_product_reference })),
  ];
}

const PRODUCTS = new Set(["product_ids", "products"]);
const PRODUCT = new Set([
  ...["product_reference", "relates_to_product_reference"],
  ...["beginning_product_reference", "next_product_reference"],
]);

export interface Member {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
}

/** Every member of every object and list; what is inside of extensions is not the standard's. */
export function* membersIn(document: unknown): Generator<Member> {
  const waiting: Member[] = [{ name: "", value: document, path: "" }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    const { path } = next;
    const members = Object.entries(next.value).map(([name, value]) => ({
      ...{ name, value, path: `${path}/${name}` },
    }));
    yield* members;
    for (const member of members) if (!member.name.startsWith("x_")) waiting.push(member);
  }
}

/** Every place that names a product, or a group of them, which is defined elsewhere. */
export function usedIds(document: unknown): {
  readonly products: readonly Used[];
  readonly groups: readonly Used[];
} {
  const products: Used[] = [];
  const groups: Used[] = [];
  for (const member of membersIn(document)) {
    const { name, value } = member;
    if (PRODUCTS.has(name) || PRODUCT.has(name)) takeIds(products, member);
    else if (name === "group_ids") takeIds(groups, member);
    else if (name === "product_status") {
      for (const status of membersOf(value, member.path)) takeIds(products, status);
    }
  }
  return { products, groups };
}

function membersOf(value: unknown, path: string): readonly Member[] {
  if (!isObject(value)) return [];
  const entries = Object.entries(value);
  return entries.map(([name, inner]) => ({ name, value: inner, path: `${path}/${name}` }));
}

function takeIds(into: Used[], { value, path }: Member): void {
  if (typeof value === "string") into.push({ id: value, path });
  if (!Array.isArray(value)) return;
  for (const [at, id] of value.entries()) {
    if (typeof id === "string") into.push({ id, path: `${path}/${at}` });
  }
}
