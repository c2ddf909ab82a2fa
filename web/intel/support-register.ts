import type { Reply } from "../app/api.ts";

type Register = Reply<"/api/v1/support">;

/** One release or runtime of the register of support. */
export type SupportEntry = Register["items"][number];
