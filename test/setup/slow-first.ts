import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What takes longest starts first, so that no worker ends a run alone with a long file while the other
 * one waits: a clean clone has no earlier run to learn the times from. Longest first, as measured on two
 * processors; a file that is not named here takes less than forty seconds.
 */
const SLOW = [
  "e2e/kill.real.test.ts",
  "e2e/start.real.test.ts",
  "host/check.real.test.ts",
  "e2e/start-user.real.test.ts",
  "e2e/halt.real.test.ts",
  "rollout/engine.real.test.ts",
  "test/cli.real.test.ts",
  "e2e/journey.real.test.ts",
  "web/hosts-many.real.test.ts",
  "e2e/refusals.real.test.ts",
  "lab/lab.real.test.ts",
  "e2e/bad-packages.real.test.ts",
  "host/apply-rpm.real.test.ts",
  "faults/servers-on-one-database.real.test.ts",
  "inventory/lab.real.test.ts",
  "faults/database-under-load.real.test.ts",
  "host/apply-change.real.test.ts",
  "faults/network-cut.real.test.ts",
  "host/program.real.test.ts",
  "web/overview.real.test.ts",
  "server/server.real.test.ts",
  "packaging/install.real.test.ts",
  "faults/hosts-in-one-rollout.real.test.ts",
  "host/apply-recover.real.test.ts",
  "inventory/scan.real.test.ts",
] as const;

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.toSorted((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b));
  }
}

/** Projects of different groups run one after the other, whatever their files take. */
function groupOf(file: TestSpecification): number {
  return file.project.config.sequence.groupOrder;
}

function rankOf(file: TestSpecification): number {
  const at = SLOW.findIndex((path) => file.moduleId.endsWith(`/${path}`));
  return at === -1 ? SLOW.length : at;
}
