import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What stands between a server and publishers: a proxy (RFC 9110 §9.3.6), and an authority of one's own. */
export interface TestProxy {
  readonly url: string;
  /** Where it was asked to lead, with the method it was asked by. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Lets everybody through, or only who names this user and password. */
export async function openProxy(auth: string | null): Promise<TestProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = auth === null ? null : `Basic ${Buffer.from(auth).toString("base64")}`;
  const isLetIn = (header: string | undefined): boolean => wanted === null || header === wanted;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (!isLetIn(incoming.headers["proxy-authorization"])) {
      return void response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
    }
    const { "proxy-authorization": _ours, ...headers } = incoming.headers;
    const onward = request(incoming.url ?? "", { method: "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!isLetIn(incoming.headers["proxy-authorization"])) {
      return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    const [host = "", port = ""] = (incoming.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface OwnTls {
  /** The authority's own certificate. */
  readonly ca: string;
  readonly key: string;
  /** Of 127.0.0.1, by that authority. */
  readonly cert: string;
}

/** Certificates by stock OpenSSL. */
export function makeOwnTls(): OwnTls {
  const folder = mkdtempSync(join(tmpdir(), "fettle-tls-"));
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    openssl(
      ...["req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30"],
      ...["-subj", "/CN=An authority of our own"],
    );
    openssl("req", ...key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=mirror");
    writeFileSync(path("names"), "subjectAltName=IP:127.0.0.1\n");
    openssl(
      ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30"],
      ...["-CAcreateserial", "-extfile", "names", "-out", "cert.pem"],
    );
    const read = (name: string): string => readFileSync(path(name), "utf8");
    return { ca: read("ca.pem"), key: read("key.pem"), cert: read("cert.pem") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
