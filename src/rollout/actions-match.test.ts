import { expect, test } from "vitest";
import { matchWithin } from "./actions-match.ts";

test("matches as JavaScript does", () => {
  expect(matchWithin("^<h1>", "<h1>Shop</h1>")).toBe("yes");
  expect(matchWithin("^h1", "<h1>Shop</h1>")).toBe("no");
  expect(matchWithin("\\p{Lu}", "ä Ä")).toBe("yes");
});

test("gives up on an expression whose time explodes, and on one that is none", () => {
  const began = performance.now();
  expect(matchWithin("^(a+)+$", `${"a".repeat(50)}!`)).toBe("too-slow");
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(matchWithin("(", "a")).toBe("unreadable");
});
