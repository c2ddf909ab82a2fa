/** What an archive may hold at most; readers of all packings keep to it. */
export interface UnpackLimits {
  /** All documents together, unpacked. */
  readonly bytesMax: number;
  readonly documentBytesMax: number;
  readonly documentsMax: number;
  /** Unpacked to packed; real feeds reach some 30, a bomb 1,000. */
  readonly ratioMax: number;
}

const MIB = 1024 * 1024;

export const unpackLimits: UnpackLimits = {
  bytesMax: 1024 * MIB,
  // A string of JavaScript ends at half a gigabyte.
  documentBytesMax: 400 * MIB,
  documentsMax: 1_000_000,
  ratioMax: 250,
};

/** Below this size no ratio is too high: small texts of zeros are harmless. */
export const RATIO_FREE_BYTES = 8 * MIB;
