import type { FastifyRequest } from "fastify";
import { type Actor, holdsAnywhere, isElevatedSomewhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Access, Permission } from "../base/permission.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { demandSpace } from "../db/disk-space.ts";
import type { World } from "../db/world.ts";
import { authenticate, type Presented, type SignedIn } from "../identity/authenticate.ts";
import { proofRefusal, type Standing, withheldText } from "../identity/fresh-proof.ts";
import { SESSION_COOKIE } from "../identity/model.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { divisionOf } from "./division.ts";
import { makeRateLimit, type RateLimit } from "./rate.ts";

/**
 * The one gate. Every request passes here before its body is read; what no rule lets through is
 * refused. Rights are looked up for each request anew, so taking them away works at once.
 */
export interface Admission {
  readonly actor: Actor;
  readonly credentialHash: string | null;
  /** What the sign-in is worth; null where nobody signed in. */
  readonly standing: Standing | null;
}

/** Who acts on routes that are open to everybody. Holds no right. */
const nobody: Actor = {
  subject: "00000000-0000-7000-8000-000000000000" as SubjectId,
  name: "nobody",
  kind: "system",
  via: "system",
  grants: [],
};

/** How often one may knock: who is known by their credential, everybody else by their address. */
export interface Doors {
  readonly known: RateLimit;
  readonly strangers: RateLimit;
}

/** Tries a minute from one address that sign nobody in. Ten a second is no person, and no guessing. */
const STRANGER_TRIES_A_MINUTE = 600;

export function makeDoors(world: World): Doors {
  return {
    known: makeRateLimit(world.config.requestsPerMinute),
    strangers: makeRateLimit(STRANGER_TRIES_A_MINUTE),
  };
}

type Gated = Pick<
  ServedRoute,
  "method" | "path" | "permission" | "freshProof" | "byElevation" | "whileReadOnly"
>;

export async function admit(
  { world, doors }: { readonly world: World; readonly doors: Doors },
  request: FastifyRequest,
  declared: Gated,
): Promise<Admission> {
  const access = declared.permission;
  const presented = presentedBy(request);
  const changes = request.method !== "GET";
  demandOwnPages(world, request, { presented, changes });
  if (typeof access === "object") {
    if (changes) demandRate(doors.strangers, request.ip);
    return { actor: nobody, credentialHash: null, standing: null };
  }
  const admission = await authenticate(world, presented);
  if (admission === null) {
    demandRate(doors.strangers, request.ip);
    throw new Failure(
      "unauthenticated",
      "Sign in first: the token or session is missing, over, or no longer counts.",
    );
  }
  request.caller = admission.actor.subject;
  // A halt is let through whatever else its sender asked for (R13).
  if (access !== "rollout.halt") demandRate(doors.known, admission.credentialHash);
  demandKind(admission, access);
  demandStrength(admission, access);
  if (!isLetIn(admission.actor, declared)) {
    throw new Failure("forbidden", `This needs the right ${access}, which you do not hold.`, {
      facts: { permission: access },
    });
  }
  demandWhole(admission.actor, declared);
  if (declared.freshProof !== undefined) {
    const { mfa: policy } = world.config;
    const demand = { demand: declared.freshProof, policy, now: world.clock() };
    const refusal = proofRefusal(admission.standing, demand);
    if (refusal !== null) throw new Failure("proof-needed", refusal.message, refusal);
  }
  if (changes && access !== "rollout.halt") {
    if (world.readOnly !== undefined && declared.whileReadOnly !== true) {
      throw new Failure("blocked", world.readOnly);
    }
    await demandSpace(world.paths.state);
  }
  return admission;
}

/** A token of a directory opens SCIM and nothing else; SCIM opens to nothing else. */
function demandKind({ isDirectory }: SignedIn, access: Access): void {
  if (isDirectory === (access === "directory")) return;
  throw new Failure(
    "forbidden",
    isDirectory
      ? "A directory's token is for /scim/v2 alone."
      : "This needs a directory's token: fettle directory token.",
  );
}

function isLetIn(
  actor: Actor,
  { permission, byElevation }: Pick<ServedRoute, "permission" | "byElevation">,
): boolean {
  // A directory was let in by its kind of token (demandKind).
  if (permission === "signed-in" || permission === "directory") return true;
  if (typeof permission === "object") return true;
  if (holdsAnywhere(actor, permission)) return true;
  return byElevation === true && isElevatedSomewhere(actor, permission);
}

/** What is not divided is refused before its question is read, so that no answer tells of its form. */
function demandWhole(actor: Actor, declared: Gated): void {
  const { permission } = declared;
  if (typeof permission === "object" || permission === "signed-in" || permission === "directory")
    return;
  if (divisionOf(declared).division !== "whole" || !holdsAnywhere(actor, permission)) return;
  demandUnscoped(actor, permission, "This");
}

/** Says why a right that is held does not count in this sign-in, before it looks as if it were not. */
function demandStrength({ actor, standing }: SignedIn, access: Access): void {
  const isWithheld = actor.withheld?.some((permission) => permission === access) === true;
  const right = access as Permission;
  const whole = { ...actor, withheld: [] };
  if (!isWithheld || !(holdsAnywhere(whole, right) || isElevatedSomewhere(whole, right))) return;
  const ways = standing.ways.filter((way) => way !== "password");
  const facts = ways.length === 0 ? { needs: "factor" } : { ways: standing.ways };
  const code = ways.length === 0 ? "forbidden" : "proof-needed";
  throw new Failure(code, withheldText(standing), { facts: { ...facts, permission: access } });
}

function demandRate(limit: RateLimit, who: string): void {
  // The limit is this process's own, so its time is too.
  const retryAfter = limit.take(who, Date.now());
  if (retryAfter === null) return;
  throw new Failure(
    "rate-limited",
    `Too many requests at once. Wait ${retryAfter} s and go on more slowly; requestsPerMinute in fettle.yaml is the limit of one token or session.`,
    { facts: { retryAfter } },
  );
}

/**
 * Whether a stream that was let in would be let in now, and would show the same. Rights that became
 * narrower end it too: who may still look connects again and is judged anew.
 */
export async function isStillAdmitted(
  world: World,
  request: FastifyRequest,
  then: {
    readonly declared: Pick<ServedRoute, "permission" | "byElevation">;
    readonly admission: Admission;
  },
): Promise<boolean> {
  const { declared, admission } = then;
  if (typeof declared.permission === "object") return true;
  const now = await authenticate(world, { ...presentedBy(request), how: "look" });
  if (now === null || now.isDirectory || declared.permission === "directory") return false;
  if (rightsText(now.actor) !== rightsText(admission.actor)) return false;
  return isLetIn(now.actor, declared);
}

function rightsText({ grants, elevations }: Actor): string {
  return JSON.stringify([grants, elevations]);
}

function presentedBy(request: FastifyRequest): Presented {
  const header = request.headers.authorization;
  const bearer = header === undefined ? null : (/^Bearer ([\x21-\x7e]+)$/.exec(header)?.[1] ?? "");
  return { bearer, cookie: sessionCookie(request.headers.cookie), how: "use" };
}

/** The session's cookie; two of the same name are somebody's trick and count as none. */
function sessionCookie(header: string | undefined): string | null {
  const values = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${SESSION_COOKIE}=`))
    .map((part) => part.slice(SESSION_COOKIE.length + 1));
  return values.length === 1 ? (values[0] ?? null) : null;
}

/**
 * A browser sends cookies along with requests that another site makes. It says which site that was in
 * `Origin`, and in `Sec-Fetch-Site` whether it is ours (ASVS 5.0 V3.5.1, V3.5.3). What comes with a
 * cookie, streams included, must come from our own pages; so must a change without any credential
 * (signing in). Programs send a token and neither header, and are not asked.
 */
function demandOwnPages(
  world: World,
  request: FastifyRequest,
  { presented, changes }: { readonly presented: Presented; readonly changes: boolean },
): void {
  if (presented.bearer !== null) return;
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
  const isAsked = presented.cookie !== null || changes;
  if (isAsked && isForeign) throw otherSite();
  if (origin === undefined ? !changes || presented.cookie === null : !isAsked) return;
  const url = origin === undefined ? null : URL.parse(origin);
  const names = [world.config.serverName, world.config.host, "localhost", "127.0.0.1", "[::1]"];
  if (url !== null && url.host === host && names.includes(url.hostname)) return;
  throw otherSite();
}

function otherSite(): Failure {
  return new Failure(
    "forbidden",
    "The request was made by another site, or this server is not known under that name. Set serverName in fettle.yaml to the name that browsers use.",
  );
}
