import { expect, test } from "vitest";
import { parseSelector, selects } from "../base/labels.ts";
import { teamScopes } from "./team-scope.ts";

test("a team's hosts are those of its label, or of its owner where no team is named", () => {
  const scopes = teamScopes([parseSelector("env=prod")], "web");
  const isIn = (labels: Readonly<Record<string, string>>): boolean =>
    scopes.some((scope) => selects(scope, labels));
  expect(isIn({ env: "prod", team: "web" })).toBe(true);
  expect(isIn({ env: "prod", owner: "web" })).toBe(true);
  expect(isIn({ env: "prod", team: "db", owner: "web" })).toBe(false);
  expect(isIn({ env: "test", team: "web" })).toBe(false);
  expect(isIn({ env: "prod" })).toBe(false);
  expect(teamScopes([], "web")).toEqual([]);
});
