import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/setup/slow-first.ts";
import { systemPostgres } from "./test/setup/system-postgres.ts";

// `unit` is pure and runs in `npm run check`; `real` starts real parts (PostgreSQL, hosts, sshd);
// `e2e` runs whole deployments: each has a lab, a server and ports of its own, and spends half of its time
// waiting, so they run beside the others. In `npm run test:long` they run one at a time, after them.
// `external` runs tests of `real` once more on the system's own PostgreSQL: what touches the database
// in ways of its own, and in `npm run test:long` everything below src. Where no PostgreSQL of the
// system is installed it has no tests, and test/packaging/external-postgres.real.test.ts says so.
// Tests on real parts are tried a second time: they watch clocks and processes of a machine that may
// be busy. `npm test` names those that passed only then, at its end; each is worth a look.
const telling = [
  "src/db/migrate.real.test.ts",
  "src/ledger/record.real.test.ts",
  "src/rollout/store.real.test.ts",
  "src/intel/rematch.real.test.ts",
];
// Several servers share one PostgreSQL only where it is not the embedded one.
const shared = ["test/faults/servers-on-one-database.real.test.ts"];
// Minutes each, with packages that nothing else needs.
const onlyLong = ["test/packaging/patroni.real.test.ts"];
const isLong = process.env["FETTLE_TEST_LONG"] === "1";
// Tests on real parts wait for hosts, databases and browsers for half of their time: three of them keep
// two cores busy.
const waiting = 3;
// `npm run check` leaves out the pure tests that play whole rollouts and thousands of tamperings, orders
// of acts and changed inputs, and tries properties less often.
const leftOfCheck = [
  "src/rollout/simulation{,-question}.test.ts",
  "src/ledger/tamper.test.ts",
  "src/change/reachable.test.ts",
  "test/fuzz/*.test.ts",
];
const isQuick = process.env["FETTLE_TEST_QUICK"] === "1";
const onExternal = [...shared, ...telling, ...(isLong ? ["src/**/*.real.test.ts"] : [])];

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "lab/**/*.test.ts",
            "test/architecture.test.ts",
            "test/faults/*.test.ts",
            "test/fuzz/*.test.ts",
            "test/e2e/*.test.ts",
            "test/web/*.test.ts",
          ],
          exclude: ["**/*.real.test.ts", ...(isQuick ? leftOfCheck : [])],
          setupFiles: ["test/setup/quick-properties.ts"],
          testTimeout: 20_000,
          // Pure tests share nothing that could leak; one module graph for all halves their time.
          isolate: false,
          // One core less than there are would be one of two.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["src/**/*.real.test.ts", "lab/**/*.real.test.ts", "test/**/*.real.test.ts"],
          exclude: ["test/e2e/**", ...shared, ...(isLong ? [] : onlyLong)],
          globalSetup: ["test/setup/postgres.ts", "test/setup/states.ts"],
          // Each file has a database and folders of its own; what they share is code, which takes most of
          // a second to load anew.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          retry: 1,
          maxWorkers: waiting,
          // Of one file, where its tests say that they may run beside each other.
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "external",
          include: systemPostgres() === null ? [] : onExternal,
          // Those start a PostgreSQL of their own, or need none.
          exclude: ["src/db/supervisor.real.test.ts", "src/{intel/versions,reach}/**"],
          globalSetup: ["test/setup/postgres-external.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          retry: 1,
          maxWorkers: waiting,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.real.test.ts"],
          globalSetup: ["test/setup/states.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          retry: 1,
          maxWorkers: isLong ? 1 : waiting,
          sequence: { groupOrder: isLong ? 2 : 1 },
        },
      },
    ],
  },
});
