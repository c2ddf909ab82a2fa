import { z } from "zod";
import { assert, type FailureCode, failureTable } from "../base/failure.ts";
import { operationId } from "../base/route-name.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { problemSchema } from "./problem.ts";
import { withStrictInput } from "./strict-input.ts";

/**
 * OpenAPI 3.1 from the routes. Pure: the same routes give the same text, so the committed file and
 * the generated client can be checked for drift.
 */
type JsonSchema = { [key: string]: unknown };

/** Failures that any route may answer, whatever it declares. */
const EVERYWHERE: readonly FailureCode[] = ["invalid", "internal", "unavailable"];

export function openApi(routes: readonly ServedRoute[], version: string): JsonSchema {
  const components = new Map<string, JsonSchema>();
  const responses = new Map<string, JsonSchema>();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  toSchema(problemSchema, "output", components);
  const sorted = [...routes].sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method));
  for (const route of sorted.map(withStrictInput)) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, {
      [route.method.toLowerCase()]: operation(route, components, responses),
    });
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Fettle",
      version,
      description:
        "Carries a patch from the first advisory to the last auditor. Times are RFC 3339 in UTC; lists are pages with a cursor; failures are problem details (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "__Host-fettle" },
      },
      responses: sortedObject(responses),
      schemas: sortedObject(components),
    },
  };
}

/** The committed form: two spaces, a final newline. */
export function openApiText(routes: readonly ServedRoute[], version: string): string {
  return `${JSON.stringify(openApi(routes, version), null, 2)}\n`;
}

function operation(
  route: ServedRoute,
  components: Map<string, JsonSchema>,
  responses: Map<string, JsonSchema>,
): JsonSchema {
  const { permission } = route;
  const isPublic = typeof permission === "object";
  const parameters = [
    ...parametersOf(route.params, "path", components),
    ...parametersOf(route.query, "query", components),
  ];
  return {
    operationId: operationId(route.method, route.path),
    summary: route.summary,
    tags: [route.path.split("/")[3] ?? "server"],
    ...(isPublic ? { security: [], description: `Open to everybody: ${permission.public}` } : {}),
    "x-permission": isPublic ? "public" : permission,
    ...(route.freshProof === undefined ? {} : { "x-fresh-proof": route.freshProof }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf(route, route.body, components) } }),
    responses: { ...success(route, components), ...failures(route, responses) },
  };
}

function parametersOf(
  schema: z.ZodType | undefined,
  place: "path" | "query",
  components: Map<string, JsonSchema>,
): readonly JsonSchema[] {
  if (schema === undefined) return [];
  const object = toSchema(schema, "input", components);
  const properties = (object["properties"] ?? {}) as Record<string, JsonSchema>;
  const required = new Set((object["required"] ?? []) as string[]);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === "path" || required.has(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function contentOf(
  route: ServedRoute,
  body: z.ZodType,
  components: Map<string, JsonSchema>,
): JsonSchema {
  if (route.isBodyForm !== true) return bodyContent(body, components);
  return { "application/x-www-form-urlencoded": { schema: toSchema(body, "input", components) } };
}

/** A file may come as bytes beside or instead of JSON. */
function bodyContent(schema: z.ZodType, components: Map<string, JsonSchema>): JsonSchema {
  const whole = toSchema(schema, "input", components);
  const options = (whole["anyOf"] ?? [whole]) as JsonSchema[];
  const isFile = (option: JsonSchema): boolean => option["format"] === "binary";
  const texts = options.filter((option) => !isFile(option));
  return {
    ...(texts.length === 0
      ? {}
      : {
          "application/json": {
            schema: texts.length === options.length ? whole : (texts[0] ?? {}),
          },
        }),
    ...(options.some(isFile)
      ? { "application/octet-stream": { schema: { type: "string", format: "binary" } } }
      : {}),
  };
}

function success(route: ServedRoute, components: Map<string, JsonSchema>): JsonSchema {
  if (route.reply === null) return { "204": { description: "Done" } };
  const status = String(route.status ?? 200);
  if ("contentType" in route.reply) {
    const type = route.reply.contentType.split(";")[0] ?? "";
    return {
      [status]: { description: "Done", content: { [type]: { schema: { type: "string" } } } },
    };
  }
  const schema = toSchema(route.reply, "output", components);
  const file = route.csv === undefined ? {} : { "text/csv": { schema: { type: "string" } } };
  const content = { "application/json": { schema }, ...file };
  return { [status]: { description: "Done", content } };
}

function failures(route: ServedRoute, responses: Map<string, JsonSchema>): JsonSchema {
  const signed: readonly FailureCode[] =
    typeof route.permission === "object" ? [] : ["unauthenticated", "forbidden"];
  const proof: readonly FailureCode[] = route.freshProof === undefined ? [] : ["proof-needed"];
  const codes = [...new Set([...EVERYWHERE, ...signed, ...proof, ...(route.errors ?? [])])];
  const byStatus = new Map<number, FailureCode[]>();
  for (const code of codes) {
    const { status } = failureTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, held]) => {
        const name = held.sort().join(".");
        responses.set(name, {
          description: held.join(" or "),
          content: {
            "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
          },
        });
        return [String(status), { $ref: `#/components/responses/${name}` }];
      }),
  );
}

/** A schema as JSON Schema; named parts move to the components, under one name each. */
function toSchema(
  schema: z.ZodType,
  io: "input" | "output",
  components: Map<string, JsonSchema>,
): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io,
    target: "draft-2020-12",
    unrepresentable: "any",
  }) as JsonSchema;
  const { $schema: _, $defs: definitions, ...rest } = plainTimes(made) as JsonSchema;
  const held = (definitions ?? {}) as Record<string, JsonSchema>;
  const names = new Set(Object.keys(held));
  for (const [name, definition] of Object.entries(held)) {
    addComponent(components, name, moveRefs(definition, names) as JsonSchema);
  }
  const ownName = rest["id"];
  const renamed = moveRefs(rest, names) as JsonSchema;
  if (typeof ownName !== "string") return renamed;
  addComponent(components, ownName, renamed);
  return { $ref: `#/components/schemas/${ownName}` };
}

/** A time's format says it all; the pattern beside it is a kilobyte that nobody reads. */
function plainTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainTimes);
  if (typeof value !== "object" || value === null) return value;
  const { pattern, ...rest } = value as JsonSchema;
  const isTime = rest["format"] === "date-time";
  const kept = pattern === undefined || isTime ? rest : { ...rest, pattern };
  return Object.fromEntries(Object.entries(kept).map(([key, inner]) => [key, plainTimes(inner)]));
}

function addComponent(
  components: Map<string, JsonSchema>,
  name: string,
  definition: JsonSchema,
): void {
  const { id: _, ...content } = definition;
  const before = components.get(name);
  const isSame = before === undefined || JSON.stringify(before) === JSON.stringify(content);
  assert(isSame, `two different schemas are called ${name}`);
  components.set(name, content);
}

function moveRefs(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => moveRefs(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== "$ref" || typeof inner !== "string") return [key, moveRefs(inner, names)];
      const name = inner.replace("#/$defs/", "");
      assert(names.has(name), `the reference ${inner} points nowhere`);
      return [key, `#/components/schemas/${name}`];
    }),
  );
}

function sortedObject(map: ReadonlyMap<string, JsonSchema>): JsonSchema {
  return Object.fromEntries([...map].sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
