import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { assert } from "../base/failure.ts";
import { EntranceQueue, firstRecordLength } from "./entrance-queue.ts";

/** Stands before the handshakes of a listener and lets a few through at a time. */
export interface AgentEntrance {
  /** How long those waited who began their handshake just now, ms. */
  waitMs(): number;
  close(): void;
}

const LOOK_MS = 100;
/** Hosts give up after 20 s; whoever opens a connection and says nothing holds it for no longer. */
const SILENT_MS_MAX = 30_000;

/**
 * Takes the place of the server's own beginning of handshakes. A connection joins the queue once its first
 * record is there whole: one that says nothing, or a byte, takes nobody's place.
 */
export function startEntrance(server: Server): AgentEntrance {
  const [shakeHands, ...others] = server.listeners("connection");
  assert(shakeHands !== undefined && others.length === 0, "one begins the handshakes of a server");
  server.removeAllListeners("connection");
  const queue = new EntranceQueue<string>();
  const sockets = new Map<string, Socket>();
  const now = (): number => performance.now();
  const look = (): void => {
    const { begin, late } = queue.next(now());
    for (const name of late) sockets.get(name)?.destroy();
    for (const name of begin) {
      const socket = sockets.get(name);
      socket?.setTimeout(0);
      shakeHands.call(server, socket);
    }
  };
  const leave = (name: string): void => {
    sockets.delete(name);
    queue.leave(name, now());
    look();
  };
  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    sockets.set(name, socket);
    socket.once("close", () => leave(name));
    // What breaks before the handshake is told to nobody: it is gone with its socket.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(SILENT_MS_MAX, () => socket.destroy());
    afterFirstRecord(socket, () => {
      if (queue.join(name, now())) look();
      else socket.destroy();
    });
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    queue.leave(nameOf(socket), now());
    look();
  });
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    waitMs: () => queue.waitMs(now()),
    close() {
      clearInterval(timer);
      for (const socket of sockets.values()) socket.destroy();
    },
  };
}

/** Goes on once the first record is there whole (RFC 8446 §5.1) and puts it back; ends what begins otherwise. */
function afterFirstRecord(socket: Socket, goOn: () => void): void {
  let said = Buffer.alloc(0);
  const read = (): void => {
    const part: Buffer | null = socket.read();
    // Nothing to read is the end of what the other side says.
    if (part === null) return void socket.destroy();
    said = Buffer.concat([said, part]);
    const length = firstRecordLength(said);
    if (length === "other") return void socket.destroy();
    if (length === "more" || said.length < length) return;
    socket.removeListener("readable", read);
    socket.unshift(said);
    goOn();
  };
  socket.on("readable", read);
}

/** The other end, which is the same for a connection before and after its handshake. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
