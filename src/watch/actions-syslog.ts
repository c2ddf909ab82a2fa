import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { connect, isIP, type Socket } from "node:net";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectSecure } from "node:tls";
import { Failure } from "../base/failure.ts";
import { trusted } from "../outbound/connect.ts";
import type { Sink, Told } from "./model.ts";
import { framed, type SyslogForm, syslogMessage } from "./syslog-message.ts";

/**
 * Handing events to a syslog server: TLS (RFC 5425), plain TCP (RFC 6587) or UDP (RFC 5426). The
 * protocol has no receipts. A stream that breaks is noticed at the next write at the latest, so a
 * batch counts as taken only once the stream has outlived a moment of quiet behind it.
 */
export type SyslogSink = Extract<Sink, { readonly syslog: string }>;

export interface SyslogLine {
  send(events: readonly Told[]): Promise<void>;
  close(): void;
}

const CONNECT_MS = 10_000;
const WRITE_MS = 30_000;
const QUIET_MS = 200;
/** RFC 5426 §3.2: what every receiver must take, and no datagram is torn apart on its way. */
const DATAGRAM_BYTES_MAX = 2_048;
const STREAM_BYTES_MAX = 64 * 1024;
const PORTS = { "tls:": 6514, "tcp:": 601, "udp:": 514 } as const;

export async function openSyslog(sink: SyslogSink): Promise<SyslogLine> {
  const url = new URL(sink.syslog);
  const protocol = url.protocol as keyof typeof PORTS;
  // A bracketed address of IPv6 is bare everywhere but in addresses.
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const at = { host, port: url.port === "" ? PORTS[protocol] : Number(url.port) };
  const form: SyslogForm = {
    facility: sink.facility,
    hostname: sink.hostname ?? hostname(),
    message: sink.message,
    bytesMax: protocol === "udp:" ? DATAGRAM_BYTES_MAX : STREAM_BYTES_MAX,
  };
  if (protocol === "udp:") return datagrams(at, form);
  const socket = protocol === "tls:" ? await secureTo(at, sink.caFile) : connect(at);
  return await stream(socket, form, protocol === "tls:" ? "secureConnect" : "connect");
}

interface Address {
  readonly host: string;
  readonly port: number;
}

async function secureTo(at: Address, caFile: string | undefined): Promise<Socket> {
  const own = caFile === undefined ? null : await readFile(caFile, "utf8");
  const name = isIP(at.host) === 0 ? { servername: at.host } : {};
  return connectSecure({ ...at, ...name, ...trusted(own) });
}

async function stream(socket: Socket, form: SyslogForm, ready: string): Promise<SyslogLine> {
  let broken: Error | null = null;
  socket.on("error", (cause) => {
    broken ??= cause;
  });
  socket.on("close", () => {
    broken ??= new Error("the receiver closed the connection");
  });
  // Receivers say nothing; what they say all the same must not fill the memory.
  socket.resume();
  const failed = (): Failure => {
    socket.destroy();
    return unreached(broken);
  };
  await within(CONNECT_MS, (done) => {
    socket.once(ready, done);
    socket.once("close", done);
  });
  if (broken !== null || socket.connecting) throw failed();
  socket.setKeepAlive(true, CONNECT_MS);
  return {
    async send(events) {
      if (broken !== null) throw failed();
      const bytes = Buffer.concat(events.map((event) => framed(syslogMessage(event, form))));
      const wrote = await within(WRITE_MS, (done) => {
        socket.write(bytes, () => done());
        socket.once("close", done);
      });
      await sleep(QUIET_MS);
      if (!wrote || broken !== null) throw failed();
    },
    close: () => socket.destroySoon(),
  };
}

function datagrams(at: Address, form: SyslogForm): SyslogLine {
  const socket = createSocket(isIP(at.host) === 6 ? "udp6" : "udp4");
  let broken: Error | null = null;
  socket.on("error", (cause) => {
    broken ??= cause;
  });
  return {
    async send(events) {
      for (const event of events) {
        const wrote = await within(WRITE_MS, (done) => {
          socket.send(syslogMessage(event, form), at.port, at.host, (cause) => {
            broken ??= cause;
            done();
          });
        });
        if (!wrote || broken !== null) throw unreached(broken);
      }
    },
    close: () => socket.close(),
  };
}

/** False when it took longer. */
function within(ms: number, begin: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    begin(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function unreached(cause: Error | null): Failure {
  const code = (cause as { code?: unknown } | null)?.code;
  const why = typeof code === "string" ? code : (cause?.message ?? "no answer in time");
  return new Failure(
    "unavailable",
    `The syslog server could not be reached or ended the connection (${why}). Check its address, its certificate (caFile) and the way to it.`,
    cause === null ? {} : { cause },
  );
}
