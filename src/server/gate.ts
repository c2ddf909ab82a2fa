import type { FastifyRequest } from "fastify";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Access, Permission } from "../base/permission.ts";
import { demandSpace } from "../db/disk-space.ts";
import type { World } from "../db/world.ts";
import { authenticate, type Presented, type SignedIn } from "../identity/authenticate.ts";
import { proofRefusal, withheldText } from "../identity/fresh-proof.ts";
import { SESSION_COOKIE } from "../identity/model.ts";
import type { ServedRoute } from "../ledger/served-route.ts";

/**
 * The one gate. Every request passes here before its body is read; what no rule lets through is
 * refused. Rights are looked up for each request anew, so taking them away works at once.
 */
export interface Admission {
  readonly actor: Actor;
  readonly credentialHash: string | null;
}

/** Who acts on routes that are open to everybody. Holds no right. */
const nobody: Actor = {
  subject: "00000000-0000-7000-8000-000000000000" as SubjectId,
  name: "nobody",
  kind: "system",
  via: "system",
  grants: [],
};

export async function admit(
  world: World,
  request: FastifyRequest,
  declared: Pick<ServedRoute, "permission" | "freshProof">,
): Promise<Admission> {
  const access = declared.permission;
  const presented = presentedBy(request);
  const changes = request.method !== "GET";
  if (changes && presented.bearer === null) demandSameOrigin(world, request, presented);
  if (typeof access === "object") return { actor: nobody, credentialHash: null };
  const admission = await authenticate(world, presented);
  if (admission === null) {
    throw new Failure(
      "unauthenticated",
      "Sign in first: the token or session is missing, over, or no longer counts.",
    );
  }
  demandStrength(admission, access);
  if (access !== "signed-in" && !holdsAnywhere(admission.actor, access)) {
    throw new Failure("forbidden", `This needs the right ${access}, which you do not hold.`, {
      facts: { permission: access },
    });
  }
  if (declared.freshProof !== undefined) {
    const { mfa: policy } = world.config;
    const demand = { demand: declared.freshProof, policy, now: world.clock() };
    const refusal = proofRefusal(admission.standing, demand);
    if (refusal !== null) throw new Failure("proof-needed", refusal.message, refusal);
  }
  if (changes && access !== "rollout.halt") await demandSpace(world.paths.state);
  return admission;
}

/** Says why a right that is held does not count in this sign-in, before it looks as if it were not. */
function demandStrength({ actor, standing }: SignedIn, access: Access): void {
  const isWithheld = actor.withheld?.some((permission) => permission === access) === true;
  if (!isWithheld || !holdsAnywhere({ ...actor, withheld: [] }, access as Permission)) return;
  const ways = standing.ways.filter((way) => way !== "password");
  const facts = ways.length === 0 ? { needs: "factor" } : { ways: standing.ways };
  const code = ways.length === 0 ? "forbidden" : "proof-needed";
  throw new Failure(code, withheldText(standing), { facts: { ...facts, permission: access } });
}

/**
 * Whether a stream that was let in would be let in now, and would show the same. Rights that became
 * narrower end it too: who may still look connects again and is judged anew.
 */
export async function isStillAdmitted(
  world: World,
  request: FastifyRequest,
  then: { readonly access: Access; readonly admission: Admission },
): Promise<boolean> {
  const { access, admission } = then;
  if (typeof access === "object") return true;
  const now = await authenticate(world, { ...presentedBy(request), how: "look" });
  if (now === null) return false;
  if (JSON.stringify(now.actor.grants) !== JSON.stringify(admission.actor.grants)) return false;
  return access === "signed-in" || holdsAnywhere(now.actor, access);
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
 * A browser sends cookies along with requests that another site makes, and says in `Origin` which
 * site that was. A change by cookie needs that site to be this one; a change without any credential
 * (signing in) must not come from another site either.
 */
function demandSameOrigin(world: World, request: FastifyRequest, presented: Presented): void {
  const { origin, host } = request.headers;
  if (origin === undefined && presented.cookie === null) return;
  const url = origin === undefined ? null : URL.parse(origin);
  const names = [world.config.serverName, world.config.host, "localhost", "127.0.0.1", "[::1]"];
  if (url !== null && url.host === host && names.includes(url.hostname)) return;
  throw new Failure(
    "forbidden",
    "The request was made by another site, or this server is not known under that name. Set serverName in fettle.yaml to the name that browsers use.",
  );
}
