import type { z } from "zod";
import type { CsvForm } from "./csv.ts";
import type { FailureCode } from "./failure.ts";
import type { Access } from "./permission.ts";

/**
 * A route is data. From these declarations come validation, OpenAPI, the typed client, the
 * permission matrix test and the documentation; a route without `permission` does not compile.
 */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RouteDeclaration<Context, Params, Query, Body, Reply> {
  readonly method: Method;
  /** `/api/v1/hosts/{host}`: names in braces are the keys of `params`. */
  readonly path: string;
  /** Shown in OpenAPI; one sentence. */
  readonly summary: string;
  readonly permission: Access;
  /**
   * The act needs a proof of who asks that is minutes old: `demanded`; `first-factor` takes one factor
   * while there is no second. `signature`: what is sent carries its own, which proves more.
   */
  readonly freshProof?: "demanded" | "first-factor" | "signature";
  /**
   * All that it acts on belongs to one change, so an elevation over that change lets a person in; the
   * action judges over which (`scopesOver`).
   */
  readonly byElevation?: true;
  /** A change that is let through while the server is for reading only: what ends that, and what it needs. */
  readonly whileReadOnly?: true;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** `null` replies 204; a string is a content type whose handler returns text or bytes. */
  readonly reply: z.ZodType<Reply> | { readonly contentType: string } | null;
  /** A list that is also told as a CSV file, whole: its columns. Its query takes `format` (list-page.ts). */
  readonly csv?: CsvForm<ItemOf<Reply>>;
  readonly status?: number;
  /** Failures the handler may answer beside the ones every route has. */
  readonly errors?: readonly FailureCode[];
  /** Bytes a body may have when more than the default 1 MiB is meant. */
  readonly bodyBytesMax?: number;
  /** The body is handed over as its bytes come, never held whole: an AsyncIterable<Uint8Array>. */
  readonly isBodyStreamed?: true;
  /** The body comes as a form (application/x-www-form-urlencoded), because a standard of others says so. */
  readonly isBodyForm?: true;
  /** How long the handler may take where more than the usual time is meant. */
  readonly handlerMsMax?: number;
  readonly handle: (
    context: Context,
    input: { readonly params: Params; readonly query: Query; readonly body: Body },
  ) => Promise<Reply>;
}

type ItemOf<Reply> = Reply extends { readonly items: readonly (infer Item)[] } ? Item : never;

// The list holds routes of many shapes; each was checked where it was declared.
export type AnyRoute<Context> = Omit<
  RouteDeclaration<Context, never, never, never, unknown>,
  "csv"
> & { readonly csv?: CsvForm<never> };

/** Declares one route; the type parameters come from the schemas. */
export function routeFor<Context>() {
  return <Params = unknown, Query = unknown, Body = unknown, Reply = unknown>(
    declaration: RouteDeclaration<Context, Params, Query, Body, Reply>,
  ): AnyRoute<Context> => declaration as unknown as AnyRoute<Context>;
}
