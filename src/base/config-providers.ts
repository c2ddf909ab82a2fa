import { z } from "zod";
import { roleNames } from "./permission.ts";

/** Who may vouch for people: OpenID Connect providers, and what groups of a directory may do here. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const issuer = z
  .url()
  .max(500)
  .refine((text) => isSafeIssuer(new URL(text)), {
    error: "must be https without a query (http only at localhost, for trying it out)",
  });

function isSafeIssuer(url: URL): boolean {
  if (url.search !== "" || url.hash !== "" || url.username !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.includes(url.hostname));
}

const claim = z.string().min(1).max(200);

/** Claims that people change themselves, or that are given again to somebody else (OpenID Connect Core §5.7). */
const CHANGEABLE = [
  ...["email", "preferred_username", "upn", "unique_name", "nickname", "name", "given_name"],
  ...["family_name", "phone_number", "profile", "website"],
];

const directorySchema = z.strictObject({
  /** As `fettle directory list` shows it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/),
  /** The claim that says the directory's `externalId` of the person (Okta: `sub`; Entra: `oid`). */
  externalId: claim.default("sub").refine((name) => !CHANGEABLE.includes(name.toLowerCase()), {
    error: "must be a claim that never changes and is never given again, such as sub or oid",
  }),
});

export const providerSchema = z.strictObject({
  /** Stands in links and events: `company`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  /** What stands on the button. */
  title: z.string().min(1).max(60),
  issuer,
  clientId: z.string().min(1).max(300),
  /** A file with the client's secret, readable by the server's user only. */
  clientSecretFile: z.string().min(1).max(1000),
  /** Certificates (PEM) that are believed for the provider beside the system's. */
  caFile: z.string().min(1).max(1000).optional(),
  scopes: z.string().max(300).default("openid profile"),
  handleClaim: claim.default("preferred_username"),
  groupsClaim: claim.default("groups"),
  /**
   * `linked`: only who linked the provider to an account of here. `created`: whoever the provider knows
   * gets an account at the first sign-in, with the roles of their groups.
   */
  people: z.enum(["linked", "created"]).default("linked"),
  /** The directory (SCIM) whose people sign in by this provider as themselves, from the first time on. */
  directory: directorySchema.optional(),
  /** Whether signing out here ends the session at the provider too, where it has a page for that. */
  signOut: z.enum(["there", "here"]).default("there"),
  /** Words of `amr` (RFC 8176) or `acr` that mean two factors. */
  twoFactors: z.array(z.string().min(1).max(200)).max(20).default(["mfa"]),
});

export type ProviderConfig = z.output<typeof providerSchema>;

export const groupSchema = z.strictObject({
  /** The group's name as the provider or SCIM says it. */
  group: z.string().min(1).max(300),
  role: z.enum(roleNames),
  scope: z.string().max(500).default(""),
});

export const signInSchema = z
  .strictObject({
    providers: z
      .array(providerSchema)
      .max(10)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        error: "two providers have one name",
      })
      .refine((all) => all.every((one) => one.directory === undefined || one.people === "linked"), {
        error: "a provider with a directory makes no people itself: leave out people: created",
      })
      .default([]),
    /** What members of a group may do, from providers and from SCIM alike. */
    groups: z.array(groupSchema).max(500).default([]),
  })
  .default({ providers: [], groups: [] });
