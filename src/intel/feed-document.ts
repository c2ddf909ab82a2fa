import type { FeedDocument } from "./feed-format.ts";

/** A file as it lay in an archive, or the whole of what is no archive. */
export interface ArchiveEntry {
  readonly place: string;
  readonly body: Buffer;
  readonly isArchived: boolean;
}

/** Archives carry pictures and programs too; only texts are read. */
export function isText(body: Buffer): boolean {
  return body.length > 0 && !body.subarray(0, 1024).includes(0);
}

export function documentOf(place: string, body: Buffer, isArchived: boolean): FeedDocument {
  const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return { place, text: body.toString("utf8", hasMark ? 3 : 0), isArchived };
}
