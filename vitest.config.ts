import { defineConfig } from "vitest/config";

// Two projects: `unit` is pure and runs in `npm run check`; `real` starts real parts
// (PostgreSQL, hosts, sshd) and runs in `npm test`.
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
        },
      },
      {
        test: {
          name: "real",
          include: ["src/**/*.real.test.ts", "lab/**/*.real.test.ts", "test/**/*.real.test.ts"],
          globalSetup: ["test/setup/postgres.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
