import type { IncomingMessage } from "node:http";
import { programVersion } from "../base/program-version.ts";
import type { World } from "../db/world.ts";
import { reachOfAnybody } from "../outbound/address.ts";
import { Unreached } from "../outbound/connect.ts";
import { openWayOut, type WayOut } from "../outbound/way-out.ts";
import { indexAddresses, type SourceForm } from "./release-file.ts";

/** Debian's largest InRelease is a quarter of a megabyte; a repomd.xml is some kilobytes. */
const INDEX_BYTES_MAX = 4 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 64 * 1024;
const FETCH_MS_MAX = 30_000;
const SILENCE_MS_MAX = 10_000;

type FetchedIndex =
  | { readonly signed: Buffer; readonly signature: Buffer | null }
  | { readonly problem: string };

/**
 * Fetches the signed index of a source. Addresses are told by hosts, so they may lead to the Internet
 * and to the networks that the configuration names, and redirects are not followed.
 */
export async function fetchIndex(
  world: World,
  of: { readonly uri: string; readonly suite: string; readonly form: SourceForm },
): Promise<FetchedIndex> {
  if (!/^https?:\/\//.test(of.uri)) return { problem: "it has no address that can be asked" };
  const { signed, signature } = indexAddresses(of.form, of);
  try {
    const way = await sourceWay(world);
    return {
      signed: await fetchWhole(way, signed, INDEX_BYTES_MAX),
      signature: signature === null ? null : await fetchWhole(way, signature, SIGNATURE_BYTES_MAX),
    };
  } catch (cause) {
    world.log.warn({ err: cause, uri: of.uri, suite: of.suite }, "a source could not be checked");
    return { problem: problemOf(cause) };
  }
}

export type SourceWay = WayOut;

export async function sourceWay(world: World): Promise<SourceWay> {
  const reach = reachOfAnybody(world.config.outbound.networks);
  return await openWayOut({ ...world.config.feeds, reach, own: null });
}

/** In words of ours; of what the other side or the system said, only the code. */
export function problemOf(cause: unknown): string {
  if (cause instanceof Unreached) return cause.message;
  const code = (cause as { code?: unknown }).code;
  return typeof code === "string" ? `it did not answer (${code})` : "it did not answer in time";
}

/** The answer to a GET, of which not a byte is read yet; `Unreached` where it is not 200. */
export async function askSource(
  way: SourceWay,
  url: string,
  msMax: number,
): Promise<IncomingMessage> {
  const signal = AbortSignal.timeout(msMax);
  const headers = { "user-agent": `fettle/${programVersion}`, "accept-encoding": "identity" };
  const response = await way.send({ url, headers, signal, silenceMs: SILENCE_MS_MAX });
  if (response.statusCode === 200) return response;
  response.destroy();
  throw new Unreached(`${new URL(url).pathname} was answered with status ${response.statusCode}`);
}

async function fetchWhole(way: SourceWay, url: string, bytesMax: number): Promise<Buffer> {
  const response = await askSource(way, url, FETCH_MS_MAX);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) {
      response.destroy();
      throw new Unreached(`${new URL(url).host} answered with too much`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
