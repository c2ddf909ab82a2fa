import type { Reply } from "../app/api.ts";

/** One case with all that its page shows. */
export type PatchReply = Reply<"/api/v1/patches/{patch}">;
