import type { Actor } from "../base/actor.ts";
import type { Requirement, Selector } from "../base/labels.ts";
import { type Permission, roles } from "../base/permission.ts";
import type { VexTrust } from "./filter.ts";

/**
 * Whose word a VEX document is, and whether it may set findings aside: signed with the key of a live
 * approver who may answer for it, signed by a registered publisher for the authors it speaks for, or
 * taken over by somebody who answers for it by name. Anything else is shown and changes nothing.
 */
export interface Trusted {
  readonly trust: VexTrust;
  /** Who stands for it; "" where nobody does. */
  readonly by: string;
  readonly reason: string;
}

export const noTrust: Trusted = { trust: "none", by: "", reason: "" };

export interface Publisher {
  readonly id: string;
  readonly name: string;
  readonly authors: readonly string[];
  readonly keyLine: string;
  readonly fingerprint: string;
}

/** Authors in the documents that a publisher's key does not speak for. */
export function foreignAuthors(
  publisher: Pick<Publisher, "authors">,
  authors: readonly string[],
): readonly string[] {
  const own = new Set(publisher.authors.map(normal));
  return [...new Set(authors)].filter((author) => !own.has(normal(author)));
}

function normal(author: string): string {
  return author.trim().toLowerCase();
}

/** Whether somebody may do this for all hosts that the selector selects. */
export function mayWithin(
  actor: Pick<Actor, "grants">,
  permission: Permission,
  selector: Selector,
): boolean {
  return actor.grants.some(
    ({ role, scope }) => roles[role].includes(permission) && isWithin(selector, scope),
  );
}

/** True when every host of the inner expression is surely one of the outer: nothing is guessed. */
export function isWithin(inner: Selector, outer: Selector): boolean {
  return outer.every((wide) => inner.some((narrow) => implies(narrow, wide)));
}

function implies(narrow: Requirement, wide: Requirement): boolean {
  if (narrow.key !== wide.key) return false;
  switch (narrow.op) {
    case "in":
      if (wide.op === "exists") return true;
      if (wide.op === "in") return narrow.values.every((value) => wide.values.includes(value));
      return wide.op === "not-in" && narrow.values.every((value) => !wide.values.includes(value));
    case "not-in":
      return wide.op === "not-in" && wide.values.every((value) => narrow.values.includes(value));
    case "exists":
      return wide.op === "exists";
    case "absent":
      return wide.op === "absent" || wide.op === "not-in";
  }
}
