import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grant } from "../base/actor.ts";
import { type Labels, parseSelector, selects } from "../base/labels.ts";
import { type Permission, permissions, roleNames, roles } from "../base/permission.ts";
import { covers, narrow } from "./rights.ts";

const scope = fc.constantFrom("", "env=prod", "env=dev", "env=prod,service=web", "!canary");
const grant: fc.Arbitrary<Grant> = fc.record({
  role: fc.constantFrom(...roleNames),
  scope: scope.map(parseSelector),
});
const grants = fc.array(grant, { maxLength: 4 });
const host: fc.Arbitrary<Labels> = fc.constantFrom<Labels>(
  {},
  { env: "prod" },
  { env: "dev", canary: "yes" },
  { env: "prod", service: "web" },
);

function may(held: readonly Grant[], permission: Permission, labels: Labels): boolean {
  return held.some((g) => roles[g.role].includes(permission) && selects(g.scope, labels));
}

describe("a token's rights", () => {
  test("never exceed its owner's, nor its own limits, on any host", () => {
    fc.assert(
      fc.property(
        grants,
        grants,
        fc.constantFrom(...permissions),
        host,
        (live, limits, p, labels) => {
          if (!may(narrow(live, limits), p, labels)) return;
          expect(may(live, p, labels)).toBe(true);
          expect(may(limits, p, labels)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("without limits are its owner's", () => {
    fc.assert(
      fc.property(grants, (live) => {
        expect(narrow(live, null)).toEqual(live);
      }),
    );
  });

  test("limited to what its owner has in full are those limits", () => {
    const live: Grant[] = [{ role: "admin", scope: [] }];
    const limits: Grant[] = [{ role: "operator", scope: parseSelector("env=dev") }];
    expect(narrow(live, limits)).toEqual(limits);
  });
});

describe("what may be handed out", () => {
  test("is never more than what is held, on any host", () => {
    fc.assert(
      fc.property(
        grants,
        grant,
        fc.constantFrom(...permissions),
        host,
        (held, wanted, p, labels) => {
          fc.pre(covers(held, wanted));
          if (may([wanted], p, labels)) expect(may(held, p, labels)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("an administrator without limits may hand out everything", () => {
    fc.assert(
      fc.property(grant, (wanted) => {
        expect(covers([{ role: "admin", scope: [] }], wanted)).toBe(true);
      }),
    );
  });

  test("an administrator of some labels may not hand out the whole", () => {
    const held: Grant[] = [{ role: "admin", scope: parseSelector("env=dev") }];
    expect(covers(held, { role: "viewer", scope: [] })).toBe(false);
    expect(covers(held, { role: "viewer", scope: parseSelector("env=dev,zone=b") })).toBe(true);
  });
});
