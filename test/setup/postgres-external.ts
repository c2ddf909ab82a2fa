import type { TestProject } from "vitest/node";
import { setUp } from "./postgres.ts";
import { systemPostgres } from "./system-postgres.ts";

/** The run's PostgreSQL is the system's own: what an operator brings instead of the embedded one. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return setUp(project, systemPostgres() ?? undefined);
}
