import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "vite";

/**
 * Builds the approval desk into `dist/desk` and the pages into `dist/web`, each text file also in Brotli so that the server never compresses
 * while somebody waits. The stamp is written last: a build that broke off is made again.
 */
const root = resolve(import.meta.dirname, "..");
const built = join(root, "dist/web");
const SMALLEST_BYTES = 1024;

// Whoever calls us may be a test, and libraries would put their slow, wordy halves into the pages.
process.env["NODE_ENV"] = "production";
rmSync(join(built, ".built"), { force: true });
await build({ configFile: join(root, "web/vite.config.ts"), logLevel: "warn" });
await build({ configFile: join(root, "desk/vite.config.ts"), logLevel: "warn" });
for (const entry of readdirSync(built, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || ![".js", ".css", ".svg"].includes(extname(entry.name))) continue;
  const file = join(entry.parentPath, entry.name);
  const bytes = readFileSync(file);
  if (bytes.length < SMALLEST_BYTES) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10 };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
}
writeFileSync(join(built, ".built"), "");
process.stdout.write(`Pages built in ${dirname(built)}/web\n`);
