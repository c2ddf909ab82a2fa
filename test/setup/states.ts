import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that all tests of a run share, for what one of them makes and the others copy. */
export default function setup(): () => void {
  // Every project of the run asks for it; those that come later share the first one's.
  if (process.env["FETTLE_TEST_STATES"] !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), "fettle-states-"));
  // PostgreSQL runs as another user where the tests run as root.
  chmodSync(folder, 0o755);
  process.env["FETTLE_TEST_STATES"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
