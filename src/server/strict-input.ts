import { z } from "zod";
import type { ServedRoute } from "../ledger/served-route.ts";

/**
 * A misspelt field or filter must not be silently ignored: every object that a request brings is
 * read strictly, unless its schema says on purpose what to do with other fields.
 */
export function withStrictInput(route: ServedRoute): ServedRoute {
  const { params, query, body } = route;
  return {
    ...route,
    ...(params === undefined ? {} : { params: strict(params) }),
    ...(query === undefined ? {} : { query: strict(query) }),
    ...(body === undefined ? {} : { body: strict(body) }),
  };
}

function strict(schema: z.ZodType<never>): z.ZodType<never> {
  if (!(schema instanceof z.ZodObject) || schema.def.catchall !== undefined) return schema;
  return schema.strict() as unknown as z.ZodType<never>;
}
