import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * The built pages, read whole into memory when the server starts: what is not in the map cannot be
 * asked for, so no path of a request ever reaches the file system. Every path that is not a file is a
 * page of the application, which finds its own way there.
 */
export interface Pages {
  readonly files: ReadonlyMap<string, PageFile>;
  /** `index.html` with `__NONCE__` where each reply puts its own. */
  readonly shell: string;
}

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same in Brotli, made when the pages were built; null for what does not shrink. */
  readonly brotli: Buffer | null;
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".png": "image/png",
};

/** Null when the pages were not built: the API works without them, and `/` says what to do. */
export function loadPages(folder: string): Pages | null {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cause;
  }
  if (!names.includes("index.html")) return null;
  const files = new Map<string, PageFile>();
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    files.set(`/${name}`, {
      type,
      bytes: readFileSync(join(folder, name)),
      brotli: names.includes(`${name}.br`) ? readFileSync(join(folder, `${name}.br`)) : null,
    });
  }
  return { files, shell: readFileSync(join(folder, "index.html"), "utf8") };
}

/** Whether a request that no route takes is one for a page or one of its files. */
export function isPageRequest(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return request.method === "GET" && path !== "/api" && !path.startsWith("/api/");
}

/** A browser that was led here by a link, as of an invitation. */
function isForPerson({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes("text/html") === true;
}

/** Sends a page or one of its files; false where there is none of that name. */
export function sendPage(
  pages: Pages | null,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | null {
  const path = pathOf(request);
  if (pages === null) {
    if (path !== "/" && !isForPerson(request)) return null;
    return reply
      .code(503)
      .header("content-type", "text/plain; charset=utf-8")
      .send("The pages of this server are not built. Run: npm run build:pages\n");
  }
  const file = pages.files.get(path);
  if (file !== undefined) return sendFile(file, path, request, reply);
  // A missing file must not be answered with a page: a browser would try to run it.
  if (path.startsWith("/assets/")) return null;
  const nonce = randomBytes(16).toString("base64");
  return reply
    .headers({ "content-security-policy": pagePolicy(nonce), "cache-control": "no-store" })
    .header("content-type", "text/html; charset=utf-8")
    .send(pages.shell.replaceAll("__NONCE__", nonce));
}

function sendFile(
  file: PageFile,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // Names under /assets/ hold a digest of the content, so they never change.
  const life = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  reply.headers({ "content-type": file.type, "cache-control": life, vary: "accept-encoding" });
  const takesBrotli = /(^|,)\s*br\s*(,|;|$)/.test(String(request.headers["accept-encoding"] ?? ""));
  if (file.brotli === null || !takesBrotli) return reply.send(file.bytes);
  return reply.header("content-encoding", "br").send(file.brotli);
}

/**
 * ASVS 5.0 V3.4.3. Scripts come from our own files only. The component library writes one style
 * element, which carries the nonce; style attributes cannot run anything.
 */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src-elem 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
