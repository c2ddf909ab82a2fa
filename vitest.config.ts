import { defineConfig } from "vitest/config";

// `unit` is pure and runs in `npm run check`; `real` starts real parts (PostgreSQL, hosts, sshd);
// `e2e` runs whole deployments, one at a time, so that nothing else slows the hosts they watch.
// Tests on real parts are tried a second time: they watch clocks and processes of a machine that may
// be busy. The report says "retry" where that happened, and such a test is worth a look.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "lab/**/*.test.ts", "test/architecture.test.ts"],
          exclude: ["**/*.real.test.ts"],
          testTimeout: 20_000,
          // Pure tests share nothing that could leak; one module graph for all halves their time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["src/**/*.real.test.ts", "lab/**/*.real.test.ts", "test/**/*.real.test.ts"],
          exclude: ["test/e2e/**"],
          globalSetup: ["test/setup/postgres.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          retry: 1,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.real.test.ts"],
          globalSetup: ["test/setup/postgres.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          retry: 1,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
