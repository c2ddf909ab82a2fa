import {
  type DocumentReader,
  type Parsed,
  parseDocument,
  writeDocument,
} from "../base/document.ts";
import type { LogHead } from "./model.ts";

/**
 * What two approvers sign after an older database was put back (host protocol §12), namespace
 * fettle-restore-v1: that the newest head known is `head`, that the database was put back at `old`,
 * and that the log goes on from `new`. `issued` is in Unix seconds, so that none counts for ever.
 */
export interface RestoreText {
  readonly tenant: string;
  readonly head: LogHead;
  readonly old: LogHead;
  readonly new: LogHead;
  readonly issued: number;
}

export function writeRestore(of: RestoreText): string {
  return writeDocument("restore", [
    `tenant ${of.tenant}`,
    `head ${of.head.size} ${of.head.root}`,
    `old ${of.old.size} ${of.old.root}`,
    `new ${of.new.size} ${of.new.root}`,
    `issued ${of.issued}`,
  ]);
}

export function parseRestore(text: string): Parsed<RestoreText> {
  return parseDocument(text, { type: "restore" }, (reader) => ({
    tenant: reader.word("tenant", "id"),
    head: headOf(reader, "head"),
    old: headOf(reader, "old"),
    new: headOf(reader, "new"),
    issued: reader.number("issued"),
  }));
}

function headOf(reader: DocumentReader, key: string): LogHead {
  const [size, root] = reader.fields(key, "number", "digest");
  return { size: Number(size), root };
}
