import { canonicalJson, type Json as JsonForm } from "../base/json.ts";

/**
 * The JSON schema of CSAF 2.1 as its working group has it now, made from the older draft that the
 * reference library carries by a merge patch (RFC 7396). What only the older draft has (relationships,
 * SSVC 1) stays allowed, so that documents of both are read; what became stricter is strict.
 */
const VERSION_4 = "urn:fettle:csaf-2.1:cvss-4.0";
const EXTENSION = "urn:fettle:csaf-2.1:extension";
const SSVC_2 = "urn:fettle:csaf-2.1:ssvc-2";

type Json = Readonly<Record<string, unknown>>;

const unique = { uniqueItems: true };
const extensions = { x_extensions: { $ref: "#/$defs/extensions_t" } };
const product = { $ref: "#/$defs/product_id_t" };

const newer: Json = {
  $id: "urn:fettle:csaf-2.1:document",
  $defs: {
    extensions_t: { type: "array", minItems: 1, uniqueItems: true, items: { $ref: EXTENSION } },
    full_product_name_t: {
      properties: {
        ...extensions,
        product_identification_helper: {
          properties: {
            hashes: {
              ...unique,
              items: {
                properties: {
                  file_hashes: {
                    ...unique,
                    items: {
                      properties: {
                        algorithm: { pattern: "^[0-9a-z][0-9a-z-]*$" },
                        value: { pattern: "^[0-9a-f]{32,}$" },
                      },
                    },
                  },
                },
              },
            },
            purls: { items: { pattern: "^pkg:[a-z][a-z0-9.-]*/.+" } },
            sbom_urls: unique,
            skus: unique,
            x_generic_uris: unique,
          },
        },
      },
    },
  },
  properties: {
    ...extensions,
    document: { properties: extensions },
    product_tree: {
      properties: {
        product_paths: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            required: ["beginning_product_reference", "full_product_name", "subpaths"],
            additionalProperties: false,
            properties: {
              beginning_product_reference: product,
              full_product_name: { $ref: "#/$defs/full_product_name_t" },
              subpaths: {
                type: "array",
                minItems: 1,
                items: {
                  type: "object",
                  required: ["category", "next_product_reference"],
                  additionalProperties: false,
                  properties: {
                    category: {
                      enum: [
                        ...["default_component_of", "external_component_of", "installed_on"],
                        ...["installed_with", "optional_component_of"],
                      ],
                    },
                    next_product_reference: product,
                  },
                },
              },
            },
          },
        },
      },
    },
    vulnerabilities: {
      items: {
        properties: {
          ...extensions,
          ids: {
            items: {
              properties: {
                group_ids: { $ref: "#/$defs/product_groups_t" },
                product_ids: { $ref: "#/$defs/products_t" },
              },
            },
          },
          metrics: {
            items: {
              properties: {
                content: {
                  properties: {
                    ...extensions,
                    cvss_v4: { $ref: VERSION_4 },
                    qualitative_severity_rating: {
                      enum: ["critical", "high", "low", "medium", "none"],
                    },
                    ssvc_v2: { $ref: SSVC_2 },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

const extension: Json = {
  $id: EXTENSION,
  type: "object",
  required: ["$schema", "category", "critical", "content"],
  additionalProperties: false,
  properties: {
    // The address of a schema ends with its version: `…_1.0.0.json`.
    $schema: {
      type: "string",
      pattern:
        "^https://[a-z0-9.-]+\\.[a-z0-9-]+/(?:[^/\\s]+/)*[^/\\s]+_\\d+\\.\\d+\\.\\d+[^/\\s]*\\.json$",
    },
    category: { enum: ["essential", "significant", "supplementary"] },
    content: { type: "object", minProperties: 1 },
    critical: { type: "boolean" },
  },
};

const reference: Json = {
  type: "object",
  required: ["uri", "summary"],
  additionalProperties: false,
  properties: { uri: { type: "string", format: "uri" }, summary: { type: "string" } },
};
const text = { type: "string", minLength: 1 };
const key = { ...text, pattern: "^(?:[a-zA-Z0-9](?:[a-zA-Z0-9_]*[a-zA-Z0-9])?|T\\*)$" };
const SEMVER = "^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)(?:[-+][0-9A-Za-z.+-]+)?$";

/** SSVC's list of selections, version 2.0.0. */
const ssvc: Json = {
  $id: SSVC_2,
  type: "object",
  required: ["timestamp", "schemaVersion", "selections"],
  additionalProperties: false,
  properties: {
    timestamp: { type: "string", format: "date-time" },
    schemaVersion: { const: "2.0.0" },
    target_ids: { type: "array", minItems: 1, uniqueItems: true, items: { type: "string" } },
    decision_point_resources: { type: "array", minItems: 1, items: reference },
    references: { type: "array", minItems: 1, items: reference },
    selections: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["namespace", "key", "version", "values"],
        additionalProperties: false,
        properties: {
          namespace: { type: "string", minLength: 3, maxLength: 1000, pattern: "^[a-z][^\\s]*$" },
          key,
          version: { type: "string", pattern: SEMVER },
          name: text,
          definition: text,
          values: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              required: ["key"],
              additionalProperties: false,
              properties: { key, name: text, definition: text },
            },
          },
        },
      },
    },
  },
};

/** What the library's validator of JSON schemas can do. */
export interface SchemaCompiler {
  compile(schema: object): SchemaCheck;
  addSchema(schema: object): unknown;
  addFormat(name: string, format: object): unknown;
  addKeyword(keyword: object): unknown;
  removeKeyword(name: string): unknown;
}

export interface SchemaCheck {
  (value: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

export interface CsafSchema {
  readonly document: SchemaCheck;
  readonly cvss4: SchemaCheck;
  readonly ssvc: SchemaCheck;
}

/**
 * The library's own `uniqueItems` compares each item with every other wherever a schema refers to the
 * form of its items, as CSAF's lists of products do: minutes for one advisory with 50,000 of them.
 */
export function judgeUniquenessOnce(compiler: SchemaCompiler): void {
  compiler.removeKeyword("uniqueItems");
  compiler.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    error: { message: "must NOT have duplicate items" },
    validate: (isWanted: boolean, items: readonly unknown[]) =>
      !isWanted || new Set(items.map(itemKey)).size === items.length,
  });
}

/** Texts are told from each other as they are; anything else by its canonical form, behind a sign. */
function itemKey(item: unknown): string {
  return typeof item === "string" ? `"${item}` : canonicalJson(item as JsonForm);
}

export function compileCsaf21(
  compiler: SchemaCompiler,
  older: { readonly document: Json; readonly cvss4: Json },
): CsafSchema {
  judgeUniquenessOnce(compiler);
  compiler.addFormat("date-time", { type: "string", validate: isDateTime });
  compiler.addSchema(extension);
  const cvss4 = compiler.compile({
    ...(withoutSteps(older.cvss4) as Json),
    $id: VERSION_4,
    // One score and one severity stand beside a vector of 4.0; the older draft had three.
    allOf: Array.isArray(older.cvss4.allOf) ? older.cvss4.allOf.slice(0, 1).map(withoutSteps) : [],
    unevaluatedProperties: false,
  });
  const selections = compiler.compile(ssvc);
  return {
    document: compiler.compile(merged(older.document, newer) as Json),
    cvss4,
    ssvc: selections,
  };
}

/** RFC 3339 without leap seconds, in upper case, with fractions of any length (CSAF 2.1, 2.2). */
export function isDateTime(value: string): boolean {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.exec(
      value,
    );
  const [, year = 0, month = 0, day = 0] = (match ?? []).map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return match !== null && month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** Binary numbers are no multiples of a tenth: scores are compared with what the vector gives. */
function withoutSteps(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutSteps);
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).filter(([name]) => name !== "multipleOf");
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutSteps(value)]));
}

function merged(schema: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const own = isObject(schema) ? schema : {};
  const changed = Object.entries(patch).map(([name, value]) => [name, merged(own[name], value)]);
  return { ...own, ...Object.fromEntries(changed) };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
