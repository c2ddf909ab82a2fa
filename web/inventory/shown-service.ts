import type { Reply } from "../app/api.ts";

/** One service with all that its page shows. */
export type ShownService = Reply<"/api/v1/services/{service}">;
