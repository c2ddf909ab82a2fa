import { Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import { loadSubject } from "../identity/store.ts";

/** The person who answers for what stays open: somebody who can be asked, never a service. */
export async function demandOwner(world: World, handle: string): Promise<SubjectId> {
  const owner = await loadSubject(world.db, handle);
  if (owner?.kind === "person" && owner.disabledAt === null) return owner.id;
  throw new Failure(
    "invalid",
    `There is no person ${JSON.stringify(handle.slice(0, 64))} who could answer for it. Give the handle of somebody who has signed in here.`,
  );
}
