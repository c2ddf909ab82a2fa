/**
 * Runs every test and ends with the plain line `N passed, N failed`. As root on Debian it first
 * installs the packages that tests on real parts need; without root it names what is missing in one
 * line and those tests are skipped visibly. With FETTLE_TEST_NO_SKIP=1 a skipped test is a failure.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const NEEDED: Readonly<Record<string, string>> = {
  sshd: "openssh-server",
  ssh: "openssh-client",
  nginx: "nginx-light",
  mmdebstrap: "mmdebstrap",
  "apt-ftparchive": "apt-utils",
  "dpkg-deb": "dpkg",
  gpg: "gpg",
  ip: "iproute2",
  nft: "nftables",
  faketime: "faketime",
  unshare: "util-linux",
  shellcheck: "shellcheck",
  busybox: "busybox",
  curl: "curl",
  gpgv: "gpgv",
  "gpg-agent": "gpg-agent",
  mksh: "mksh",
  perl: "perl",
  git: "git",
  zsh: "zsh",
  fish: "fish",
  openssl: "openssl",
  "systemd-analyze": "systemd",
  rpm: "rpm",
  dnf: "dnf",
  zypper: "zypper",
  createrepo_c: "createrepo-c",
  rsyslogd: "rsyslog",
  prometheus: "prometheus",
  "/usr/lib/python3/dist-packages/packaging/version.py": "python3-packaging",
  "/usr/lib/postgresql/15/bin/initdb": "postgresql-15",
};

/** Either will do; the smaller one is installed where there is none. */
const BROWSERS = ["chromium-headless-shell", "chromium"] as const;

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numFailedTestSuites: z.number(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
});

const mayNotSkip = process.env["FETTLE_TEST_NO_SKIP"] === "1";
process.env["PATH"] = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

installMissing();
const folder = mkdtempSync(join(tmpdir(), "fettle-tests-"));
const outputFile = join(folder, "report.json");
const code = await runVitest(outputFile, process.argv.slice(2));
const ok = report(outputFile, code);
rmSync(folder, { recursive: true, force: true });
process.exit(ok ? 0 : 1);

function isMissing(program: string): boolean {
  if (program.startsWith("/")) return !existsSync(program);
  return spawnSync("which", [program], { stdio: "ignore" }).status !== 0;
}

function installMissing(): void {
  const packages = Object.entries(NEEDED)
    .filter(([program]) => isMissing(program))
    .map(([, name]) => name);
  if (BROWSERS.every(isMissing)) packages.push(BROWSERS[0]);
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0 || isMissing("apt-get")) {
    console.log(`Skipping tests that need Debian's ${packages.join(", ")}: not root.`);
    return;
  }
  console.log(`Installing for the tests: ${packages.join(", ")}`);
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: "noninteractive",
    // nginx must not be started on this machine by its package.
    RUNLEVEL: "1",
  };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
  const options = ["install", "-y", "-qq", "--no-install-recommends"];
  const done = spawnSync("apt-get", [...options, ...packages], { stdio: "pipe", env });
  if (done.status !== 0) console.log(`apt-get failed: ${done.stderr.toString("utf8").slice(-500)}`);
}

function runVitest(file: string, more: readonly string[]): Promise<number> {
  const vitest = join(import.meta.dirname, "..", "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const child = spawn(process.execPath, [vitest, "run", ...reporters, ...more], {
    stdio: "inherit",
  });
  return new Promise((resolve) => {
    child.on("close", (exit) => resolve(exit ?? 1));
  });
}

/** Prints what was skipped and the closing line; true when all is well. */
function report(file: string, exit: number): boolean {
  if (!existsSync(file)) {
    // Vitest ended before any test: nothing was found, or a set-up failed; it said which above.
    console.log("0 passed, 1 failed");
    return false;
  }
  const parsed = reportSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const skipped = parsed.testResults.flatMap((suite) =>
    suite.assertionResults.filter((test) => !["passed", "failed"].includes(test.status)),
  );
  for (const test of skipped) console.log(`skipped: ${test.fullName}`);
  sayRetried(parsed);
  // A suite that could not be loaded has no tests of its own to count.
  const broken = parsed.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  ).length;
  const failed = parsed.numFailedTests + broken + (mayNotSkip ? skipped.length : 0);
  const alsoFailed = failed === 0 && exit !== 0 ? 1 : 0;
  const tail = mayNotSkip || skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  console.log(`${parsed.numPassedTests} passed, ${failed + alsoFailed} failed${tail}`);
  return failed + alsoFailed === 0;
}

/** A test that passed only when it was tried again must not hide in a good run. */
function sayRetried(parsed: z.output<typeof reportSchema>): void {
  for (const { assertionResults } of parsed.testResults) {
    for (const test of assertionResults) {
      const [first] = test.failureMessages;
      if (test.status !== "passed" || first === undefined) continue;
      console.log(`passed on the second try: ${test.fullName}: ${first.split("\n", 1)[0]}`);
    }
  }
}
