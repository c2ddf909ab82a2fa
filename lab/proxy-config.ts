import { Failure } from "../src/base/failure.ts";
import type { AptSettings } from "./apt-settings.ts";
import type { Mirrors } from "./apt-sources.ts";

/** Writes the configuration of the run's caching proxy: pure. */

export interface ProxyPlan {
  readonly address: string;
  readonly port: number;
  /** The proxy's own folder: process id, logs, temporary files. */
  readonly dir: string;
  /** Kept from run to run. */
  readonly cacheDir: string;
  readonly repositoryDir: string;
  readonly mirrors: Mirrors;
  readonly settings: AptSettings;
}

/**
 * The proxy listens on the bridge only. Its worker stays root: the state folder may lie under a
 * home folder that no other user can enter, and only the run's own hosts can reach it.
 */
export function proxyConfig(plan: ProxyPlan): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
user root;
worker_processes 1;
pid ${quoted(`${plan.dir}/nginx.pid`)};
error_log ${quoted(`${plan.dir}/error.log`)} warn;
events { worker_connections 512; }
http {
  default_type application/octet-stream;
  server_tokens off;
  access_log ${quoted(`${plan.dir}/access.log`)};
${temporary.map((name) => `  ${name}_temp_path ${quoted(`${plan.dir}/${name}`)};`).join("\n")}
  proxy_cache_path ${quoted(plan.cacheDir)} levels=1:2 keys_zone=packages:8m max_size=4g
    inactive=90d use_temp_path=off;
  proxy_cache packages;
  proxy_cache_lock on;
  proxy_cache_lock_timeout 120s;
  proxy_cache_revalidate on;
  proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;
  proxy_connect_timeout 20s;
  proxy_read_timeout 120s;
  proxy_http_version 1.1;
  proxy_ssl_server_name on;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 4;
  proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
  server {
    listen ${plan.address}:${plan.port};
${archive("main", plan.mirrors.main, plan.settings)}
${archive("updates", plan.mirrors.updates, plan.settings)}
${archive("security", plan.mirrors.security, plan.settings)}
    location /lab/ { alias ${quoted(`${plan.repositoryDir}/`)}; }
    location / { return 404; }
  }
}
`;
}

/**
 * Files under pool and by-hash never change; everything else is asked for again after half a
 * minute, and served stale only when the mirror does not answer.
 */
function archive(name: string, mirror: string, settings: AptSettings): string {
  return `    location ~ ^/${name}/(?<rest>(pool/|.*/by-hash/).*)$ {
      proxy_cache_valid 200 90d;
      ${forward(mirror, settings)}
    }
    location ~ ^/${name}/(?<rest>.*)$ {
      proxy_ignore_headers Cache-Control Expires;
      proxy_cache_valid 200 30s;
      ${forward(mirror, settings)}
    }`;
}

function forward(mirror: string, settings: AptSettings): string {
  const target = new URL(mirror);
  const path = target.pathname.replace(/\/+$/, "");
  // Headers set at one level replace those of the level above, so each place has them all.
  const shared = `proxy_cache_key ${target.host}$uri;
      proxy_set_header Connection "";
      proxy_set_header Host ${target.host};
      `;
  const through = settings.proxyFor(mirror);
  if (through === null) {
    return `${shared}rewrite ^ ${path}/$rest break;
      proxy_pass ${target.protocol}//${target.host};`;
  }
  if (target.protocol === "https:") {
    throw new Failure(
      "unavailable",
      "The machine reaches an https mirror through a web proxy, which the lab's own proxy cannot do. Name the mirror by an http:// address in /etc/apt: apt checks signatures either way.",
    );
  }
  const proxy = new URL(through);
  const login =
    proxy.username === ""
      ? ""
      : `proxy_set_header Proxy-Authorization "Basic ${Buffer.from(
          `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
        ).toString("base64")}";\n      `;
  // A request to a web proxy names the whole address (RFC 9112 §3.2.2). A rewrite whose text begins
  // with http:// would answer a redirect instead, hence the two steps.
  return `${shared}${login}rewrite ^ ://${target.host}${path}/$rest;
      rewrite ^(.*)$ http$1 break;
      proxy_pass http://${proxy.host};`;
}

/** Paths come from the user's choice of folder: only what cannot end a quoted string is taken. */
function quoted(path: string): string {
  if (/["\\$\n;{}]/.test(path)) {
    throw new Failure(
      "invalid",
      `The lab cannot keep its state in ${JSON.stringify(path)}: use a folder whose path has no quotes, dollar signs, braces or semicolons.`,
    );
  }
  return `"${path}"`;
}
