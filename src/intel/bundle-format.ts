import { z } from "zod";

/**
 * A bundle of feeds that is carried to a server without network: one tar file (POSIX.1-2017, ustar)
 * that any tar opens. First the manifest, then its signature (SSHSIG), then the bodies in the order of
 * the manifest, each named with its digest. Nothing after the manifest is believed but by it.
 */
export const MANIFEST = "manifest.json";
export const SIGNATURE = "manifest.json.sig";
export const BUNDLE_NAMESPACE = "fettle-bundle-v1";
export const BLOCK = 512;
/** Thousands of pieces of one source are some megabytes of manifest. */
export const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;
export const SIGNATURE_BYTES_MAX = 8 * 1024;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestSchema = z.strictObject({
  format: z.literal("fettle feed bundle 1"),
  /** The deployment that made it: the order of bundles is kept for each. */
  origin: z.string().min(1).max(100),
  madeAt: z.string(),
  bodies: z
    .array(
      z.strictObject({
        file: z.string().regex(/^bodies\/\d{6}$/),
        source: z.string().min(1).max(200),
        url: z.string().max(2_000),
        fetchedAt: z.string(),
        sha256: digest,
        bytes: z.number().int().min(0),
        /** Digest of what the publisher sent, before it was packed here. */
        generation: digest,
        isPart: z.boolean(),
      }),
    )
    .max(100_000),
});

export type BundleManifest = z.output<typeof manifestSchema>;

export function manifestText(manifest: BundleManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

/** The header block of a file; sizes over 8 GiB do not fit its octal digits. */
export function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

export function paddingAfter(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The end of an archive: two blocks of zeros. */
export const tarEnd = Buffer.alloc(2 * BLOCK);

/** Name and size in a header; null when it is none, or its sum is wrong. */
export function headerIn(block: Buffer): { readonly name: string; readonly size: number } | null {
  if (block.length < BLOCK || block.toString("latin1", 257, 262) !== "ustar") return null;
  const told = Number.parseInt(block.toString("latin1", 148, 156).trim(), 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  const size = /^[0-7]+$/.exec(block.toString("latin1", 124, 135))?.[0];
  if (told !== sum || size === undefined) return null;
  const name = block.toString("utf8", 0, 100).replace(/\0.*$/s, "");
  return { name, size: Number.parseInt(size, 8) };
}
