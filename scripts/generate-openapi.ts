import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import openapiTypescript, { astToString } from "openapi-typescript";
import { allRoutes } from "../src/server/all-routes.ts";
import { openApiText } from "../src/server/openapi.ts";
import { permissionsPage } from "../src/server/permissions-page.ts";
import { healthRoute } from "../src/server/routes.ts";

/**
 * Writes `openapi.json`, the client's types and the page of rights from the routes. With `--check` it writes nothing and
 * fails when a committed file differs from what the routes say.
 */
const root = dirname(import.meta.dirname);
const isCheck = process.argv.includes("--check");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

const contract = openApiText([...allRoutes, healthRoute], version);
const nodes = await openapiTypescript(withoutFiles(contract), { alphabetize: true, silent: true });
const files = {
  "openapi.json": contract,
  "docs/permissions.md": permissionsPage([...allRoutes, healthRoute]),
  "src/client/schema.d.ts": `// Made from openapi.json by scripts/generate-openapi.ts. Do not edit.\n\n${astToString(nodes)}`,
};

let differing = 0;
for (const [name, text] of Object.entries(files)) {
  const path = join(root, name);
  if (readIfThere(path) === text) continue;
  differing += 1;
  if (isCheck) console.error(`${name} differs from the routes. Run: npm run generate`);
  else writeFileSync(path, text);
}
if (isCheck && differing > 0) process.exitCode = 1;

/** Lists told as files too: the client's types tell of the pages, and who wants the file says `parseAs`. */
function withoutFiles(text: string): string {
  return JSON.stringify(
    JSON.parse(text, (_, value: unknown) => {
      const isBoth =
        typeof value === "object" &&
        value !== null &&
        "text/csv" in value &&
        "application/json" in value;
      if (!isBoth) return value;
      const { "text/csv": _file, ...rest } = value;
      return rest;
    }),
  );
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
}
