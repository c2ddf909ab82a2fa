import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { servedRoute } from "../ledger/served-route.ts";
import { allRoutes } from "./all-routes.ts";
import { openApi, openApiText } from "./openapi.ts";
import { healthRoute } from "./routes.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document of many shapes
type Doc = any;

describe("the contract", () => {
  const doc: Doc = openApi([...allRoutes, healthRoute], version);
  const operations = Object.values<Doc>(doc.paths).flatMap((path) => Object.values<Doc>(path));

  test("is the same text however the routes are ordered", () => {
    const turned = [...allRoutes].reverse();
    expect(openApiText([healthRoute, ...turned], version)).toBe(
      openApiText([...allRoutes, healthRoute], version),
    );
  });

  test("names every operation once and says what right it needs", () => {
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of operations) {
      expect(operation["x-permission"]).toMatch(/^[a-z]+(\.[a-z]+|-in)?$/);
      expect(operation.summary.length).toBeGreaterThan(10);
    }
  });

  test("has a parameter for every name in braces, and no reference into nothing", () => {
    for (const [path, methods] of Object.entries<Doc>(doc.paths)) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values<Doc>(methods)) {
        const held = (operation.parameters ?? []).filter((p: Doc) => p.in === "path");
        expect(held.map((p: Doc) => p.name).sort(), path).toEqual(named.sort());
      }
    }
    for (const [, place] of JSON.stringify(doc).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = place!.split("/").reduce<Doc>((at, key) => at?.[key], doc);
      expect(target, place).toBeDefined();
    }
  });

  test("takes files as bytes beside JSON, and streams as their own type", () => {
    const file = servedRoute({
      method: "POST",
      path: "/api/v1/things/load",
      summary: "Takes a file or an instruction.",
      permission: "feed.load",
      body: z.union([
        z.instanceof(Uint8Array).meta({ type: "string", format: "binary" }),
        z.strictObject({ network: z.literal(true) }),
      ]),
      reply: { contentType: "application/jsonl" },
      handle: async () => "",
    });
    const made: Doc = openApi([file], "1");
    const operation = made.paths["/api/v1/things/load"].post;
    expect(Object.keys(operation.requestBody.content)).toEqual([
      "application/json",
      "application/octet-stream",
    ]);
    expect(operation.responses["200"].content).toHaveProperty("application/jsonl");
  });
});
