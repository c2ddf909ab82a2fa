import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { tarOf } from "../../test/builders/intel.ts";
import type { FeedDocument } from "./feed-format.ts";
import { unpack } from "./unpack.ts";
import { unpackLimits } from "./unpack-limits.ts";

async function open(bytes: Buffer, limits = unpackLimits): Promise<readonly FeedDocument[]> {
  const documents: FeedDocument[] = [];
  for await (const document of unpack(bytes, { limits })) documents.push(document);
  return documents;
}

/** A zip of one deflated and one stored file, written by hand from APPNOTE.TXT. */
function zipOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    const isStored = index % 2 === 1;
    const body = isStored ? Buffer.from(text as string) : deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isStored ? 0 : 8, 10);
    entry.writeUInt32LE(body.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name), body);
    central.push(entry, Buffer.from(name));
    at += 30 + name.length + body.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(central).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...central, end]);
}

const files = { "a.json": '{"a":1}', "b/b.json": " [1,2]", "picture.png": "\u0000\u0001" };

describe("unpacking a feed", () => {
  it("opens plain text, without a byte order mark", async () => {
    expect(await open(Buffer.from("\ufeff{}"))).toEqual([
      { place: "", text: "{}", isArchived: false },
    ]);
  });

  it.each([
    ["tar", tarOf(files)],
    ["tar.gz", gzipSync(tarOf(files))],
    ["zip", zipOf(files)],
  ])("opens %s by content and reads only what can be text", async (_kind, bytes) => {
    expect(await open(bytes)).toEqual([
      { place: "a.json", text: '{"a":1}', isArchived: true },
      { place: "b/b.json", text: " [1,2]", isArchived: true },
    ]);
  });

  it.each([
    ["tar.gz in tar", tarOf({ x: gzipSync(tarOf(files)) })],
    ["zip in tar.gz", gzipSync(tarOf({ x: zipOf(files) }))],
    ["gzip in zip in zip", zipOf({ x: zipOf({ x: gzipSync(tarOf(files)) }) })],
    ["gzip of gzip", gzipSync(gzipSync(tarOf({ x: tarOf(files) })))],
    ["zstd in tar", tarOf({ x: zstdCompressSync(tarOf(files)) })],
  ])("opens %s", async (_kind, bytes) => {
    const documents = await open(bytes);
    expect(documents.map((d) => d.text)).toEqual(['{"a":1}', " [1,2]"]);
    expect(documents[0]?.place.endsWith("x/a.json") || documents[0]?.place === "a.json").toBe(true);
  });

  it("opens a tar without the mark of POSIX by the sum of its header", async () => {
    const old = tarOf({ a: "{}" });
    old.fill(0, 257, 265);
    old.fill(" ", 148, 156);
    const sum = old.subarray(0, 512).reduce((all, byte) => all + byte, 0);
    old.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    expect(await open(old)).toEqual([{ place: "a", text: "{}", isArchived: true }]);
  });

  it("passes over what is damaged in an archive where somebody wants to know", async () => {
    const cut = gzipSync("x".repeat(9_999)).subarray(0, 30);
    const archive = tarOf({ "bad.gz": cut, good: "{}" });
    await expect(open(archive)).rejects.toMatchObject({ code: "invalid" });
    const damaged: string[] = [];
    const found: string[] = [];
    const onDamaged = (place: string): unknown => damaged.push(place);
    const short = Buffer.concat([archive.subarray(0, -1024), tarOf({ c: "y".repeat(600) })]);
    for await (const { text } of unpack(short.subarray(0, -1200), { onDamaged })) found.push(text);
    expect({ damaged, found }).toEqual({ damaged: ["bad.gz", ""], found: ["{}"] });
  });

  it.each([
    ["gzip", gzipSync("x".repeat(9_999))],
    ["tar", tarOf(files)],
    ["zip", zipOf(files)],
  ])("refuses a %s that was cut short at any place", async (_kind, bytes) => {
    for (const share of [0.1, 0.35, 0.5, 0.8]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await expect(open(cut)).rejects.toMatchObject({ code: "invalid" });
    }
  });

  it("stops at a bomb instead of filling the memory", async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    await expect(open(bomb)).rejects.toMatchObject({ code: "too-large" });
    const zipBomb = zipOf({ "a.json": "[".repeat(20 * 1024 * 1024) });
    await expect(open(zipBomb)).rejects.toMatchObject({ code: "too-large" });
  });

  it("keeps to its limits on size and number of files", async () => {
    const limits = { ...unpackLimits, documentsMax: 1 };
    await expect(open(tarOf(files), limits)).rejects.toMatchObject({ code: "too-large" });
    const small = { ...unpackLimits, documentBytesMax: 3 };
    await expect(open(Buffer.from("{   }"), small)).rejects.toMatchObject({ code: "too-large" });
  });
});
