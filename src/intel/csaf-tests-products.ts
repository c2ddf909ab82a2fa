import {
  type DefinedProduct,
  definedProducts,
  isObject,
  listIn,
  usedIds,
} from "./csaf-products.ts";
import type { Complaint } from "./csaf-tests.ts";

/**
 * Mandatory tests about products, of CSAF 2.0 and 2.1 and for documents with product paths too: 6.1.1
 * to 6.1.4, and in 2.1 the affected versions that belong to fixed ones (6.1.27.13) and remediations
 * that contradict a status (6.1.36). The library compares each id with every other, which takes minutes for the 50,000 products of one advisory.
 */
type Test = (document: unknown) => readonly Complaint[];

export const productTests: Readonly<Record<string, Test>> = {
  "6.1.1": undefinedProducts,
  "6.1.2": doubleProducts,
  "6.1.3": circularProducts,
  "6.1.4": undefinedGroups,
};

export const productTests21: Readonly<Record<string, Test>> = {
  ...productTests,
  "6.1.27.13": fixedWithoutAffected,
  "6.1.36": contradictoryRemediations,
};

function treeOf(document: unknown): unknown {
  return isObject(document) ? document.product_tree : undefined;
}

function undefinedProducts(document: unknown): readonly Complaint[] {
  const known = new Set(definedProducts(treeOf(document)).map(({ id }) => id));
  return usedIds(document)
    .products.filter(({ id }) => !known.has(id))
    .map(({ path }) => ({ instancePath: path, message: "the product is not defined" }));
}

function doubleProducts(document: unknown): readonly Complaint[] {
  const seen = new Set<string>();
  return definedProducts(treeOf(document)).flatMap(({ id, path }) => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ instancePath: `${path}/product_id`, message: "the product is defined twice" }];
  });
}

/** A product that is made of itself, by however many steps. */
function circularProducts(document: unknown): readonly Complaint[] {
  const all = definedProducts(treeOf(document));
  const madeOf = new Map(all.map((p) => [p.id, p.made.map(({ id }) => id)]));
  // Parts that are whole themselves are taken away until only circles, and what needs them, are left.
  const open = new Map([...madeOf].map(([id, parts]) => [id, new Set(parts)]));
  const users = new Map<string, string[]>();
  for (const [id, parts] of madeOf) {
    for (const part of parts) {
      const known = users.get(part);
      if (known === undefined) users.set(part, [id]);
      else known.push(id);
    }
  }
  const ready = [...users.keys(), ...open.keys()].filter((id) => (open.get(id)?.size ?? 0) === 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const user of users.get(id) ?? []) {
      const parts = open.get(user);
      if (parts?.delete(id) === true && parts.size === 0) ready.push(user);
    }
  }
  return all
    .filter(({ id }) => (open.get(id)?.size ?? 0) > 0)
    .map(({ path }) => ({ instancePath: `${path}/product_id`, message: "it is made of itself" }));
}

function undefinedGroups(document: unknown): readonly Complaint[] {
  const groups = listIn(treeOf(document), "product_groups");
  const known = new Set(groups.flatMap((group) => (isObject(group) ? [group.group_id] : [])));
  return usedIds(document)
    .groups.filter(({ id }) => !known.has(id))
    .map(({ path }) => ({ instancePath: path, message: "the product group is not defined" }));
}

function fixedWithoutAffected(document: unknown): readonly Complaint[] {
  if (!isObject(document) || categoryOf(document) !== "csaf_security_advisory") return [];
  const byId = new Map(definedProducts(document.product_tree).map((p) => [p.id, p]));
  return listIn(document, "vulnerabilities").flatMap((vulnerability, at) => {
    const status = isObject(vulnerability) ? vulnerability.product_status : undefined;
    const affected = new Set(idsIn(status, "known_affected").flatMap((id) => kinOf(id, byId)));
    return idsIn(status, "fixed").flatMap((id, place) => {
      // What is not defined is the matter of another test.
      if (!byId.has(id) || correspondingTo(id, byId).some((kin) => affected.has(kin))) return [];
      const instancePath = `/vulnerabilities/${at}/product_status/fixed/${place}`;
      return [{ instancePath, message: "no version of the product is listed as affected" }];
    });
  });
}

export function categoryOf(document: unknown): string {
  const head = isObject(document) && isObject(document.document) ? document.document : {};
  return typeof head.category === "string" ? head.category : "";
}

function idsIn(status: unknown, name: string): readonly string[] {
  return listIn(status, name).filter((id) => typeof id === "string");
}

const MENDED = ["first_fixed", "fixed"];
const OF_NO_USE = ["known_not_affected", ...MENDED];
/** Which states of a product a category of remediation contradicts (3.2.4.14.1). */
const contradicted: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["workaround", OF_NO_USE],
  ["mitigation", OF_NO_USE],
  ["vendor_fix", OF_NO_USE],
  ["none_available", OF_NO_USE],
  ["optional_patch", ["first_affected", "known_affected", "last_affected"]],
  ["fix_planned", MENDED],
  ["no_fix_planned", MENDED],
]);

function contradictoryRemediations(document: unknown): readonly Complaint[] {
  const groups = new Map(
    listIn(treeOf(document), "product_groups").flatMap((group) =>
      isObject(group) ? [[group.group_id, listIn(group, "product_ids")] as const] : [],
    ),
  );
  return listIn(document, "vulnerabilities").flatMap((vulnerability, at) => {
    const status = isObject(vulnerability) ? vulnerability.product_status : undefined;
    const having = new Map<string, ReadonlySet<string>>();
    const havingStatus = (name: string): ReadonlySet<string> => {
      const ids = having.get(name) ?? new Set(idsIn(status, name));
      having.set(name, ids);
      return ids;
    };
    return listIn(vulnerability, "remediations").flatMap((remediation, place) => {
      if (!isObject(remediation)) return [];
      const grouped = listIn(remediation, "group_ids").flatMap((id) => groups.get(id) ?? []);
      const ids = new Set([...idsIn(remediation, "product_ids"), ...grouped]);
      const instancePath = `/vulnerabilities/${at}/remediations/${place}`;
      return (contradicted.get(remediation.category) ?? []).flatMap((name) => {
        const wrong = [...havingStatus(name)].filter((id) => ids.has(id));
        return wrong.map((id) => ({
          instancePath,
          message: `it is ${String(remediation.category)}, but ${id} is ${name}`,
        }));
      });
    });
  });
}

type Products = ReadonlyMap<string, DefinedProduct>;
const VERSIONED = new Set([
  ...["product_version", "product_version_range", "service_pack", "patch_level"],
]);

/** The product without its version, and exactly where it is installed; nothing where that is not told. */
function kinOf(id: string, byId: Products, depth = 0): readonly string[] {
  const own = byId.get(id);
  if (own === undefined || depth > DEPTH_MAX) return [];
  const [first, ...rest] = own.made;
  if (first === undefined) {
    const family = own.way.filter(({ category }) => !VERSIONED.has(category));
    const isVersioned = family.length < own.way.length;
    return isVersioned ? [JSON.stringify(family), id] : [id];
  }
  const places = rest.map(({ category, id: place }) => [category, place]);
  return kinOf(first.id, byId, depth + 1).map((kin) => JSON.stringify([kin, places]));
}

/** A product made of itself has no end; 6.1.3 complains. */
const DEPTH_MAX = 50;

/** Of what is installed with something (a hotfix), what it was before is a version of it too. */
function correspondingTo(id: string, byId: Products): readonly string[] {
  const { made = [] } = byId.get(id) ?? {};
  const last = made.at(-1);
  const [first] = made;
  if (last?.category !== "installed_with" || first === undefined) {
    return kinOf(id, byId).filter((kin) => kin !== id);
  }
  const before = made.slice(0, -1);
  if (before.length === 1) return [...kinOf(id, byId), ...kinOf(first.id, byId)];
  const places = before.slice(1).map(({ category, id: place }) => [category, place]);
  const earlier = kinOf(first.id, byId).map((kin) => JSON.stringify([kin, places]));
  return [...kinOf(id, byId), ...earlier];
}
